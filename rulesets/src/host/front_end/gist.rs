//! What a plain rule says: protocol, ports, addresses, interface, verdict.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::program::{Element, Key, Part, Rule, Step, Test, Values, Verdict};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What a rule says, as far as it is plain.
#[derive(Debug, Default)]
pub(super) struct Gist {
    /// The protocol, by its number.
    pub protocol: Option<u8>,
    /// The destination ports.
    pub ports: Vec<(u16, u16)>,
    /// The source, as an address or a block; `None` for anywhere.
    pub source: Option<String>,
    /// The destination, as an address or a block; `None` for anywhere.
    pub destination: Option<String>,
    /// The interface it arrives on.
    pub input: Option<String>,
    /// The interface it leaves by.
    pub output: Option<String>,
    /// The family of its addresses.
    pub family: Option<Family>,
    /// The set of addresses that the source must be in.
    pub source_set: Option<String>,
    /// The verdict it ends in.
    pub verdict: Option<Verdict>,
    /// True when the rule says nothing else.
    pub whole: bool,
}

impl Gist {
    pub(super) fn of(rule: &Rule) -> Self {
        let mut gist = Self {
            whole: true,
            ..Self::default()
        };
        for step in &rule.steps {
            match step {
                Step::Test(test) => {
                    if gist.take(test).is_none() {
                        gist.whole = false;
                    }
                }
                Step::Verdict(verdict) => gist.verdict = Some(verdict.clone()),
                Step::Lookup { .. }
                | Step::Translate(_)
                | Step::SetMark { .. }
                | Step::CopyMark { .. }
                | Step::Notrack
                | Step::Opaque { .. } => gist.whole = false,
            }
        }
        gist
    }

    /// The destination ports with their protocol, as `22/tcp` or `80,443/tcp`; ranges are joined by
    /// `to`.
    pub(super) fn ports(&self, to: char) -> Option<String> {
        let protocol = protocol(self.protocol?)?;
        let ports = self.ports.iter().map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}{to}{last}")
            }
        });
        let ports: Vec<String> = ports.collect();
        (!ports.is_empty()).then(|| format!("{}/{protocol}", ports.join(",")))
    }

    fn take(&mut self, test: &Test) -> Option<()> {
        let Test::In {
            key,
            values,
            negated: false,
        } = test
        else {
            return None;
        };
        let [key] = key[..] else {
            return None;
        };
        if let (Key::Source(_), Values::Named { name, .. }) = (key, values) {
            self.source_set = Some(name.clone());
            return Some(());
        }
        let Values::Inline(elements) = values else {
            return None;
        };
        let one = || match &elements[..] {
            [Element(parts)] => parts.first(),
            _ => None,
        };
        match key {
            Key::Protocol => self.protocol = number(one()?),
            Key::DestinationPort => {
                self.ports = elements.iter().map(port).collect::<Option<_>>()?;
            }
            Key::Source(family) => {
                self.source = Some(block(one()?, family)?);
                self.family = Some(family);
            }
            Key::Destination(family) => {
                self.destination = Some(block(one()?, family)?);
                self.family = Some(family);
            }
            Key::InputInterface => self.input = Some(interface(one()?)?),
            Key::OutputInterface => self.output = Some(interface(one()?)?),
            Key::Family
            | Key::SourcePort
            | Key::IcmpType(_)
            | Key::IcmpCode(_)
            | Key::TcpFlags
            | Key::State
            | Key::ConnectionStatus
            | Key::OriginalDestination(_)
            | Key::OriginalPort
            | Key::Mark
            | Key::ConnectionMark
            | Key::SourceMac
            | Key::SourceKind
            | Key::DestinationKind => return None,
        }
        Some(())
    }
}

/// The name of a protocol, as the front ends write it.
pub(super) fn protocol(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        132 => "sctp",
        _ => return None,
    })
}

fn number(part: &Part) -> Option<u8> {
    match part {
        Part::Span { first, last } if first == last => u8::try_from(*first).ok(),
        Part::Span { .. } | Part::Name { .. } | Part::Unread { .. } => None,
    }
}

fn port(element: &Element) -> Option<(u16, u16)> {
    match element.0[..] {
        [Part::Span { first, last }] => Some((first.try_into().ok()?, last.try_into().ok()?)),
        _ => None,
    }
}

fn interface(part: &Part) -> Option<String> {
    match part {
        Part::Name {
            text,
            prefix: false,
        } => Some(text.clone()),
        Part::Name { .. } | Part::Span { .. } | Part::Unread { .. } => None,
    }
}

/// An address, or a block with its length; `None` for other spans.
fn block(part: &Part, family: Family) -> Option<String> {
    let Part::Span { first, last } = *part else {
        return None;
    };
    let bits = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    let host = first ^ last;
    if host & host.wrapping_add(1) != 0 || first & host != 0 {
        return None;
    }
    let address = match family {
        Family::V4 => Ipv4Addr::from(u32::try_from(first).ok()?).to_string(),
        Family::V6 => Ipv6Addr::from(first).to_string(),
    };
    Some(match bits - host.count_ones() {
        length if length == bits => address,
        length => format!("{address}/{length}"),
    })
}
