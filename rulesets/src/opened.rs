//! What a change of rules opens, computed exactly: every flow that is certainly allowed after it and
//! was not certainly allowed before.
//!
//! A flow that an undecided rule may deny counts as not allowed, on either side.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::addresses::{Addresses, address};
use crate::flow::{Direction, Family, Protocol};
use crate::matching::PRIVATE;
use crate::region::{Region, summary};
use crate::rule::{Action, Peer, PortRange, Ports, Rule, Service};
use crate::security_group::SecurityGroups;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The flows a change opens.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Opened {
    /// How many: each pair of a far address and a port, or a far address alone for a protocol without
    /// ports, in each direction. Stops at the largest number.
    pub flows: u64,
    /// The same flows as disjoint regions.
    pub regions: Vec<Region>,
    /// The same in words, on one line.
    pub summary: String,
}

/// The flows that `after` certainly allows and `before` does not.
pub fn opened(before: &SecurityGroups, after: &SecurityGroups) -> Opened {
    let mut regions = Vec::new();
    let mut flows: u64 = 0;
    for direction in [Direction::Inbound, Direction::Outbound] {
        for family in [Family::V4, Family::V6] {
            for protocol in protocols(family) {
                let slice = Slice {
                    direction,
                    family,
                    protocol,
                };
                for (ports, addresses) in slice.opened(before, after) {
                    let ports = slice.has_ports().then_some(ports);
                    for (first, last) in addresses.intervals() {
                        flows = flows.saturating_add(size(ports, first, last));
                        regions.push(Region {
                            direction,
                            family,
                            protocol,
                            ports,
                            first: address(first, family),
                            last: address(last, family),
                        });
                    }
                }
            }
        }
    }
    Opened {
        flows,
        summary: summary(&regions),
        regions,
    }
}

/// All flows of one direction, family and protocol.
#[derive(Clone, Copy)]
struct Slice {
    direction: Direction,
    family: Family,
    protocol: Option<Protocol>,
}

/// How a service covers a port of a slice.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Cover {
    Yes,
    No,
    Maybe,
}

impl Slice {
    fn has_ports(self) -> bool {
        matches!(self.protocol, Some(Protocol::Tcp | Protocol::Udp))
    }

    /// What is opened, as runs of ports with the same far addresses.
    fn opened(
        self,
        before: &SecurityGroups,
        after: &SecurityGroups,
    ) -> Vec<(PortRange, Addresses)> {
        let before = self.rules(before);
        let after = self.rules(after);
        let mut known: BTreeMap<Vec<usize>, Addresses> = BTreeMap::new();
        let mut runs: Vec<(PortRange, Addresses)> = Vec::new();
        for ports in self.port_intervals(before.iter().chain(&after)) {
            let covers = |(_, rule): &(usize, &&Rule)| self.cover(rule, ports.first) != Cover::No;
            let both = before.iter().chain(&after).enumerate();
            let covering: Vec<usize> = both.filter(covers).map(|(number, _)| number).collect();
            let addresses = known.entry(covering).or_insert_with(|| {
                let allowed = self.allowed(&after, ports.first);
                allowed.minus(&self.allowed(&before, ports.first))
            });
            match runs.last_mut() {
                Some((run, same)) if same == addresses => run.last = ports.last,
                Some(_) | None => runs.push((ports, addresses.clone())),
            }
        }
        runs.retain(|(_, addresses)| !addresses.is_empty());
        runs
    }

    /// The rules that can match in this slice, in the order they are read.
    fn rules(self, groups: &SecurityGroups) -> Vec<&Rule> {
        let bound = groups.groups.iter();
        bound
            .flat_map(|group| group.rules(self.direction))
            .filter(|rule| rule.covers(self.family))
            .collect()
    }

