//! A thousand random lists, each beside an edited one.

use crate::rule_lists::{Flavour, Random, edited, list};
use rulesets::space::{Cube, Field, List, Span};

/// One list and what is asked about it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) family: Cube,
    pub(crate) list: List,
    /// The list with some edits.
    pub(crate) after: List,
    /// Where regions and differences are asked for: everywhere, or at one destination of a long list.
    pub(crate) within: Cube,
}

/// The case of a seed; most lists have 5 to 60 rules, some fewer, some 300.
pub(crate) fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let flavour = Flavour::ALL[usize::try_from(seed % 7).unwrap()];
    let family = if seed.is_multiple_of(5) {
        Cube::ALL
    } else {
        Cube::V4
    };
    let size = match random.below(40) {
        0 => 300,
        1..=4 => 1 + u32::try_from(random.below(5)).unwrap(),
        _ => 5 + u32::try_from(random.below(56)).unwrap(),
    };
    // A comb falls into as many regions as its teeth have combinations.
    let size = if flavour == Flavour::Comb {
        size.min(24)
    } else {
        size
    };
    let list = list(flavour, &family, size, seed);
    let edits = 1 + u32::try_from(random.below(4)).unwrap();
    let after = edited(&list, edits, &mut random);
    let within = if size < 300 {
        family
    } else {
        one_destination(&list, &family)
    };
    Case {
        name: format!("seed {seed}: {size} rules of {flavour:?}"),
        family,
        list,
        after,
        within,
    }
}

/// Packets to the destination of the first rule that names one.
fn one_destination(list: &List, family: &Cube) -> Cube {
    let every = family.span(Field::Destination);
    let mut spans = list
        .entries
        .iter()
        .map(|entry| entry.cube.span(Field::Destination));
    let narrow = spans.find(|span| *span != every).unwrap_or(every);
    family.with(Field::Destination, Span::one(narrow.first()))
}
