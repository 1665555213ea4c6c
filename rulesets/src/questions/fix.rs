//! The smallest change that lets wanted packets through, each candidate held against what it opens
//! besides.
//!
//! Packets that a gate certainly lets pass need nothing there. For the others, a gate is changed in one
//! of three ways: an accept for just these packets above the first rule that stops one of them; the rule
//! that stops them narrowed so that it leaves them out; the nearest allow widened until it holds them. The
//! first two open nothing else by construction, and every candidate is compared with the rules as they
//! are.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::change::changes;
use super::lint::whole;
use super::{ALLOW, Changes, DENY, Gate, Gates, reach};
use crate::space::{
    Budget, Cube, Entry, Field, List, NotDetermined, Span, count, difference, region,
};
use crate::verdict::MatchingRule;
use std::collections::BTreeSet;

/// A change of one gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fix {
    /// The gate's number among the gates.
    pub gate: usize,
    /// What is done.
    pub kind: FixKind,
    /// The rule it is done to: the one to put the accept above, to narrow or to widen. `None` for an
    /// accept at the end of the list.
    pub rule: Option<MatchingRule>,
    /// What the added, narrowed or widened rule matches after that.
    pub matches: Vec<Cube>,
    /// The gates after the change.
    pub after: Gates,
    /// Whether the wanted packets certainly get through all gates after it.
    pub suffices: bool,
    /// Everything the change opens and shuts.
    pub changes: Changes,
    /// How many packets it opens beyond the wanted ones.
    pub excess: u128,
}

/// What is done to a gate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum FixKind {
    /// An accept for the wanted packets alone is added above a rule.
    Insert,
    /// A rule is made to leave the wanted packets out.
    Narrow,
    /// A rule is made to match more sources or more ports.
    Widen,
}

/// A change that has not been weighed.
struct Candidate {
    kind: FixKind,
    rule: Option<MatchingRule>,
    matches: Vec<Cube>,
    changed: Gate,
}

/// Candidates for every gate that does not certainly let the wanted packets pass, in path order; for
/// one gate, those that open least first.
pub fn fixes(gates: &Gates, wanted: &Cube, budget: &Budget) -> Result<Vec<Fix>, NotDetermined> {
    let mut all = Vec::new();
    for (number, gate) in gates.gates.iter().enumerate() {
        if lets_pass(gate, wanted, budget)? {
            continue;
        }
        let mut candidates = Vec::new();
        for candidate in candidates_for(gate, wanted) {
            if !lets_pass(&candidate.changed, wanted, budget)? {
                continue;
            }
            candidates.push(weighed((gates, number), candidate, wanted, budget)?);
        }
        candidates.retain(|fix| fix.changes.shut.is_empty());
        candidates.sort_by_key(|fix| fix.excess);
        all.extend(candidates);
    }
    Ok(all)
}

/// Whether a gate certainly lets all these packets pass.
fn lets_pass(gate: &Gate, wanted: &Cube, budget: &Budget) -> Result<bool, NotDetermined> {
    let passing = region(&gate.must, wanted, ALLOW, budget)?;
    Ok(difference(&[*wanted], &passing, budget)?.is_empty())
}

fn candidates_for(gate: &Gate, wanted: &Cube) -> Vec<Candidate> {
    let mut candidates = vec![inserted(gate, wanted)];
    candidates.extend(narrowed(gate, wanted));
    candidates.extend(widened(gate, wanted));
    candidates
}

/// The first entry that certainly or possibly stops a wanted packet.
fn first_stop(gate: &Gate, wanted: &Cube) -> Option<usize> {
    let entries = gate.must.entries.iter();
    let mut stops = entries
        .enumerate()
        .filter(|(_, entry)| entry.label != ALLOW && entry.cube.intersect(wanted).is_some());
    stops.next().map(|(at, _)| at)
}

fn inserted(gate: &Gate, wanted: &Cube) -> Candidate {
    let stop = first_stop(gate, wanted);
    let rule = stop.map(|at| gate.must.entries[at].rule);
    let mut changed = gate.clone();
    let number = number(changed.rules.len());
    changed.rules.push(MatchingRule {
        set: gate.name.clone(),
        chain: None,
        handle: None,
        index: 0,
        rule: "the accept that is added".to_owned(),
        allows: true,
    });
    let entry = Entry {
        cube: *wanted,
        label: ALLOW,
        rule: number,
    };
    // Whatever stops a packet for certain stands in both lists; above it, order does not matter.
    let above: BTreeSet<u32> = gate.must.entries[..stop.unwrap_or(gate.must.entries.len())]
        .iter()
        .map(|entry| entry.rule)
        .collect();
    for list in [&mut changed.must, &mut changed.may] {
        let mut entries = list.entries.iter();
        let at = entries.position(|entry| entry.label != ALLOW && !above.contains(&entry.rule));
        list.entries.insert(at.unwrap_or(list.entries.len()), entry);
    }
    Candidate {
        kind: FixKind::Insert,
        rule: gate.decider(rule).cloned(),
        matches: vec![*wanted],
        changed,
    }
}

