//! What a rule does: the targets of `-j` and `-g`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::state;
use super::draft::Group;
use super::place::{marked, word};
use super::rule::Scope;
use super::translation;
use crate::flow::Family;
use crate::packet::State;
use crate::program::{Step, Verdict};

/// What a target makes of a rule.
#[derive(Default)]
pub(super) struct Effect {
    /// The steps after the rule's tests; none for a target that only looks on.
    pub steps: Vec<Step>,
    /// The set that it adds members to, or takes them from.
    pub fed: Option<String>,
    /// What is missing to understand it.
    pub gap: Option<String>,
}

/// What the target of a rule does.
pub(super) fn effect(target: &Group<'_>, goto: bool, scope: &Scope<'_>) -> Effect {
    let name = &*target.name;
    if scope.has_chain(name) {
        let verdict = if goto { Verdict::Goto } else { Verdict::Jump };
        return one(Step::Verdict(verdict(name.to_owned())));
    }
    match name {
        "ACCEPT" => one(Step::Verdict(Verdict::Accept)),
        "DROP" => one(Step::Verdict(Verdict::Drop)),
        "RETURN" => one(Step::Verdict(Verdict::Return)),
        "REJECT" => one(Step::Verdict(Verdict::Reject {
            with: rejection(target, scope.family),
        })),
        "MARK" => one(mark(target).unwrap_or_else(|| opaque(target))),
        "CONNMARK" => connection_mark(target, scope),
        "NOTRACK" => one(Step::Notrack),
        "CT" if target.items.iter().any(|item| item.option == "--notrack") => one(Step::Notrack),
        "DNAT" | "SNAT" | "MASQUERADE" | "REDIRECT" | "NETMAP" => {
            one(translation::step(target, scope))
        }
        "SET" => fed(target),
        other if LOOKING_ON.contains(&other) => Effect::default(),
        other if UNKNOWN_END.contains(&other) => one(opaque(target)),
        other => Effect {
            gap: Some(format!(
                "`{}` is neither a chain of this listing nor a target known here",
                crate::text::shown(other, 40)
            )),
            ..one(opaque(target))
        },
    }
}

/// A target that may end or change the packet's way.
pub(super) fn opaque(target: &Group<'_>) -> Step {
    Step::Opaque {
        text: format!("-j {}", target.target_text()),
    }
}

fn one(step: Step) -> Effect {
    Effect {
        steps: vec![step],
        ..Effect::default()
    }
}

fn rejection(target: &Group<'_>, family: Family) -> String {
    let usual = match family {
        Family::V4 => "icmp-port-unreachable",
        Family::V6 => "icmp6-port-unreachable",
    };
    target.value("--reject-with").unwrap_or(usual).to_owned()
}

/// The mark as `MARK` changes it; the options differ only in which bits they keep.
fn mark(target: &Group<'_>) -> Option<Step> {
    let item = target.items.first()?;
    let text = item.value().ok()?;
    let (mask, value) = match &*item.option {
        "--set-xmark" => {
            let (value, mask) = marked(text)?;
            (mask.unwrap_or(u32::MAX), value)
        }
        "--set-mark" => {
            let (value, mask) = marked(text)?;
            (mask.map_or(u32::MAX, |mask| mask | value), value)
        }
        "--and-mark" => (!word(text)?, 0),
        "--or-mark" => (word(text)?, word(text)?),
        "--xor-mark" => (0, word(text)?),
        _ => return None,
    };
    (target.items.len() == 1).then_some(Step::SetMark { mask, value })
}

/// Setting or saving the connection's mark changes no packet. Restoring copies it to the packet: a
/// first packet's connection has the mark 0, unless a rule gave it another one on the way.
fn connection_mark(target: &Group<'_>, scope: &Scope<'_>) -> Effect {
    let restores = |option: &str| target.items.iter().any(|item| item.option == option);
    if !restores("--restore-mark") {
        return Effect::default();
    }
    let mask = target.value("--nfmask").or_else(|| target.value("--mask"));
    let mask = mask.map_or(Some(u32::MAX), word);
    let Some(mask) = mask.filter(|_| !scope.marks_connections) else {
        return one(opaque(target));
    };
    Effect {
        steps: vec![
            Step::SetMark { mask, value: 0 },
            Step::Test(state(&[State::New], true)),
            opaque(target),
        ],
        ..Effect::default()
    }
}

fn fed(target: &Group<'_>) -> Effect {
    if target.items.iter().any(|item| item.option == "--map-set") {
        return one(opaque(target));
    }
    let feeds = |option: &&str| target.value(option).is_some();
    let option = ["--add-set", "--del-set"].into_iter().find(feeds);
    Effect {
        fed: option
            .and_then(|option| target.value(option))
            .map(str::to_owned),
        ..Effect::default()
    }
}

/// Targets after which the next rule is read and the packet is as it was, as far as rules can tell.
const LOOKING_ON: &[&str] = &[
    "ACCOUNT",
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNSECMARK",
    "CONTINUE",
    "CT",
    "DSCP",
    "ECN",
    "HL",
    "IDLETIMER",
    "LED",
    "LOG",
    "LOGMARK",
    "NFLOG",
    "RATEEST",
    "SECMARK",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TRACE",
    "TTL",
    "ULOG",
];

/// Targets that are known, and whose effect no rule text tells.
const UNKNOWN_END: &[&str] = &[
    "BALANCE",
    "CHAOS",
    "CLUSTERIP",
    "DELUDE",
    "DNPT",
    "ECHO",
    "FLOWOFFLOAD",
    "HMARK",
    "IPMARK",
    "MIRROR",
    "NFQUEUE",
    "QUEUE",
    "RAWDNAT",
    "RAWSNAT",
    "SAME",
    "SNPT",
    "STEAL",
    "SYNPROXY",
    "TARPIT",
    "TPROXY",
];
