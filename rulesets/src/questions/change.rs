//! What a change of rules opens and shuts, through all gates.
//!
//! Packets can only fare differently where some gate differs, so each gate is compared by itself, and
//! what differs is put to all gates before and after.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::reach::passing;
use super::{ALLOW, Gate, Gates, Reading};
use crate::space::{
    Budget, Cube, NotDetermined, decisions, diff, difference, intersection, merged,
};
use crate::verdict::MatchingRule;

/// The packets that fare differently, exactly.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Changes {
    /// Stopped before, passing after.
    pub opened: Vec<Shift>,
    /// Passing before, stopped after.
    pub shut: Vec<Shift>,
}

/// Packets that fare differently for the same reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shift {
    /// The packets.
    pub cube: Cube,
    /// False when it happens only if an undecided rule turns out one way.
    pub certain: bool,
    /// What stops them, or lets them pass at the gate that changed, before: `None` for a default.
    pub before: Option<MatchingRule>,
    /// The same after the change.
    pub after: Option<MatchingRule>,
}

/// What a change opens and shuts within a cube.
pub fn changes(
    before: &Gates,
    after: &Gates,
    within: &Cube,
    budget: &Budget,
) -> Result<Changes, NotDetermined> {
    let named =
        |cubes: &[Cube], reading, certain| named(before, after, cubes, (reading, certain), budget);
    let must = shifted(before, after, within, Reading::Must, budget)?;
    let certain = |gates: &Gates| gates.gates.iter().all(Gate::certain);
    if certain(before) && certain(after) {
        return Ok(Changes {
            opened: named(&must.0, Reading::Must, true)?,
            shut: named(&must.1, Reading::Must, true)?,
        });
    }
    let may = shifted(before, after, within, Reading::May, budget)?;
    let both = |must: &[Cube], may: &[Cube]| {
        let both = intersection(must, may, budget)?;
        let mut shifts = named(&both, Reading::Must, true)?;
        shifts.extend(named(
            &difference(must, &both, budget)?,
            Reading::Must,
            false,
        )?);
        shifts.extend(named(
            &difference(may, &both, budget)?,
            Reading::May,
            false,
        )?);
        Ok(shifts)
    };
    Ok(Changes {
        opened: both(&must.0, &may.0)?,
        shut: both(&must.1, &may.1)?,
    })
}

/// The packets that certainly pass after the change and did not certainly pass before.
pub(super) fn certainly_opened(
    before: &Gates,
    after: &Gates,
    within: &Cube,
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let (opened, _) = shifted(before, after, within, Reading::Must, budget)?;
    Ok(opened)
}

/// The packets opened, and those shut, under one reading.
fn shifted(
    before: &Gates,
    after: &Gates,
    within: &Cube,
    reading: Reading,
    budget: &Budget,
) -> Result<(Vec<Cube>, Vec<Cube>), NotDetermined> {
    let mut places: Vec<Cube> = Vec::new();
    let aligned = before.gates.len() == after.gates.len();
    if aligned {
        for (old, new) in before.gates.iter().zip(&after.gates) {
            let found = diff(old.list(reading), new.list(reading), within, budget)?;
            let fresh: Vec<Cube> = found.iter().map(|change| change.cube).collect();
            let fresh = difference(&fresh, &places, budget)?;
            places.extend(fresh);
        }
    } else {
        places.push(*within);
    }
    let (mut opened, mut shut) = (Vec::new(), Vec::new());
    for place in merged(&places) {
        let old = passing(before, &place, reading, budget)?;
        let new = passing(after, &place, reading, budget)?;
        opened.extend(difference(&new, &old, budget)?);
        shut.extend(difference(&old, &new, budget)?);
    }
    Ok((merged(&opened), merged(&shut)))
}

/// Cuts each cube where another rule decides, before or after, and names the rules.
fn named(
    before: &Gates,
    after: &Gates,
    cubes: &[Cube],
    (reading, certain): (Reading, bool),
    budget: &Budget,
) -> Result<Vec<Shift>, NotDetermined> {
    let mut shifts = Vec::new();
    for cube in cubes {
        for (part, before) in deciders(before, cube, reading, budget)? {
            for (cube, after) in deciders(after, &part, reading, budget)? {
                shifts.push(Shift {
                    cube,
                    certain,
                    before: before.cloned(),
                    after: after.cloned(),
                });
            }
        }
    }
    Ok(shifts)
}

/// The parts of a cube, each with the rule that stops it, or else the last one to let it pass.
fn deciders<'a>(
    gates: &'a Gates,
    cube: &Cube,
    reading: Reading,
    budget: &Budget,
) -> Result<Vec<(Cube, Option<&'a MatchingRule>)>, NotDetermined> {
    let mut passing: Vec<(Cube, Option<&MatchingRule>)> = vec![(*cube, None)];
    let mut stopped = Vec::new();
    for gate in &gates.gates {
        let mut through = Vec::new();
        for (cube, _) in passing {
            for part in decisions(gate.list(reading), &cube, budget)? {
                let rule = gate.decider(part.decision.rule);
                if part.decision.label == ALLOW {
                    through.push((part.cube, rule));
                } else {
                    stopped.push((part.cube, rule));
                }
            }
        }
        passing = through;
    }
    stopped.extend(passing);
    Ok(stopped)
}
