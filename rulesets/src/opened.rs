//! What a change of rules opens, computed exactly: every flow that is certainly allowed after it and
//! was not certainly allowed before.
//!
//! A flow that an undecided rule may deny counts as not allowed, on either side.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Direction, Family, Protocol};
use crate::intervals::{Intervals, address};
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

/// What a rule says of a slice.
struct Part {
    action: Action,
    ports: Intervals,
    /// The far addresses it certainly holds.
    surely: Intervals,
    /// The far addresses it may hold.
    perhaps: Intervals,
}

impl Slice {
    fn has_ports(self) -> bool {
        matches!(self.protocol, Some(Protocol::Tcp | Protocol::Udp))
    }

    /// What is opened, as runs of ports with the same far addresses. The ports are swept from the
    /// lowest; between two places where some rule's ports begin or end, the same rules apply.
    fn opened(
        self,
        before: &SecurityGroups,
        after: &SecurityGroups,
    ) -> Vec<(PortRange, Intervals)> {
        let mut parts = self.parts(before);
        let split = parts.len();
        parts.extend(self.parts(after));
        let mut known: BTreeMap<Vec<usize>, Intervals> = BTreeMap::new();
        let mut active = BTreeSet::new();
        let mut runs: Vec<(PortRange, Intervals)> = Vec::new();
        for (ports, changed) in sweep(&parts) {
            for number in changed {
                if !active.remove(&number) {
                    active.insert(number);
                }
            }
            let key: Vec<usize> = active.iter().copied().collect();
            let newly = known.entry(key).or_insert_with(|| {
                let old = active.range(..split).map(|number| &parts[*number]);
                let new = active.range(split..).map(|number| &parts[*number]);
                self.allowed(new).minus(&self.allowed(old))
            });
            match runs.last_mut() {
                Some((run, same)) if same == newly => run.last = ports.last,
                Some(_) | None => runs.push((ports, newly.clone())),
            }
        }
        runs.retain(|(_, addresses)| !addresses.is_empty());
        runs
    }

    /// What each rule says of this slice, in the order they are read; rules that say nothing of it
    /// are left out.
    fn parts(self, groups: &SecurityGroups) -> Vec<Part> {
        let bound = groups.groups.iter();
        bound
            .flat_map(|group| group.rules(self.direction))
            .filter(|rule| rule.covers(self.family))
            .filter_map(|rule| self.part(rule))
            .collect()
    }

    fn part(self, rule: &Rule) -> Option<Part> {
        let (surely, perhaps) = self.far_addresses(&rule.peer);
        let ports = self.ports(&rule.service)?;
        let open = match &rule.service {
            Service::Template(_) => true,
            Service::Members(members) => !members.complete,
            Service::All
            | Service::Tcp(_)
            | Service::Udp(_)
            | Service::Icmp
            | Service::Icmpv6
            | Service::Gre => false,
        };
        let (surely, perhaps) = if open {
            (Intervals::default(), surely.union(&perhaps))
        } else {
            (surely, perhaps)
        };
        Some(Part {
            action: rule.action,
            ports,
            surely,
            perhaps,
        })
    }

    /// The ports of this slice that a service holds or may hold; `None` when it is for other slices.
    fn ports(self, service: &Service) -> Option<Intervals> {
        let all = || Intervals::new(vec![(0, u128::from(u16::MAX))]);
        match (service, self.protocol) {
            (Service::All | Service::Template(_), _)
            | (Service::Icmp, Some(Protocol::Icmp))
            | (Service::Icmpv6, Some(Protocol::Icmpv6))
            | (Service::Gre, Some(Protocol::Gre))
            | (Service::Tcp(Ports::Any), Some(Protocol::Tcp))
            | (Service::Udp(Ports::Any), Some(Protocol::Udp)) => Some(all()),
            (Service::Tcp(Ports::Ranges(ranges)), Some(Protocol::Tcp))
            | (Service::Udp(Ports::Ranges(ranges)), Some(Protocol::Udp)) => {
                let ends = |range: &PortRange| (range.first.into(), range.last.into());
                Some(Intervals::new(ranges.iter().map(ends).collect()))
            }
            (Service::Members(members), _) if !members.complete => Some(all()),
            (Service::Members(members), _) => {
                let each = members.services.iter().filter_map(|one| self.ports(one));
                each.reduce(|sum, one| sum.union(&one))
            }
            (
                Service::Tcp(_) | Service::Udp(_) | Service::Icmp | Service::Icmpv6 | Service::Gre,
                _,
            ) => None,
        }
    }

    /// The far addresses that these rules, all for the same ports, certainly allow.
    fn allowed<'a>(self, parts: impl Iterator<Item = &'a Part>) -> Intervals {
        let mut left = Intervals::all(self.family);
        let mut allowed = Intervals::default();
        for part in parts {
            if left.is_empty() {
                break;
            }
            match part.action {
                Action::Accept => {
                    allowed = allowed.union(&left.intersection(&part.surely));
                    left = left.minus(&part.surely);
                }
                Action::Drop => left = left.minus(&part.surely).minus(&part.perhaps),
            }
        }
        allowed
    }

    /// The far addresses a peer certainly holds, and those it may hold.
    fn far_addresses(self, peer: &Peer) -> (Intervals, Intervals) {
        let none = Intervals::default;
        match (peer, self.family) {
            (Peer::Net(net), family) => (Intervals::of(&[*net], family), none()),
            (Peer::All, Family::V4) => (Intervals::all(self.family), none()),
            (Peer::Group(_), family @ Family::V4) => (none(), Intervals::of(&PRIVATE, family)),
            (Peer::All | Peer::Group(_), Family::V6) | (Peer::Template(_) | Peer::Unnamed, _) => {
                (none(), Intervals::all(self.family))
            }
            (Peer::Members(members), family) => {
                let perhaps = Intervals::of(&members.perhaps, family);
                let others = if members.complete {
                    none()
                } else {
                    self.far_addresses(&members.of).1
                };
                (Intervals::of(&members.nets, family), perhaps.union(&others))
            }
        }
    }
}

/// All ports, cut where some rule's ports begin or end, each piece with the numbers of the rules
/// that begin or end there.
fn sweep(parts: &[Part]) -> Vec<(PortRange, Vec<usize>)> {
    let mut changes: BTreeMap<u128, Vec<usize>> = BTreeMap::from([(0, Vec::new())]);
    for (number, part) in parts.iter().enumerate() {
        for (first, last) in part.ports.intervals() {
            changes.entry(first).or_default().push(number);
            changes.entry(last + 1).or_default().push(number);
        }
    }
    let starts = changes.into_iter().filter_map(|(start, numbers)| {
        let start = u16::try_from(start).ok()?;
        Some((start, numbers))
    });
    let starts: Vec<(u16, Vec<usize>)> = starts.collect();
    let ends: Vec<u16> = starts.iter().skip(1).map(|(start, _)| start - 1).collect();
    let ends = ends.into_iter().chain([u16::MAX]);
    let pieces = starts.into_iter().zip(ends);
    pieces
        .map(|((first, changed), last)| (PortRange { first, last }, changed))
        .collect()
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
