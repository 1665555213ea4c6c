//! Rules of the host in the words of a report: which table and chain, which place, the rule itself.

use super::Stop;
use rulesets::host::{Backend, Passage};
use rulesets::{Decider, Fate, Outcome};
use std::net::SocketAddr;

/// A decider in full: `ip filter` INPUT rule 0 (handle 7) `-p tcp -j DROP`.
pub(in crate::diagnosis) fn listed(decider: &Decider, backend: Option<Backend>) -> String {
    let table = shown(&decider.set, NAME_SHOWN);
    let chain = decider.chain.as_deref().unwrap_or_default();
    let chain = shown(chain, NAME_SHOWN);
    let of = match backend {
        Some(Backend::Legacy) => " of iptables-legacy",
        Some(Backend::Nftables) | None => "",
    };
    let (Some(index), Some(rule)) = (decider.index, &decider.rule) else {
        return format!("the policy of `{table}` {chain}{of}");
    };
    let handle = decider
        .handle
        .map_or_else(String::new, |handle| format!(" (handle {handle})"));
    format!(
        "`{table}` {chain}{of} rule {index}{handle} `{}`",
        shown(rule, RULE_SHOWN)
    )
}

/// What stops a packet, as a clause.
pub(in crate::diagnosis) fn clause(stop: Stop<'_>) -> String {
    let backend = stop.stage.map(|stage| stage.backend);
    let rule = listed(&stop.outcome.decider, backend);
    match &stop.outcome.fate {
        Fate::Drop => format!("{rule} drops it"),
        Fate::Reject { with } if with.is_empty() => format!("{rule} rejects it"),
        Fate::Reject { with } => format!("{rule} rejects it with {}", shown(with, NAME_SHOWN)),
        Fate::Accept => format!("{rule} accepts it"),
        Fate::Unclear => format!("what {rule} does was not understood"),
    }
}

/// What an outcome depends on, as a clause that follows it: ` unless ...`; empty when on nothing.
pub(in crate::diagnosis) fn conditions(outcome: &Outcome) -> String {
    let texts: Vec<_> = outcome
        .conditions
        .iter()
        .take(CONDITIONS_SHOWN)
        .map(|condition| {
            let word = if condition.holds { "while" } else { "unless" };
            let text = shown(&condition.text, RULE_SHOWN);
            let elsewhere =
                condition.rule.rule != outcome.decider.rule.as_deref().unwrap_or_default();
            let of = if elsewhere {
                format!(" of rule {}", condition.rule.index)
            } else {
                String::new()
            };
            format!("{word} `{text}`{of} holds")
        })
        .collect();
    if texts.is_empty() {
        String::new()
    } else {
        format!(" {}", texts.join(" and "))
    }
}

/// Where rewrites send a packet, and by which rule: `172.17.0.2:22 by ...`.
pub(in crate::diagnosis) fn sent_by(passage: &Passage) -> Option<String> {
    let last = passage
        .translations
        .iter()
        .rfind(|translated| translated.packet.destination.is_some())?;
    let to = match (last.packet.destination?, last.packet.destination_port) {
        (address, Some(port)) => SocketAddr::new(address, port).to_string(),
        (address, None) => address.to_string(),
    };
    let backend = passage
        .stages
        .iter()
        .find(|stage| {
            let mut outcomes = stage.answer.outcomes.iter();
            outcomes.any(|outcome| outcome.decider == last.decider)
        })
        .map(|stage| stage.backend);
    Some(format!("{to} by {}", listed(&last.decider, backend)))
}

/// Text of a rule in one line: control characters escaped, cut where it is long.
fn shown(text: &str, most: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(most)
        .flat_map(|it| {
            let escaped = it.is_control().then(|| it.escape_default());
            let plain = (!it.is_control()).then_some(it);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().nth(most).is_some() {
        shown.push_str("...");
    }
    shown
}

const NAME_SHOWN: usize = 60;
const RULE_SHOWN: usize = 160;
/// More conditions than this and a reader loses the thread.
const CONDITIONS_SHOWN: usize = 3;
