//! Sets of packets in words: one line for each group of sources that reach the same thing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::space::{Cube, Field, Span, addresses, icmp_types, ports};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Packets that differ in their far end alone.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct FlowSet {
    /// The protocols: `tcp`, `all`, or numbers such as `7-16`.
    pub protocol: String,
    /// The destination ports, or the types of ICMP messages; `all` where any will do or there are
    /// none.
    pub port: String,
    /// The source ports, where not any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_port: Option<String>,
    /// The sources, as blocks and ranges.
    pub sources: Vec<String>,
    /// The destinations, as blocks and ranges.
    pub destinations: Vec<String>,
}

/// Disjoint cubes as few lines: cubes that differ in their source alone, or in their destination
/// alone, are one line.
pub fn flow_sets(cubes: &[Cube], family: Family) -> Vec<FlowSet> {
    let mut by_source: BTreeMap<[Span; 4], Vec<Span>> = BTreeMap::new();
    for cube in cubes {
        let rest = [Field::Protocol, Field::B, Field::A, Field::Destination];
        by_source
            .entry(rest.map(|field| cube.span(field)))
            .or_default()
            .push(cube.span(Field::Source));
    }
    let mut by_destination: BTreeMap<([Span; 3], Vec<Span>), Vec<Span>> = BTreeMap::new();
    for ([protocol, b, a, destination], mut sources) in by_source {
        sources.sort_unstable();
        by_destination
            .entry(([protocol, b, a], sources))
            .or_default()
            .push(destination);
    }
    let lines = by_destination.into_iter();
    lines
        .map(|(([protocol, b, a], sources), mut destinations)| {
            destinations.sort_unstable();
            FlowSet {
                protocol: protocols(protocol),
                port: port_words(protocol, b),
                source_port: (!any_port(a)).then(|| ports(a)),
                sources: joined(&sources, family),
                destinations: joined(&destinations, family),
            }
        })
        .collect()
}

/// Sorted intervals of addresses, those that touch taken together.
fn joined(spans: &[Span], family: Family) -> Vec<String> {
    let mut runs: Vec<(u128, u128)> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some((_, last)) if last.saturating_add(1) >= span.first() => {
                *last = (*last).max(span.last());
            }
            Some(_) | None => runs.push((span.first(), span.last())),
        }
    }
    let runs = runs.into_iter();
    runs.filter_map(|(first, last)| Span::new(first, last))
        .map(|span| addresses(span, family))
        .collect()
}

fn protocols(span: Span) -> String {
    let (first, last) = (span.first(), span.last());
    if first == 0 && last >= u128::from(u8::MAX) {
        return "all".to_owned();
    }
    if first != last {
        return format!("protocols {first}-{last}");
    }
    let named = NAMES.iter().find(|(number, _)| *number == first);
    named.map_or_else(
        || format!("protocol {first}"),
        |(_, name)| (*name).to_owned(),
    )
}

fn port_words(protocol: Span, b: Span) -> String {
    let one = protocol.first() == protocol.last();
    if one && ICMP.contains(&protocol.first()) {
        icmp_types(b)
    } else {
        ports(b)
    }
}

fn any_port(span: Span) -> bool {
    span.first() == 0 && span.last() >= u128::from(u16::MAX)
}

impl FlowSet {
    /// The destinations in words; `None` when any will do.
    pub fn destination_words(&self) -> Option<String> {
        let any = |it: &String| ANYWHERE.contains(&it.as_str());
        (!self.destinations.iter().all(any)).then(|| shortened(&self.destinations))
    }

    /// The service alone: `tcp 22`, `icmp type 8`, `all`.
    pub fn service(&self) -> String {
        let mut text = self.protocol.clone();
        if self.port != "all" {
            text = format!("{text} {}", self.port);
        }
        if let Some(ports) = &self.source_port {
            text = format!("{text} from port {ports}");
        }
        text
    }
}

impl fmt::Display for FlowSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.service(), shortened(&self.sources))?;
        self.destination_words()
            .map_or(Ok(()), |words| write!(f, " to {words}"))
    }
}

/// The first few of a list, and how many more there are.
fn shortened(items: &[String]) -> String {
    let shown = items.iter().take(LISTED).map(String::as_str);
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if items.len() > LISTED {
        text = format!("{text} and {} more", items.len() - LISTED);
    }
    text
}

/// Protocols that reports call by name (IANA registry).
const NAMES: [(u128, &str); 9] = [
    (1, "icmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "icmpv6"),
    (132, "sctp"),
];
const ICMP: [u128; 2] = [1, 58];
const ANYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];
/// How many blocks a line of text lists.
const LISTED: usize = 8;
