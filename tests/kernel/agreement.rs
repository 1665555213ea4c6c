//! Holds the evaluator's account of a packet's way against the kernel's.

use crate::probe::{Origin, Probe};
use crate::rules::{Positions, TABLE};
use crate::trace::{Ending, Record};
use crate::visits::{Visit, visits};
use crate::wire::{Arrival, Seen};
use rulesets::host::{Backend, HostFacts, HostRules, Passage, Stage};
use rulesets::{Answer, Decider, Definite, Fate, Packet, Path};

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

/// What the evaluator says of a probe. One that leaves by the loopback device comes in again, and is
/// asked about once more.
pub(crate) fn judge(host: &HostRules, probe: &Probe, facts: &HostFacts) -> Vec<Passage> {
    let first = host.judge(&probe.packet, facts);
    let mut passages = vec![first];
    if let [outcome] = &passages[0].answer.outcomes[..]
        && outcome.conditions.is_empty()
        && outcome.fate == Fate::Accept
        && leaves_by_loopback(&passages[0].packet)
    {
        let again = Packet {
            path: Path::Input {
                interface: Some(LOOPBACK.to_owned()),
            },
            source_mac: Some([0; 6]),
            ..passages[0].packet.clone()
        };
        passages.push(host.judge(&again, facts));
    }
    passages
}

/// Compares the accounts of one packet, way by way.
pub(crate) fn compare(
    probe: &Probe,
    passages: &[Passage],
    seen: &Seen,
    positions: &Positions,
) -> Comparison {
    let mut comparison = Comparison {
        definite: true,
        ..Comparison::default()
    };
    for (passage, (records, end)) in passages.iter().zip(ways(probe, seen)) {
        let visits = visits(records);
        let arrived = end.is_some();
        comparison.definite &= passage.answer.definite().is_some();
        if comparison.wrong.is_none() {
            comparison.wrong = wrong(passage, end, &visits);
        }
        if comparison.wrong_decider.is_none() {
            comparison.wrong_decider = wrong_decider(passage, arrived, &visits, positions).err();
        }
    }
    comparison
}

/// Whether the probe came out; an error message that quotes it is not the probe.
pub(crate) fn arrived(probe: &Probe, seen: &Seen) -> bool {
    ways(probe, seen).iter().all(|(_, end)| end.is_some())
}

/// Where a way ends that nothing stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    /// At a process of the host.
    Host,
    /// On a link.
    Link,
    /// On the loopback device, which leads back to the host.
    Loopback,
}

/// What the kernel tells of each way of a probe through the host. The rig's own chain before routing
/// meets what the host sent only when it comes in again.
fn ways<'a>(probe: &Probe, seen: &'a Seen) -> Vec<(&'a [Record], Option<End>)> {
    let end = seen.arrived.map(|arrival| match arrival {
        Arrival::Host => End::Host,
        Arrival::Peer | Arrival::Far => End::Link,
    });
    let records = seen.records.as_slice();
    if probe.from != Origin::Host {
        let end = end.filter(|_| seen.arrived != Some(Arrival::Peer));
        return vec![(records, end)];
    }
    let ours = |record: &Record| record.set.ends_with(TABLE) && record.chain == "prerouting";
    let again = |record: &Record| record.by_loopback && ours(record);
    match records.iter().position(again) {
        Some(place) => {
            let (out, back) = records.split_at(place);
            let end = end.filter(|end| *end == End::Host);
            vec![(out, Some(End::Loopback)), (back, end)]
        }
        None => vec![(records, end.filter(|end| *end == End::Link))],
    }
}

fn leaves_by_loopback(packet: &Packet) -> bool {
    matches!(&packet.path, Path::Output { interface: Some(name) } if name == LOOPBACK)
}

/// Where the evaluator has a packet come out that passes; `None` when it does not know.
fn leads_to(packet: &Packet) -> Option<End> {
    match &packet.path {
        Path::Input { .. } => Some(End::Host),
        Path::Forward { .. } => Some(End::Link),
        Path::Output { interface } => {
            let name = interface.as_ref()?;
            let loops = name == LOOPBACK;
            Some(if loops { End::Loopback } else { End::Link })
        }
    }
}

fn wrong(passage: &Passage, end: Option<End>, visits: &[Visit]) -> Option<String> {
    let answer = &passage.answer;
    let arrived = end.is_some();
    if arrived && visits.iter().any(|visit| visit.ending == Ending::Drop) {
        return Some("it arrives although the kernel tells of a drop".to_owned());
    }
    if let (Some(end), [outcome]) = (end, &answer.outcomes[..])
        && outcome.conditions.is_empty()
        && leads_to(&passage.packet).is_some_and(|to| to != end)
    {
        return Some(format!("it comes out at the {end:?} in the kernel"));
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
    // Where two back ends meet at one priority, an order may be among a chain's conditions.
    let certain = passage.stages.iter().all(|stage| {
        let mut outcomes = stage.answer.outcomes.iter();
        !stage.reached || outcomes.all(|outcome| outcome.conditions.is_empty())
    });
    let one_way = definite && certain && passage.answer.outcomes.len() == 1;
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
    let unmet = stages.find(|stage| !may_be_stopped_before(stage, passage));
    if let Some(stage) = unmet.filter(|_| one_way) {
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

/// Whether the older iptables may stop a packet at the priority of a chain of nftables: which of them
/// comes first no listing tells.
fn may_be_stopped_before(stage: &Stage, passage: &Passage) -> bool {
    let stops = |answer: &Answer| {
        let mut outcomes = answer.outcomes.iter();
        outcomes.any(|outcome| outcome.fate != Fate::Accept)
    };
    passage.stages.iter().any(|other| {
        other.backend == Backend::Legacy
            && (other.hook, other.priority) == (stage.hook, stage.priority)
            && stops(&other.answer)
    })
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

/// The device by which the host reaches itself.
const LOOPBACK: &str = "lo";
