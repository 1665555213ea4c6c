//! The tests that cloud rules are made of.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::document::span;
use crate::flow::{Direction, Family};
use crate::program::{Element, Key, Part, Reason, Step, Test, Values};
use crate::rule::{PortRange, Ports};
use ipnet::IpNet;

/// Tests that must all hold.
pub(crate) type All = Vec<Test>;

/// The field's value is one of these.
pub(crate) fn is_in(key: Key, parts: Vec<Part>) -> Test {
    Test::In {
        key: vec![key],
        values: Values::Inline(parts.into_iter().map(Element::of).collect()),
        negated: false,
    }
}

/// The field's value is among the members of a set kept beside the rules.
pub(crate) fn is_member(key: Vec<Key>, name: String, missing: &str) -> Test {
    Test::In {
        key,
        values: Values::Named {
            name,
            missing: missing.to_owned(),
        },
        negated: false,
    }
}

/// The packet has this protocol.
pub(crate) fn protocol(number: u8) -> Test {
    is_in(Key::Protocol, vec![Part::one(number)])
}

/// The packet is of this family.
pub(crate) fn family(family: Family) -> Test {
    let number: u8 = match family {
        Family::V4 => 2,
        Family::V6 => 10,
    };
    is_in(Key::Family, vec![Part::one(number)])
}

/// The port is one of these; no test when every port is.
pub(crate) fn ports(key: Key, ports: &Ports) -> Option<Test> {
    let Ports::Ranges(ranges) = ports else {
        return None;
    };
    let part = |range: &PortRange| Part::Span {
        first: range.first.into(),
        last: range.last.into(),
    };
    Some(is_in(key, ranges.iter().map(part).collect()))
}

/// The address is in one of these blocks. A whole family is a test of the family, which is known where
/// the address is not.
pub(crate) fn nets(key: fn(Family) -> Key, nets: &[IpNet]) -> Test {
    let mut lists = Vec::new();
    for one in [Family::V4, Family::V6] {
        let own: Vec<&IpNet> = nets
            .iter()
            .filter(|net| Family::from(net.addr()) == one)
            .collect();
        if own.iter().any(|net| net.prefix_len() == 0) {
            lists.push(vec![family(one)]);
        } else if !own.is_empty() {
            lists.push(vec![is_in(key(one), own.into_iter().map(span).collect())]);
        }
    }
    any_of(lists)
}

/// One of these lists holds in full.
pub(crate) fn any_of(mut lists: Vec<All>) -> Test {
    if let [list] = &mut lists[..]
        && list.len() == 1
        && let Some(only) = list.pop()
    {
        return only;
    }
    Test::AnyOf(lists)
}

/// One of these lists holds in full, as the steps of a rule.
pub(crate) fn steps(mut lists: Vec<All>) -> Vec<Step> {
    if lists.len() == 1 {
        let only = lists.pop().unwrap_or_default();
        return only.into_iter().map(Step::Test).collect();
    }
    vec![Step::Test(Test::AnyOf(lists))]
}

/// A condition that nobody can decide from the rules and the packet.
pub(crate) fn undecided(reason: Reason, text: impl Into<String>) -> Test {
    Test::Undecided {
        reason,
        text: text.into(),
    }
}

/// The field of the address at the far end.
pub(crate) fn far(direction: Direction) -> fn(Family) -> Key {
    match direction {
        Direction::Inbound => Key::Source,
        Direction::Outbound => Key::Destination,
    }
}

/// How a list of one direction is called.
pub(crate) fn list_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}
