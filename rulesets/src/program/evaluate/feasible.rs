//! Whether conditions can all be so at once.
//!
//! Two rules that test the same open field are not independent: a source inside `10.1.0.0/16` is not
//! outside `10.0.0.0/8`. What is found impossible here is so; what is not found may still be.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::literal::{Literal, Open, Why};
use super::sight::highest;
use crate::intervals::Intervals;
use crate::program::{Element, Key, Part, Test, Values};
use std::collections::BTreeMap;

/// False when these conditions contradict each other.
pub(crate) fn feasible(literals: &[Literal<'_>]) -> bool {
    if literals.len() < 2 && literals.iter().all(|literal| literal.holds) {
        return true;
    }
    !contradictory(literals) && values_left(literals)
}

/// Whether one is the same question as another with the opposite answer.
fn contradictory(literals: &[Literal<'_>]) -> bool {
    let lasting = || literals.iter().filter(|literal| literal.lasting());
    let mut held = lasting().filter(|literal| literal.holds);
    held.any(|yes| lasting().any(|no| !no.holds && yes.epoch == no.epoch && same(yes, no)))
}

fn same(a: &Literal<'_>, b: &Literal<'_>) -> bool {
    match (a.open, b.open) {
        (Open::Test(a_test, _), Open::Test(b_test, _)) => {
            std::ptr::eq(a_test, b_test) || (a.at.chain.set == b.at.chain.set && a_test == b_test)
        }
        (Open::Device(a), Open::Device(b)) => a == b,
        (Open::Local(a), Open::Local(b)) => a == b,
        (Open::Forwarding, Open::Forwarding) | (Open::ReversePath, Open::ReversePath) => true,
        (
            Open::Test(..)
            | Open::Entry(..)
            | Open::Map(..)
            | Open::Opaque(_)
            | Open::NoChain(_)
            | Open::Circle(_)
            | Open::Mapped(_)
            | Open::Device(_)
            | Open::Local(_)
            | Open::Forwarding
            | Open::ReversePath,
            _,
        ) => false,
    }
}

/// Whether every open field has a value left that fits all tests of it.
fn values_left(literals: &[Literal<'_>]) -> bool {
    let mut left: BTreeMap<(Key, u8), Intervals> = BTreeMap::new();
    for literal in literals.iter().filter(|literal| literal.lasting()) {
        let Some((key, values, inside)) = constraint(literal) else {
            continue;
        };
        let Some(highest) = highest(key) else {
            continue;
        };
        let all = || Intervals::new(vec![(0, highest)]);
        let known = left.entry((key, literal.epoch)).or_insert_with(all);
        *known = if inside {
            known.intersection(&values)
        } else {
            known.minus(&values)
        };
        if known.is_empty() {
            return false;
        }
    }
    true
}

/// The field a condition is about, the values it names, and whether the field's value is among them.
fn constraint(literal: &Literal<'_>) -> Option<(Key, Intervals, bool)> {
    match literal.open {
        Open::Test(test, Why::Field(_)) => {
            let Test::In {
                key,
                values: Values::Inline(elements),
                negated,
            } = test
            else {
                return None;
            };
            let [key] = key.as_slice() else {
                return None;
            };
            let values = spans(elements.iter())?;
            Some((*key, values, literal.holds != *negated))
        }
        Open::Entry([key], element) => {
            let values = spans(std::iter::once(element))?;
            Some((*key, values, literal.holds))
        }
        Open::Test(..)
        | Open::Entry(..)
        | Open::Map(..)
        | Open::Opaque(_)
        | Open::NoChain(_)
        | Open::Circle(_)
        | Open::Mapped(_)
        | Open::Device(_)
        | Open::Local(_)
        | Open::Forwarding
        | Open::ReversePath => None,
    }
}

/// The values of elements of one number each; `None` when one is something else.
fn spans<'e>(elements: impl Iterator<Item = &'e Element>) -> Option<Intervals> {
    let spans: Option<Vec<_>> = elements
        .map(|element| match element.0.as_slice() {
            [Part::Span { first, last }] => Some((*first, *last)),
            _ => None,
        })
        .collect();
    spans.map(Intervals::new)
}
