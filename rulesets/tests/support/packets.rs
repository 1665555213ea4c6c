//! Packets aimed at the rules of a list.

use crate::rule_lists::Random;
use rulesets::space::{Cube, Field, List, Point};

/// A packet at the ends of the spans of some entries, just inside or just outside, or anywhere.
pub(crate) fn packet(list: &List, family: &Cube, random: &mut Random) -> Point {
    let one = list.entries.get(at(random, list.entries.len()));
    let other = list.entries.get(at(random, list.entries.len()));
    Point(Field::ALL.map(|field| {
        let bounds = family.span(field);
        let entry = if random.chance(85) { one } else { other };
        let Some(span) = entry.map(|entry| entry.cube.span(field)) else {
            return 0;
        };
        let number = match random.below(12) {
            0..=3 => span.first(),
            4..=6 => span.last(),
            7 => span.first().saturating_sub(1),
            8 => span.last().saturating_add(1),
            9 => span.first() + (span.last() - span.first()) / 2,
            _ => u128::from(random.next()) << random.below(64),
        };
        number.clamp(bounds.first(), bounds.last())
    }))
}

fn at(random: &mut Random, length: usize) -> usize {
    usize::try_from(random.below(length.max(1) as u64)).unwrap()
}
