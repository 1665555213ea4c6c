//! What the commands about whole sets of packets share.

use super::question::name;
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use ipnet::IpNet;
use rulesets::questions::{FlowSet, Gates, whole};
use rulesets::space::{Budget, Cube, Field, Span};
use rulesets::{Direction, Family, Way};
use std::net::IpAddr;

/// Which way packets go, seen from the instance.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Side {
    /// Towards the instance
    #[value(alias = "inbound")]
    In,
    /// Away from it
    #[value(alias = "outbound")]
    Out,
}

/// How to answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Answer {
    /// For a person
    Text,
    /// For a program
    Json,
}

impl From<Side> for Direction {
    fn from(side: Side) -> Self {
        match side {
            Side::In => Self::Inbound,
            Side::Out => Self::Outbound,
        }
    }
}

/// Both families, in the order reports have them.
pub(super) const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// The gates of a way, with the remedy where they cannot be had.
pub(super) fn gates(way: &Way, direction: Direction, family: Family) -> anyhow::Result<Gates> {
    way.gates(direction, family).map_err(|_| entangled())
}

/// What is said of rules that would take too long to examine for every packet at once.
pub(super) fn entangled() -> anyhow::Error {
    anyhow::anyhow!(
        "these rules are too entangled to be examined as a whole: ask about single flows with \
         `reachdx explain`"
    )
}

/// What questions may cost.
pub(super) fn budget() -> Budget {
    Budget::default()
}

/// A service: `tcp/22`, `udp/8000-8010`, `tcp`, `icmp`, or `all`.
pub(super) fn service(text: &str) -> anyhow::Result<(Span, Span)> {
    let every = Span::up_to(u128::from(u16::MAX));
    if text == "all" {
        return Ok((Span::up_to(u128::from(u8::MAX)), every));
    }
    let (word, ports) = text.split_once('/').unwrap_or((text, ""));
    let expected = || {
        let text = probes::escape(text.as_bytes(), 60);
        format!("--port: `{text}` is not tcp/PORT, udp/PORT, tcp/FIRST-LAST, icmp or all")
    };
    let number = (0..=u8::MAX).find(|number| name(*number) == word);
    let number = number
        .or_else(|| word.parse().ok())
        .with_context(expected)?;
    let protocol = Span::one(u128::from(number));
    if ports.is_empty() {
        return Ok((protocol, every));
    }
    if !super::question::has_ports(number) {
        bail!("--port: {} flows have none", name(number));
    }
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let (first, last) = port(first).zip(port(last)).with_context(expected)?;
    let span = Span::new(u128::from(first), u128::from(last)).with_context(expected)?;
    Ok((protocol, span))
}

/// The packets of a family to or from these places; `None` when a place is of the other family.
pub(super) fn within(
    family: Family,
    service: Option<(Span, Span)>,
    source: Option<IpNet>,
    destination: Option<IpNet>,
) -> Option<Cube> {
    let mut cube = whole(family);
    if let Some((protocol, ports)) = service {
        cube = cube.with(Field::Protocol, protocol).with(Field::B, ports);
    }
    for (field, net) in [(Field::Source, source), (Field::Destination, destination)] {
        if let Some(net) = net {
            if Family::from(net.addr()) != family {
                return None;
            }
            cube = cube.with(field, Span::from(net));
        }
    }
    Some(cube)
}

/// An address, or a block of them.
pub(super) fn block(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "expected an address or a block, such as 192.0.2.0/24".into())
}

/// Lines about sets of packets, each indented.
pub(super) fn indented(text: &mut String, sets: &[FlowSet], line: impl Fn(&FlowSet) -> String) {
    for set in sets {
        text.push_str("  ");
        text.push_str(&crate::report::printable_line(&line(set)));
        text.push('\n');
    }
}
