//! The smallest change that lets wanted packets through, each candidate held against what it opens
//! besides.
//!
//! Packets that a gate certainly lets pass need nothing there. For the others, a gate is changed in one
//! of three ways: an accept for just these packets above the first rule that stops one of them; the rule
//! that stops them narrowed so that it leaves them out; the nearest allow widened until it holds them. The
//! first two open nothing else by construction, and every candidate is compared with the rules as they
//! are.
//!
//! A rule in a chain that another one calls sees only what the call lets through. An accept is so put into
//! the base chain itself, before the call, and only rules of the base chain are widened.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::change::changes;
use super::lint::whole;
use super::{ALLOW, Changes, DENY, Gate, Gates, reach};
use crate::space::{Budget, Cube, Entry, Field, List, NotDetermined, Span, count, difference};
use crate::verdict::MatchingRule;

/// A change of one gate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fix {
    /// The gate's number among the gates.
    pub gate: usize,
    /// What is done.
    pub kind: FixKind,
    /// Where it is done.
    pub place: Place,
    /// The rule that the place is told by: `None` for the top and the end of the list.
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

/// Where a gate is changed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Place {
    /// Right above the rule.
    Above,
    /// Right below the rule, which is the last one of the base chain before the call that leads to
    /// what stops the packets.
    Below,
    /// Above all rules of the base chain.
    Top,
    /// Below all rules.
    End,
    /// The rule itself.
    Itself,
}

/// A change that has not been weighed.
struct Candidate {
    kind: FixKind,
    place: Place,
    rule: Option<MatchingRule>,
    matches: Vec<Cube>,
    changed: Gate,
}

/// Candidates for every gate that does not certainly let the wanted packets pass, in path order; for
/// one gate, those that open least first.
pub fn fixes(gates: &Gates, wanted: &Cube, budget: &Budget) -> Result<Vec<Fix>, NotDetermined> {
    let mut all = Vec::new();
    for (number, gate) in gates.gates.iter().enumerate() {
        if gate.lets_pass(wanted, budget)? {
            continue;
        }
        let mut candidates = Vec::new();
        for candidate in candidates_for(gate, wanted) {
            if !candidate.changed.lets_pass(wanted, budget)? {
                continue;
            }
            let widens = candidate.kind == FixKind::Widen;
            match weighed((gates, number), candidate, wanted, budget) {
                Ok(fix) => candidates.push(fix),
                // What it would open besides cannot be told: no candidate to offer.
                Err(NotDetermined { .. }) if widens => {}
                Err(error) => return Err(error),
            }
        }
        candidates.retain(|fix| fix.changes.shut.is_empty());
        candidates.sort_by_key(|fix| fix.excess);
        all.extend(candidates);
    }
    Ok(all)
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
    let (place, anchor) = place(gate, wanted);
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
    // What stands above the place stops none of these packets, and it matches no others: the top of
    // the list has the same effect.
    for list in [&mut changed.must, &mut changed.may] {
        list.entries.insert(0, entry);
    }
    Candidate {
        kind: FixKind::Insert,
        place,
        rule: gate.decider(anchor).cloned(),
        matches: vec![*wanted],
        changed,
    }
}

/// The lowest place in the base chain at which nothing has stopped a wanted packet yet.
fn place(gate: &Gate, wanted: &Cube) -> (Place, Option<u32>) {
    let entries = &gate.must.entries;
    let Some(stop) = first_stop(gate, wanted) else {
        return (Place::End, None);
    };
    let in_base = |entry: &&Entry| is_in_base(gate, entry.rule);
    if in_base(&&entries[stop]) {
        return (Place::Above, Some(entries[stop].rule));
    }
    let before = entries[..stop].iter().rev().find(in_base);
    before.map_or((Place::Top, None), |entry| (Place::Below, Some(entry.rule)))
}

/// Whether a rule sees every packet that the gate does, as far as no rule before it decides.
fn is_in_base(gate: &Gate, rule: u32) -> bool {
    let rule = gate.decider(Some(rule));
    rule.is_none_or(|rule| {
        let chain = rule.chain.as_ref();
        chain.is_none_or(|chain| gate.name == format!("{} {chain}", rule.set))
    })
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
        place: Place::Itself,
        rule: Some(rule),
        matches: own.map(|entry| entry.cube).collect(),
        changed,
    })
}

