//! Sets of packets as binary decision diagrams, by a library that shares no code with the crate.

use oxidd::bcdd::{BCDDFunction, BCDDManagerRef, new_manager};
use oxidd::{BooleanFunction, Manager, ManagerRef};
use rulesets::space::{Cube, Field, List, Point};
use std::collections::BTreeMap;

/// A set of packets.
pub(crate) type Set = BCDDFunction;

/// Makes sets of the packets of one family.
pub(crate) struct Bdd {
    manager: BCDDManagerRef,
    family: Cube,
    /// The variables of each field, the highest bit first.
    bits: [Vec<Set>; 5],
    spans: BTreeMap<(usize, u128, u128), Set>,
}

impl Bdd {
    /// With room for this many nodes.
    pub(crate) fn new(family: &Cube, nodes: usize) -> Self {
        let manager = new_manager(nodes, nodes / 16, 1);
        let mut next = 0;
        let mut bits: [Vec<Set>; 5] = Default::default();
        for at in ORDER {
            let last = family.span(Field::ALL[at]).last();
            let width = 128 - last.leading_zeros();
            bits[at] = manager.with_manager_exclusive(|manager| {
                manager.add_vars(width);
                let own = next..next + width;
                own.map(|bit| Set::var(manager, bit).unwrap()).collect()
            });
            next += width;
        }
        Self {
            manager,
            family: *family,
            bits,
            spans: BTreeMap::new(),
        }
    }

    /// No packet.
    pub(crate) fn none(&self) -> Set {
        self.manager.with_manager_shared(|manager| Set::f(manager))
    }

    /// Every packet of the family.
    pub(crate) fn every(&self) -> Set {
        self.manager.with_manager_shared(|manager| Set::t(manager))
    }

    /// The packets of a cube that belong to the family.
    pub(crate) fn cube(&mut self, cube: &Cube) -> Set {
        let Some(cube) = cube.intersect(&self.family) else {
            return self.none();
        };
        let mut set = self.every();
        for at in ORDER {
            let (span, bounds) = (cube.span(Field::ALL[at]), self.family.span(Field::ALL[at]));
            if span == bounds {
                continue;
            }
            let key = (at, span.first(), span.last());
            if !self.spans.contains_key(&key) {
                let low = self.compare(at, span.first(), true);
                let high = self.compare(at, span.last(), false);
                self.spans.insert(key, low.and(&high).unwrap());
            }
            set = set.and(&self.spans[&key]).unwrap();
        }
        set
    }

    /// The packets of any of the cubes.
    pub(crate) fn cubes<'a>(&mut self, cubes: impl IntoIterator<Item = &'a Cube>) -> Set {
        let mut sets: Vec<Set> = cubes.into_iter().map(|cube| self.cube(cube)).collect();
        // Pair by pair, so that most unions are small.
        while sets.len() > 1 {
            let pairs = sets.chunks(2);
            let union = |pair: &[Set]| match pair {
                [one, other] => one.or(other).unwrap(),
                rest => rest[0].clone(),
            };
            sets = pairs.map(union).collect();
        }
        sets.pop().unwrap_or_else(|| self.none())
    }

    /// What each entry of a list decides within a cube, and what is left for the default.
    pub(crate) fn decided(&mut self, list: &List, within: &Cube) -> (Vec<Set>, Set) {
        let mut left = self.cube(within);
        let decided = list.entries.iter().map(|entry| {
            let cube = self.cube(&entry.cube);
            let own = cube.and(&left).unwrap();
            left = left.and(&cube.not().unwrap()).unwrap();
            own
        });
        (decided.collect(), left)
    }

    /// True when the set holds the packet.
    pub(crate) fn holds(&self, set: &Set, point: &Point) -> bool {
        let bits = ORDER.into_iter().flat_map(|at| {
            let width = self.bits[at].len();
            (0..width).rev().map(move |bit| point.0[at] >> bit & 1 == 1)
        });
        set.eval((0..).zip(bits))
    }

    /// Forgets what was made so far, as far as nobody holds it.
    pub(crate) fn clear(&mut self) {
        self.spans.clear();
        self.manager.with_manager_shared(|manager| manager.gc());
    }

    /// The packets whose number in a field is at least, or at most, the one given.
    fn compare(&self, at: usize, number: u128, least: bool) -> Set {
        let mut set = self.every();
        for (bit, own) in self.bits[at].iter().rev().enumerate() {
            let one = number >> bit & 1 == 1;
            set = match (least, one) {
                (true, true) => own.and(&set).unwrap(),
                (true, false) => own.or(&set).unwrap(),
                (false, true) => own.not().unwrap().or(&set).unwrap(),
                (false, false) => own.not().unwrap().and(&set).unwrap(),
            };
        }
        set
    }
}

/// Protocol, ports, addresses: what keeps the diagrams of most lists small.
const ORDER: [usize; 5] = [2, 4, 3, 0, 1];
