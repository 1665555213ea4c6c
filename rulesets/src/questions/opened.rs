//! What a change of rules opens, counted and worded: every flow that certainly passes after it and did
//! not certainly pass before.
//!
//! A flow is a far address and a port of the service; the port at the client's end, which anything may
//! be, does not multiply it. Protocols without ports count once for each far address, and so do all
//! those together that [`Protocol`] does not name.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Gates;
use super::change::certainly_opened;
use super::lint::whole;
use super::region::{Region, protocols, summary};
use crate::flow::{Direction, Family, Protocol};
use crate::intervals::{Intervals, address};
use crate::rule::PortRange;
use crate::space::{Budget, Cube, Field, NotDetermined, Span};
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

/// Which packets of a flow the gates were asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Those that ask: the service's port is the destination port.
    Asking,
    /// Those that answer: the service's port is the source port, and the flow goes the other way.
    Answering,
}

impl Opened {
    /// These regions, which have to be disjoint, counted and in words.
    pub fn of(regions: Vec<Region>) -> Self {
        let flows = regions
            .iter()
            .fold(0, |sum: u64, region| sum.saturating_add(region.flows()));
        Self {
            flows,
            summary: summary(&regions),
            regions,
        }
    }
}

/// The flows that certainly pass the gates after a change and did not before, as disjoint regions:
/// runs of ports with the same far addresses, one protocol after the other.
pub fn opened(
    before: &Gates,
    after: &Gates,
    side: Side,
    budget: &Budget,
) -> Result<Vec<Region>, NotDetermined> {
    let family = before.family;
    let cubes = certainly_opened(before, after, &whole(family), budget)?;
    let (direction, port) = match (side, before.direction) {
        (Side::Asking, direction) => (direction, Field::B),
        (Side::Answering, Direction::Inbound) => (Direction::Outbound, Field::A),
        (Side::Answering, Direction::Outbound) => (Direction::Inbound, Field::A),
    };
    let far = match before.direction {
        Direction::Inbound => Field::Source,
        Direction::Outbound => Field::Destination,
    };
    let mut regions = Vec::new();
    for protocol in protocols(family) {
        let rectangles: Vec<Rectangle> = cubes
            .iter()
            .filter(|cube| concerns(cube, protocol, family))
            .map(|cube| Rectangle {
                ports: cube.span(port),
                far: cube.span(far),
            })
            .collect();
        let ported = matches!(protocol, Some(Protocol::Tcp | Protocol::Udp));
        for (ports, addresses) in runs(&rectangles, ported) {
            regions.extend(addresses.intervals().map(|(first, last)| Region {
                direction,
                family,
                protocol,
                ports,
                first: address(first, family),
                last: address(last, family),
            }));
        }
    }
    Ok(regions)
}

/// Ports and far addresses that go with each other.
struct Rectangle {
    ports: Span,
    far: Span,
}

/// Whether a cube holds packets of a protocol; for `None`, of one that has no name in this family.
fn concerns(cube: &Cube, protocol: Option<Protocol>, family: Family) -> bool {
    let own = cube.span(Field::Protocol);
    if let Some(protocol) = protocol {
        return own.contains(u128::from(protocol.number()));
    }
    let named: BTreeSet<u128> = protocols(family)
        .iter()
        .flatten()
        .map(|protocol| u128::from(protocol.number()))
        .collect();
    let all = u128::from(u8::MAX);
    (own.first()..=own.last().min(all)).any(|number| !named.contains(&number))
}

/// The union of the rectangles as runs of ports with the same far addresses, from the lowest port;
/// `None` for the ports where there are none.
fn runs(rectangles: &[Rectangle], ported: bool) -> Vec<(Option<PortRange>, Intervals)> {
    if !ported {
        let far = rectangles.iter().map(|it| (it.far.first(), it.far.last()));
        let far = Intervals::new(far.collect());
        return (!far.is_empty())
            .then_some((None, far))
            .into_iter()
            .collect();
    }
    let mut changes: BTreeMap<u128, Vec<usize>> = BTreeMap::new();
    for (number, it) in rectangles.iter().enumerate() {
        changes.entry(it.ports.first()).or_default().push(number);
        let behind = it.ports.last().saturating_add(1);
        changes.entry(behind).or_default().push(number);
    }
    let starts: Vec<u128> = changes.keys().copied().collect();
    let ends = starts.iter().skip(1).map(|start| start - 1);
    let ends: Vec<u128> = ends.chain([u128::MAX]).collect();
    let mut active = BTreeSet::new();
    let mut runs: Vec<(PortRange, Intervals)> = Vec::new();
    for ((first, changed), last) in changes.into_iter().zip(ends) {
        for number in changed {
            if !active.remove(&number) {
                active.insert(number);
            }
        }
        let Ok(first) = u16::try_from(first) else {
            break;
        };
        let ports = PortRange {
            first,
            last: u16::try_from(last).unwrap_or(u16::MAX),
        };
        let far = active.iter().map(|number| rectangles[*number].far);
        let far = Intervals::new(far.map(|far| (far.first(), far.last())).collect());
        match runs.last_mut() {
            Some((run, same)) if *same == far => run.last = ports.last,
            Some(_) | None => runs.push((ports, far)),
        }
    }
    runs.retain(|(_, addresses)| !addresses.is_empty());
    let runs = runs.into_iter();
    runs.map(|(ports, far)| (Some(ports), far)).collect()
}