    /// The ports cut so that no rule's ports begin or end inside a piece.
    fn port_intervals<'a>(self, rules: impl Iterator<Item = &'a &'a Rule>) -> Vec<PortRange> {
        let mut starts = BTreeSet::from([0_u32]);
        for rule in rules {
            let ((Service::Tcp(ports), Some(Protocol::Tcp))
            | (Service::Udp(ports), Some(Protocol::Udp))) = (&rule.service, self.protocol)
            else {
                continue;
            };
            let Ports::Ranges(ranges) = ports else {
                continue;
            };
            for range in ranges {
                starts.insert(range.first.into());
                starts.insert(u32::from(range.last) + 1);
            }
        }
        let starts: Vec<u16> = starts
            .into_iter()
            .filter_map(|start| u16::try_from(start).ok())
            .collect();
        let ends = starts.iter().skip(1).map(|start| start - 1);
        let ends = ends.chain([u16::MAX]);
        let pieces = starts.iter().zip(ends);
        pieces
            .map(|(&first, last)| PortRange { first, last })
            .collect()
    }

    fn cover(self, rule: &Rule, port: u16) -> Cover {
        let covers = match (&rule.service, self.protocol) {
            (Service::Template(_), _) => return Cover::Maybe,
            (Service::All, _)
            | (Service::Icmp, Some(Protocol::Icmp))
            | (Service::Icmpv6, Some(Protocol::Icmpv6))
            | (Service::Gre, Some(Protocol::Gre)) => true,
            (Service::Tcp(ports), Some(Protocol::Tcp))
            | (Service::Udp(ports), Some(Protocol::Udp)) => ports.contains(port),
            (
                Service::Tcp(_) | Service::Udp(_) | Service::Icmp | Service::Icmpv6 | Service::Gre,
                _,
            ) => false,
        };
        if covers { Cover::Yes } else { Cover::No }
    }

    /// The far addresses that may certainly use a port.
    fn allowed(self, rules: &[&Rule], port: u16) -> Addresses {
        let mut left = Addresses::all(self.family);
        let mut allowed = Addresses::default();
        for rule in rules {
            let (mut surely, mut perhaps) = self.far_addresses(&rule.peer);
            match self.cover(rule, port) {
                Cover::No => continue,
                Cover::Yes => {}
                Cover::Maybe => perhaps = perhaps.union(&std::mem::take(&mut surely)),
            }
            match rule.action {
                Action::Accept => {
                    allowed = allowed.union(&left.intersection(&surely));
                    left = left.minus(&surely);
                }
                Action::Drop => left = left.minus(&surely.union(&perhaps)),
            }
            if left.is_empty() {
                break;
            }
        }
        allowed
    }

    /// The far addresses a peer certainly holds, and those it may hold.
    fn far_addresses(self, peer: &Peer) -> (Addresses, Addresses) {
        let none = Addresses::default;
        match (peer, self.family) {
            (Peer::Net(net), family) => (Addresses::of(&[*net], family), none()),
            (Peer::All, Family::V4) => (Addresses::all(self.family), none()),
            (Peer::Group(_), family) => (none(), Addresses::of(&PRIVATE, family)),
            (Peer::All, Family::V6) | (Peer::Template(_) | Peer::Unnamed, _) => {
                (none(), Addresses::all(self.family))
            }
        }
    }
}

/// The protocols that can be told apart in a family; `None` is all the others.
pub(crate) fn protocols(family: Family) -> [Option<Protocol>; 5] {
    let echo = match family {
        Family::V4 => Protocol::Icmp,
        Family::V6 => Protocol::Icmpv6,
    };
    [
        Some(Protocol::Tcp),
        Some(Protocol::Udp),
        Some(echo),
        Some(Protocol::Gre),
        None,
    ]
}

/// How many flows a rectangle of ports and addresses holds; no ports count as one.
fn size(ports: Option<PortRange>, first: u128, last: u128) -> u64 {
    let addresses = (last - first).saturating_add(1);
    let ports = ports.map_or(1, |ports| u128::from(ports.last - ports.first) + 1);
    u64::try_from(addresses.saturating_mul(ports)).unwrap_or(u64::MAX)
}