/// The rule that stops the first of them, cut around the wanted packets; not for a rule that stops
/// everything, which is a default in all but name.
fn narrowed(gate: &Gate, wanted: &Cube) -> Option<Candidate> {
    let stop = gate.must.entries[first_stop(gate, wanted)?];
    let rule = gate.decider(Some(stop.rule))?.clone();
    if stop.cube.covers(&Cube::V4) || stop.cube == Cube::ALL {
        return None;
    }
    let mut changed = gate.clone();
    for list in [&mut changed.must, &mut changed.may] {
        let entries = std::mem::take(&mut list.entries);
        for entry in entries {
            if entry.rule != stop.rule {
                list.entries.push(entry);
                continue;
            }
            let parts = entry.cube.subtract(wanted).into_iter();
            list.entries
                .extend(parts.map(|cube| Entry { cube, ..entry }));
        }
    }
    let own = changed.must.entries.iter();
    let own = own.filter(|entry| entry.rule == stop.rule);
    Some(Candidate {
        kind: FixKind::Narrow,
        rule: Some(rule),
        matches: own.map(|entry| entry.cube).collect(),
        changed,
    })
}

/// The allow that lacks nothing but the source, or nothing but the port, and would have to grow least.
fn widened(gate: &Gate, wanted: &Cube) -> Option<Candidate> {
    let entries = gate.must.entries.iter().enumerate();
    let grown = entries
        .filter(|(_, entry)| entry.label == ALLOW)
        .filter_map(|(at, entry)| Some((at, grown(&entry.cube, wanted)?)))
        .filter(|(at, cube)| !overtaken(&gate.must, *at, cube))
        .min_by_key(|(_, cube)| count(&[*cube]))?;
    let (at, cube) = grown;
    let entry = gate.must.entries[at];
    let rule = gate.decider(Some(entry.rule))?.clone();
    let mut changed = gate.clone();
    for list in [&mut changed.must, &mut changed.may] {
        for other in &mut list.entries {
            if other.rule == entry.rule && other.cube == entry.cube {
                other.cube = cube;
            }
        }
    }
    let own = changed.must.entries.iter();
    let own = own.filter(|other| other.rule == entry.rule);
    Some(Candidate {
        kind: FixKind::Widen,
        rule: Some(rule),
        matches: own.map(|entry| entry.cube).collect(),
        changed,
    })
}

/// The allow's packets with the one field that misses the wanted ones widened: the source to the
/// smallest block that holds both, the port to the run that does. `None` when more than one misses.
fn grown(allow: &Cube, wanted: &Cube) -> Option<Cube> {
    let missing = Field::ALL
        .iter()
        .filter(|field| !allow.span(**field).covers(wanted.span(**field)));
    let missing: Vec<_> = missing.collect();
    let [field] = missing.as_slice() else {
        return None;
    };
    let (own, other) = (allow.span(**field), wanted.span(**field));
    let span = match field {
        Field::Source | Field::Destination => block(own, other)?,
        Field::B | Field::A => {
            Span::new(own.first().min(other.first()), own.last().max(other.last()))?
        }
        Field::Protocol => return None,
    };
    Some(allow.with(**field, span))
}

/// The smallest aligned block that holds both intervals.
fn block(one: Span, other: Span) -> Option<Span> {
    let (first, last) = (one.first().min(other.first()), one.last().max(other.last()));
    let bits = 128 - (first ^ last).leading_zeros();
    let mask = 1_u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1);
    Span::new(first & !mask, last | mask)
}

/// Whether an entry above would stop some of the packets all the same.
fn overtaken(list: &List, at: usize, cube: &Cube) -> bool {
    let above = &list.entries[..at];
    above
        .iter()
        .any(|entry| entry.label == DENY && entry.cube.intersect(cube).is_some())
}

fn weighed(
    (gates, number): (&Gates, usize),
    candidate: Candidate,
    wanted: &Cube,
    budget: &Budget,
) -> Result<Fix, NotDetermined> {
    let mut after = gates.clone();
    after.gates[number] = candidate.changed;
    let whole = whole(gates.family);
    let changes = changes(gates, &after, &whole, budget)?;
    let opened: Vec<Cube> = changes.opened.iter().map(|shift| shift.cube).collect();
    let excess = count(&difference(&opened, &[*wanted], budget)?);
    let certain = reach(&after, wanted, budget)?.certain;
    let suffices = difference(&[*wanted], &certain, budget)?.is_empty();
    Ok(Fix {
        gate: number,
        kind: candidate.kind,
        rule: candidate.rule,
        matches: candidate.matches,
        after,
        suffices,
        changes,
        excess,
    })
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
