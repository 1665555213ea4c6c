//! Tests on addresses, protocols and ports, as the rules of every cloud need them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::document::{set_name, span};
use crate::flow::{Direction, Family};
use crate::program::{Element, Key, Part, Reason, Rule, Step, Test, Values};
use ipnet::IpNet;

/// Which end of a packet's way a test is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Side {
    /// Where it comes from.
    Source,
    /// Where it goes.
    Destination,
}

/// The addresses that one end of a rule may have; without any, the rule never matches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ends {
    all: bool,
    v4: Vec<Part>,
    v6: Vec<Part>,
    named: Vec<(Option<Family>, String, String)>,
    unknown: Vec<(Reason, String)>,
}

impl Side {
    /// The far end of packets of this direction, seen from the instance.
    pub(crate) fn far(direction: Direction) -> Self {
        match direction {
            Direction::Inbound => Self::Source,
            Direction::Outbound => Self::Destination,
        }
    }

    fn address(self, family: Family) -> Key {
        match self {
            Self::Source => Key::Source(family),
            Self::Destination => Key::Destination(family),
        }
    }

    fn port(self) -> Key {
        match self {
            Self::Source => Key::SourcePort,
            Self::Destination => Key::DestinationPort,
        }
    }
}

impl Ends {
    /// Every address of both families.
    pub(crate) fn add_all(&mut self) {
        self.all = true;
    }

    /// The addresses of a block.
    pub(crate) fn add_block(&mut self, net: &IpNet) {
        self.parts(net.addr().into()).push(span(net));
    }

    /// The addresses from one to another of its family.
    pub(crate) fn add_part(&mut self, family: Family, part: Part) {
        self.parts(family).push(part);
    }

    /// The members of a set; `missing` says what to supply when it is not at hand.
    pub(crate) fn add_named(&mut self, name: &str, missing: String) {
        self.named.push((None, name.to_owned(), missing));
    }

    /// The members of one family of a set.
    pub(crate) fn add_named_in(&mut self, family: Family, name: &str, missing: String) {
        self.named.push((Some(family), name.to_owned(), missing));
    }

    /// Addresses that nobody can know from the rules.
    pub(crate) fn add_unknown(&mut self, reason: Reason, text: String) {
        self.unknown.push((reason, text));
    }

    /// The step that tests it; `None` when every packet passes the test.
    pub(crate) fn step(&self, side: Side) -> Option<Step> {
        let whole = |family| covers(self.of(family), family);
        if self.all || (whole(Family::V4) && whole(Family::V6)) {
            return None;
        }
        let mut ways: Vec<Test> = Vec::new();
        for family in [Family::V4, Family::V6] {
            let key = side.address(family);
            if whole(family) {
                ways.push(one_of(Key::Family, vec![Part::one(family_number(family))]));
            } else if !self.of(family).is_empty() {
                ways.push(one_of(key, self.of(family).to_vec()));
            }
            let own = self
                .named
                .iter()
                .filter(|(only, ..)| only.is_none_or(|only| only == family));
            ways.extend(own.map(|(_, name, missing)| Test::In {
                key: vec![key],
                values: Values::Named {
                    name: set_name(name, family),
                    missing: missing.clone(),
                },
                negated: false,
            }));
        }
        let unknown = |(reason, text): &(Reason, String)| Test::Undecided {
            reason: *reason,
            text: text.clone(),
        };
        ways.extend(self.unknown.iter().map(unknown));
        Some(Step::Test(any_of(ways)))
    }

    fn of(&self, family: Family) -> &[Part] {
        match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        }
    }

    fn parts(&mut self, family: Family) -> &mut Vec<Part> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

/// A test that one of these holds.
pub(crate) fn any_of(mut ways: Vec<Test>) -> Test {
    match ways.len() {
        1 => ways.remove(0),
        _ => Test::AnyOf(ways.into_iter().map(|test| vec![test]).collect()),
    }
}

/// A test that one field is among these values.
pub(crate) fn one_of(key: Key, parts: Vec<Part>) -> Test {
    Test::In {
        key: vec![key],
        values: Values::Inline(parts.into_iter().map(Element::of).collect()),
        negated: false,
    }
}

/// The test of the protocol.
pub(crate) fn protocol(number: u8) -> Test {
    one_of(Key::Protocol, vec![Part::one(number)])
}

/// A span of ports as people write it.
pub(crate) fn span_text(first: u16, last: u16) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// The test of ports on one side; `None` when the spans hold every port.
pub(crate) fn ports(side: Side, spans: &[(u16, u16)]) -> Option<Test> {
    let whole = spans.contains(&(0, u16::MAX));
    let part = |(first, last): &(u16, u16)| Part::Span {
        first: (*first).into(),
        last: (*last).into(),
    };
    (!whole).then(|| one_of(side.port(), spans.iter().map(part).collect()))
}

/// The tests of the type and the code of an ICMP message; what is `None` may be any.
pub(crate) fn icmp(family: Family, kind: Option<u8>, code: Option<u8>) -> Vec<Test> {
    let kind = kind.map(|kind| one_of(Key::IcmpType(family), vec![Part::one(kind)]));
    let code = code.map(|code| one_of(Key::IcmpCode(family), vec![Part::one(code)]));
    kind.into_iter().chain(code).collect()
}

/// A rule in the place of rules that the document does not hold: it may do anything.
pub(crate) fn unseen(index: usize, text: String) -> Rule {
    Rule {
        index,
        handle: None,
        text: text.clone(),
        description: String::new(),
        steps: vec![Step::Opaque { text }],
    }
}

/// True for the protocols of which rules can name ports.
pub(crate) fn has_ports(protocol: u8) -> bool {
    matches!(protocol, 6 | 17 | 33 | 132 | 136)
}

/// The number by which [`Key::Family`] knows a family.
pub(crate) fn family_number(family: Family) -> u8 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

fn covers(parts: &[Part], family: Family) -> bool {
    let highest = match family {
        Family::V4 => u128::from(u32::MAX),
        Family::V6 => u128::MAX,
    };
    parts.contains(&Part::Span {
        first: 0,
        last: highest,
    })
}
