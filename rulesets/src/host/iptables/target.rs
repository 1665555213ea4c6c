//! What a rule does: the targets of `-j` and `-g`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::draft::{Group, Item};
use super::place::{marked, word};
use super::rule::Scope;
use super::translation;
use crate::flow::Family;
use crate::program::{Marked, Step, Verdict};

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
        "CONNMARK" => one(connection_mark(target).unwrap_or_else(|| opaque(target))),
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

/// The mark as `MARK` changes it.
fn mark(target: &Group<'_>) -> Option<Step> {
    let (mask, value) = change(target)?;
    Some(Step::SetMark { mask, value })
}

/// The bits of a mark to clear, and those to flip then; the options differ only in which they keep.
fn change(target: &Group<'_>) -> Option<(u32, u32)> {
    let item = target.items.first()?;
    let text = item.value().ok()?;
    let change = match &*item.option {
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
    (target.items.len() == 1).then_some(change)
}

/// What `CONNMARK` does: set the connection's mark, save the packet's there, or restore it.
fn connection_mark(target: &Group<'_>) -> Option<Step> {
    let given = |option: &str| target.items.iter().any(|item| item.option == option);
    let bits = |option| {
        let text = target.value(option).or_else(|| target.value("--mask"));
        text.map_or(Some(u32::MAX), word)
    };
    let known = |item: &Item<'_>| COPYING.contains(&&*item.option);
    let (to, mask, copied, value) = if !target.items.iter().all(known) {
        let (mask, value) = change(target)?;
        (Marked::Connection, mask, 0, value)
    } else if given("--save-mark") {
        (Marked::Connection, bits("--ctmask")?, bits("--nfmask")?, 0)
    } else if given("--restore-mark") {
        (Marked::Packet, bits("--nfmask")?, bits("--ctmask")?, 0)
    } else {
        return None;
    };
    Some(Step::CopyMark {
        to,
        mask,
        copied,
        value,
    })
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

/// The options of `CONNMARK` that copy a mark.
const COPYING: &[&str] = &[
    "--save-mark",
    "--restore-mark",
    "--nfmask",
    "--ctmask",
    "--mask",
];

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
