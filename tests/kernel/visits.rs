//! The kernel's traces, read as what each base chain did to a packet.

use crate::rules::TABLE;
use crate::trace::{Ending, Event, Record};

/// One packet's way through one base chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Visit {
    /// The family and the table, such as `ip filter`.
    pub(crate) set: String,
    /// The base chain.
    pub(crate) chain: String,
    /// The handle of the rule that decided; `None` for the policy.
    pub(crate) decider: Option<u64>,
    /// The chain of that rule.
    pub(crate) within: String,
    /// What became of the packet.
    pub(crate) ending: Ending,
    /// The handles of the rules that matched without deciding, in order.
    pub(crate) matched: Vec<u64>,
}

/// The base chains that a packet's traces tell of, in order, without the rig's own.
pub(crate) fn visits(records: &[Record]) -> Vec<Visit> {
    let mut visits = Vec::new();
    let mut base: Option<String> = None;
    let mut matched = Vec::new();
    for record in records {
        if record.set.ends_with(&format!(" {TABLE}")) {
            continue;
        }
        let chain = base.get_or_insert_with(|| record.chain.clone()).clone();
        let (decider, ending) = match record.event {
            Event::Return => continue,
            Event::Rule(handle, None) => {
                matched.push(handle);
                continue;
            }
            Event::Rule(handle, Some(ending)) => (Some(handle), ending),
            Event::Policy(ending) => (None, ending),
        };
        base = None;
        visits.push(Visit {
            set: record.set.clone(),
            chain,
            decider,
            within: record.chain.clone(),
            ending,
            matched: std::mem::take(&mut matched),
        });
    }
    visits
}
