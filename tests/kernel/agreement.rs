//! Holds the evaluator's account of a packet's way against the kernel's.

use crate::probe::{Origin, Probe};
use crate::rules::Positions;
use crate::trace::Ending;
use crate::visits::{Visit, visits};
use crate::wire::{Arrival, Seen};
use rulesets::host::{Backend, Passage, Stage};
use rulesets::{Answer, Decider, Definite, Fate};

/// How the two accounts of one packet compare.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Comparison {
    /// True when the evaluator is certain of the packet's end.
    pub(crate) definite: bool,
    /// Why the packet's end is wrong, if it is.
    pub(crate) wrong: Option<String>,
    /// Why a rule that is named is wrong, if one is.
    pub(crate) wrong_decider: Option<String>,
}

/// Compares the accounts of one packet.
pub(crate) fn compare(
    probe: &Probe,
    passage: &Passage,
    seen: &Seen,
    positions: &Positions,
) -> Comparison {
    let arrived = arrived(probe, seen);
    let visits = visits(&seen.records);
    let definite = passage.answer.definite();
    Comparison {
        definite: definite.is_some(),
        wrong: wrong(&passage.answer, arrived, &visits),
        wrong_decider: wrong_decider(passage, arrived, &visits, positions).err(),
    }
}

/// Whether the probe came out; an error message that quotes it is not the probe.
pub(crate) fn arrived(probe: &Probe, seen: &Seen) -> bool {
    match (probe.from, seen.arrived) {
        (Origin::Host, Some(Arrival::Peer | Arrival::Far))
        | (Origin::FirstLink | Origin::SecondLink, Some(Arrival::Host | Arrival::Far)) => true,
        (Origin::Host, Some(Arrival::Host) | None)
        | (Origin::FirstLink | Origin::SecondLink, Some(Arrival::Peer) | None) => false,
    }
}

fn wrong(answer: &Answer, arrived: bool, visits: &[Visit]) -> Option<String> {
    if arrived && visits.iter().any(|visit| visit.ending == Ending::Drop) {
        return Some("it arrives although the kernel tells of a drop".to_owned());
    }
    let right = match answer.definite() {
        Some(Definite::Passes) => arrived,
        Some(Definite::Stopped) => !arrived,
        None => answer.outcomes.iter().any(|outcome| match outcome.fate {
            Fate::Accept => arrived,
            Fate::Drop | Fate::Reject { .. } => !arrived,
            Fate::Unclear => true,
        }),
    };
    let word = if arrived { "passes" } else { "is stopped" };
    (!right).then(|| format!("it {word} in the kernel"))
}

/// The base chains of nftables that the packet meets, one by one, and what stops it.
fn wrong_decider(
    passage: &Passage,
    arrived: bool,
    visits: &[Visit],
    positions: &Positions,
) -> Result<(), String> {
    let definite = passage.answer.definite().is_some();
    let one_way = definite && passage.answer.outcomes.len() == 1;
    let mut stages = passage.stages.iter().filter(|stage| {
        stage.reached
            && stage.backend == Backend::Nftables
            && positions.has_chain(&stage.table, &stage.chain)
    });
    for visit in visits {
        let name = format!("{} {}", visit.set, visit.chain);
        let same = |stage: &&Stage| stage.table == visit.set && stage.chain == visit.chain;
        let stage = if one_way {
            stages.next().filter(same)
        } else {
            stages.find(same)
        };
        let stage = stage.ok_or_else(|| format!("it meets `{name}` in the kernel"))?;
        named(&stage.answer, visit, positions)
            .map_err(|found| format!("`{name}`: the kernel names {found}"))?;
    }
    if one_way && let Some(stage) = stages.next() {
        return Err(format!("it does not meet `{}` in the kernel", stage.chain));
    }
    if arrived || !definite {
        return Ok(());
    }
    match visits.last().filter(|visit| visit.ending == Ending::Drop) {
        Some(visit) => named(&passage.answer, visit, positions)
            .map_err(|found| format!("the kernel names {found} in the end")),
        None => by_legacy(passage),
    }
}

/// Whether an answer names the rule, or the policy, that the kernel names, and the same end.
fn named(answer: &Answer, visit: &Visit, positions: &Positions) -> Result<(), String> {
    let ends = |fate: &Fate| match fate {
        Fate::Accept => visit.ending == Ending::Accept,
        Fate::Drop | Fate::Reject { .. } => visit.ending == Ending::Drop,
        Fate::Unclear => true,
    };
    let mut deciders = answer
        .outcomes
        .iter()
        .filter(|outcome| ends(&outcome.fate))
        .map(|outcome| &outcome.decider);
    let Some(handle) = visit.decider else {
        let policy = |decider: &Decider| {
            decider.default
                && decider.set == visit.set
                && decider.chain.as_deref() == Some(&visit.chain)
        };
        return deciders
            .any(policy)
            .then_some(())
            .ok_or_else(|| "the policy".to_owned());
    };
    let (chain, index, handle) = if visit.within.starts_with(ANONYMOUS) {
        let mut caller = visit.matched.iter().rev();
        let caller = caller.find_map(|handle| positions.of(&visit.set, *handle));
        let Some((chain, index)) = caller else {
            return Err(format!("`{}`, which nothing listed calls", visit.within));
        };
        (format!("{chain} rule {index}"), None, None)
    } else {
        let Some((chain, index)) = positions.of(&visit.set, handle) else {
            return Err(format!("handle {handle}, which is in no listing"));
        };
        (chain.clone(), Some(*index), Some(handle))
    };
    let rule = |decider: &Decider| {
        decider.set == visit.set
            && decider.chain.as_ref() == Some(&chain)
            && (index.is_none() || decider.index == index)
            && (decider.handle.is_none() || handle.is_none() || decider.handle == handle)
    };
    deciders
        .any(rule)
        .then_some(())
        .ok_or_else(|| format!("rule {index:?} of `{chain}`, handle {handle:?}"))
}

/// What no trace of nftables tells of was stopped by the older iptables.
fn by_legacy(passage: &Passage) -> Result<(), String> {
    let stops = |stage: &&Stage| {
        stage.backend == Backend::Legacy
            && passage.answer.outcomes.iter().any(|outcome| {
                stage
                    .answer
                    .outcomes
                    .iter()
                    .any(|found| found.decider == outcome.decider)
            })
    };
    match passage.stages.iter().find(stops) {
        Some(_) => Ok(()),
        None => Err("no chain of nftables stops it in the kernel".to_owned()),
    }
}

/// How the kernel calls a chain that stands within a rule; no listing shows its rules' handles.
const ANONYMOUS: &str = "__chain";