/// The allow that lacks nothing but the source, or nothing but the port, and would have to grow least.
fn widened(gate: &Gate, wanted: &Cube) -> Option<Candidate> {
    let entries = gate.must.entries.iter();
    let allows = entries
        .filter(|entry| entry.label == ALLOW)
        .filter(|entry| is_in_base(gate, entry.rule));
    let grown = allows.filter_map(|entry| Some((entry, grown(&entry.cube, wanted)?)));
    let (entry, field, span) = grown
        .map(|(entry, (field, span))| (entry, field, span))
        .filter(|(entry, field, span)| !overtaken(&gate.must, entry, *field, *span))
        .min_by_key(|(entry, field, span)| count(&[entry.cube.with(*field, *span)]))?;
    let rule = gate.decider(Some(entry.rule))?.clone();
    let mut changed = gate.clone();
    for list in [&mut changed.must, &mut changed.may] {
        for other in &mut list.entries {
            if grows_with(other, entry, field) {
                other.cube = other.cube.with(field, span);
            }
        }
    }
    let own = changed.must.entries.iter();
    let own = own.filter(|other| other.rule == entry.rule);
    Some(Candidate {
        kind: FixKind::Widen,
        place: Place::Itself,
        rule: Some(rule),
        matches: own.map(|entry| entry.cube).collect(),
        changed,
    })
}

/// Whether an entry is widened with another one: a rule for several ports has its sources in common
/// for all of them, and the other way round.
fn grows_with(other: &Entry, entry: &Entry, field: Field) -> bool {
    other.rule == entry.rule
        && other.label == entry.label
        && other.cube.span(field) == entry.cube.span(field)
}

/// The one field of the allow's packets that misses the wanted ones, widened: the source to the
/// smallest block that holds both, the port to the run that does. `None` when more than one misses.
fn grown(allow: &Cube, wanted: &Cube) -> Option<(Field, Span)> {
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
    Some((**field, span))
}

/// The smallest aligned block that holds both intervals.
fn block(one: Span, other: Span) -> Option<Span> {
    let (first, last) = (one.first().min(other.first()), one.last().max(other.last()));
    let bits = 128 - (first ^ last).leading_zeros();
    let mask = 1_u128.checked_shl(bits).map_or(u128::MAX, |size| size - 1);
    Span::new(first & !mask, last | mask)
}

/// Whether an entry above would stop some of the packets that the widened rule is to let through.
fn overtaken(list: &List, entry: &Entry, field: Field, span: Span) -> bool {
    let cube = entry.cube.with(field, span);
    let above = list.entries.iter().take_while(|other| *other != entry);
    let mut above = above.filter(|other| other.label == DENY);
    above.any(|other| other.cube.intersect(&cube).is_some())
}

fn weighed(
    (gates, number): (&Gates, usize),
    candidate: Candidate,
    wanted: &Cube,
    budget: &Budget,
) -> Result<Fix, NotDetermined> {
    let mut after = gates.clone();
    after.gates[number] = candidate.changed;
    // Others than those that the rule matches fare as before.
    let within = match candidate.kind {
        FixKind::Insert | FixKind::Narrow => *wanted,
        FixKind::Widen => hull(&candidate.matches).unwrap_or_else(|| whole(gates.family)),
    };
    let changes = changes(gates, &after, &within, budget)?;
    let opened: Vec<Cube> = changes.opened.iter().map(|shift| shift.cube).collect();
    let excess = count(&difference(&opened, &[*wanted], budget)?);
    let certain = reach(&after, wanted, budget)?.certain;
    let suffices = difference(&[*wanted], &certain, budget)?.is_empty();
    Ok(Fix {
        gate: number,
        kind: candidate.kind,
        place: candidate.place,
        rule: candidate.rule,
        matches: candidate.matches,
        after,
        suffices,
        changes,
        excess,
    })
}

/// The smallest cube that holds all of them.
fn hull(cubes: &[Cube]) -> Option<Cube> {
    let mut cubes = cubes.iter();
    let first = *cubes.next()?;
    cubes.try_fold(first, |hull, cube| {
        Field::ALL.iter().try_fold(hull, |hull, field| {
            let (one, other) = (hull.span(*field), cube.span(*field));
            let span = Span::new(one.first().min(other.first()), one.last().max(other.last()))?;
            Some(hull.with(*field, span))
        })
    })
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
