//! The packets that get through all gates.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{ALLOW, Gates, Reading};
use crate::space::{Budget, Cube, NotDetermined, difference, merged, region};

/// The packets that get through, exactly.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reach {
    /// Those that certainly do.
    pub certain: Vec<Cube>,
    /// Those that may, beyond the certain ones: an undecided rule settles it.
    pub possible: Vec<Cube>,
}

/// The packets within a cube that get through all gates.
pub fn reach(gates: &Gates, within: &Cube, budget: &Budget) -> Result<Reach, NotDetermined> {
    let certain = passing(gates, within, Reading::Must, budget)?;
    if gates.gates.iter().all(super::Gate::certain) {
        return Ok(Reach {
            certain,
            possible: Vec::new(),
        });
    }
    let upper = passing(gates, within, Reading::May, budget)?;
    let possible = difference(&upper, &certain, budget)?;
    Ok(Reach { certain, possible })
}

/// The packets within a cube that every gate lets pass, under one reading.
pub(super) fn passing(
    gates: &Gates,
    within: &Cube,
    reading: Reading,
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let mut left = vec![*within];
    for gate in &gates.gates {
        let mut through = Vec::new();
        for cube in &left {
            through.extend(region(gate.list(reading), cube, ALLOW, budget)?);
        }
        left = merged(&through);
    }
    Ok(left)
}
