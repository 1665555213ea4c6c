//! The rules of a host with one more: an accept for packets like a given one.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Backend, HostChain, HostRules};
use crate::flow::Family;
use crate::intervals::number;
use crate::packet::Packet;
use crate::program::{Element, Key, Part, Rule, Step, Test, Values, Verdict};
use std::net::IpAddr;

/// A place in a chain, where a rule is put before the one that is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spot<'a> {
    /// Which part of the kernel runs the table.
    pub backend: Backend,
    /// The family and the table, such as `ip filter`.
    pub set: &'a str,
    /// The chain.
    pub chain: &'a str,
    /// The position, from 0; the number of rules for the end.
    pub index: usize,
}

/// What the added rule tests: as much as is known of the packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Accept {
    /// The family, where nothing else in the rule would keep the other one out.
    pub(crate) family: Option<Family>,
    pub(crate) source: Option<IpAddr>,
    pub(crate) destination: Option<IpAddr>,
    pub(crate) service: Service,
}

/// A protocol with what its rules can ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Service {
    /// Its number, the source port and the destination port; one of them at least is known.
    Ported(u8, Option<u16>, Option<u16>),
    /// The family, the type and the code.
    Icmp(Family, u8, Option<u8>),
}

impl HostRules {
    /// These rules with an accept at a place for the packets that are like this one in addresses,
    /// protocol, ports, and type and code of ICMP messages, as far as they are known. `None` where there
    /// is no such place, or no such rule.
    pub fn accepting(&self, packet: &Packet, spot: &Spot<'_>) -> Option<Self> {
        let accept = Accept::new(packet, spot)?;
        let mut rules = self.clone();
        let place = rules.chain_mut(spot)?;
        if spot.index > place.chain.rules.len() {
            return None;
        }
        place.chain.rules.insert(spot.index, accept.rule());
        for (number, rule) in place.chain.rules.iter_mut().enumerate() {
            rule.index = number;
        }
        Some(rules)
    }

    /// The chain of a place.
    pub fn chain(&self, spot: &Spot<'_>) -> Option<&HostChain> {
        let tables = self.tables.iter();
        let own = tables.filter(|table| table.backend == spot.backend);
        own.flat_map(|table| &table.chains)
            .find(|it| it.chain.set == spot.set && it.chain.name == spot.chain)
    }

    /// The same, to change it.
    pub fn chain_mut(&mut self, spot: &Spot<'_>) -> Option<&mut HostChain> {
        let tables = self.tables.iter_mut();
        let own = tables.filter(|table| table.backend == spot.backend);
        own.flat_map(|table| &mut table.chains)
            .find(|it| it.chain.set == spot.set && it.chain.name == spot.chain)
    }
}

impl Accept {
    /// `None` where there are no words for such packets.
    pub(crate) fn new(packet: &Packet, spot: &Spot<'_>) -> Option<Self> {
        let ports = (packet.source_port, packet.destination_port);
        let service = match (packet.protocol, packet.family, ports) {
            (TCP | UDP, _, (None, None)) => return None,
            (TCP | UDP, _, (from, to)) => Service::Ported(packet.protocol, from, to),
            (ICMP, Family::V4, _) | (ICMPV6, Family::V6, _) => {
                Service::Icmp(packet.family, packet.icmp_type?, packet.icmp_code)
            }
            _ => return None,
        };
        let told = packet.source.is_some()
            || packet.destination.is_some()
            || matches!(service, Service::Icmp(..));
        let both = !["ip", "ip6"].contains(&spot.set.split(' ').next()?);
        Some(Self {
            family: Some(packet.family).filter(|_| both && !told),
            source: packet.source,
            destination: packet.destination,
            service,
        })
    }

    fn rule(&self) -> Rule {
        let one = |key: Key, value: u128| {
            Step::Test(Test::In {
                key: vec![key],
                values: Values::Inline(vec![Element::of(Part::one(value))]),
                negated: false,
            })
        };
        let mut steps = Vec::new();
        if let Some(family) = self.family {
            steps.push(one(Key::Family, nfproto(family)));
        }
        if let Some(source) = self.source {
            steps.push(one(Key::Source(Family::from(source)), number(source)));
        }
        if let Some(to) = self.destination {
            steps.push(one(Key::Destination(Family::from(to)), number(to)));
        }
        match self.service {
            Service::Ported(protocol, from, to) => {
                steps.push(one(Key::Protocol, protocol.into()));
                steps.extend(from.map(|port| one(Key::SourcePort, port.into())));
                steps.extend(to.map(|port| one(Key::DestinationPort, port.into())));
            }
            Service::Icmp(family, kind, code) => {
                let protocol = match family {
                    Family::V4 => ICMP,
                    Family::V6 => ICMPV6,
                };
                steps.push(one(Key::Protocol, protocol.into()));
                steps.push(one(Key::IcmpType(family), kind.into()));
                steps.extend(code.map(|code| one(Key::IcmpCode(family), code.into())));
            }
        }
        steps.push(Step::Verdict(Verdict::Accept));
        Rule {
            index: 0,
            handle: None,
            text: format!("{} accept", self.nft_words()),
            description: String::new(),
            steps,
        }
    }

    /// The tests in the words of `nft`.
    pub(crate) fn nft_words(&self) -> String {
        let mut words = Vec::new();
        let ip = |address: IpAddr| if address.is_ipv4() { "ip" } else { "ip6" };
        words.extend(self.family.map(|family| match family {
            Family::V4 => "meta nfproto ipv4".to_owned(),
            Family::V6 => "meta nfproto ipv6".to_owned(),
        }));
        let source = self.source;
        words.extend(source.map(|source| format!("{} saddr {source}", ip(source))));
        let to = self.destination;
        words.extend(to.map(|to| format!("{} daddr {to}", ip(to))));
        match self.service {
            Service::Ported(protocol, from, to) => {
                let name = protocol_name(protocol);
                words.extend(from.map(|port| format!("{name} sport {port}")));
                words.extend(to.map(|port| format!("{name} dport {port}")));
            }
            Service::Icmp(family, kind, code) => {
                let name = match family {
                    Family::V4 => "icmp",
                    Family::V6 => "icmpv6",
                };
                words.push(format!("{name} type {kind}"));
                words.extend(code.map(|code| format!("{name} code {code}")));
            }
        }
        words.join(" ")
    }

    /// The tests in the words of `iptables` and its kin.
    pub(crate) fn iptables_words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.source.map(|source| format!("-s {source}")));
        words.extend(self.destination.map(|to| format!("-d {to}")));
        match self.service {
            Service::Ported(protocol, from, to) => {
                words.push(format!("-p {}", protocol_name(protocol)));
                words.extend(from.map(|port| format!("--sport {port}")));
                words.extend(to.map(|port| format!("--dport {port}")));
            }
            Service::Icmp(family, kind, code) => {
                let code = code.map_or_else(String::new, |code| format!("/{code}"));
                words.push(match family {
                    Family::V4 => format!("-p icmp --icmp-type {kind}{code}"),
                    Family::V6 => format!("-p ipv6-icmp --icmpv6-type {kind}{code}"),
                });
            }
        }
        words.join(" ")
    }
}

fn protocol_name(protocol: u8) -> &'static str {
    if protocol == TCP { "tcp" } else { "udp" }
}

fn nfproto(family: Family) -> u128 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
