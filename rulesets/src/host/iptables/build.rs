//! Tests as the other modules make them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::packet::State;
use crate::program::{Element, Key, Part, Reason, Test, Values};

/// The field is (or, negated, is not) one of these parts.
pub(super) fn among(key: Key, parts: Vec<Part>, negated: bool) -> Test {
    Test::In {
        key: vec![key],
        values: Values::Inline(parts.into_iter().map(Element::of).collect()),
        negated,
    }
}

/// The field, masked, is (or, negated, is not) this value.
pub(super) fn masked(key: Key, mask: u128, value: u128, negated: bool) -> Test {
    Test::Masked {
        key,
        mask,
        values: Values::Inline(vec![Element::of(Part::one(value))]),
        negated,
    }
}

/// A test that no packet passes.
pub(super) fn never() -> Test {
    Test::AnyOf(Vec::new())
}

/// A test that cannot be decided.
pub(super) fn undecided(reason: Reason, text: impl Into<String>) -> Test {
    let text = text.into();
    Test::Undecided { reason, text }
}

/// The state of the packet is (or, negated, is not) one of these.
pub(super) fn state(states: &[State], negated: bool) -> Test {
    let parts = states.iter().map(|state| Part::one(state.bit())).collect();
    among(Key::State, parts, negated)
}

/// The protocol is one (or, negated, none) of those that have ports.
pub(in crate::host) fn has_ports(negated: bool) -> Test {
    let parts = PORTED.iter().map(|&number| Part::one(number)).collect();
    among(Key::Protocol, parts, negated)
}

/// The bits of an address.
pub(super) fn bits(family: Family) -> u32 {
    match family {
        Family::V4 => 32,
        Family::V6 => 128,
    }
}

/// TCP, UDP, DCCP, SCTP and UDP-Lite.
const PORTED: [u8; 5] = [6, 17, 33, 132, 136];
