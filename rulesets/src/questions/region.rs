//! One rectangle of flows, and many of them in words.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Direction, Family, Protocol};
use crate::intervals::number;
use crate::rule::PortRange;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

/// Flows between one range of far addresses and one range of ports.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Region {
    /// Into the instance, or out of it.
    pub direction: Direction,
    /// The address family.
    pub family: Family,
    /// The protocol; `None` for all that [`Protocol`] does not name.
    pub protocol: Option<Protocol>,
    /// The ports; `None` for protocols without ports.
    pub ports: Option<PortRange>,
    /// The lowest far address.
    pub first: IpAddr,
    /// The highest far address.
    pub last: IpAddr,
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.direction)?;
        match self.protocol {
            Some(protocol) => write!(f, "{protocol} ")?,
            None => write!(f, "other {} protocols ", self.family)?,
        }
        if let Some(ports) = self.ports {
            write!(f, "{ports} ")?;
        }
        write!(f, "{} {}", self.direction.joint(), self.far_end())
    }
}

impl Region {
    /// The far addresses as a block where they are one, as a range otherwise.
    fn far_end(&self) -> String {
        let length = match self.first {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let block = (0..=length)
            .filter_map(|prefix| IpNet::new(self.first, prefix).ok())
            .find(|net| net.network() == self.first && net.broadcast() == self.last);
        block.map_or_else(
            || format!("{}-{}", self.first, self.last),
            |block| block.to_string(),
        )
    }

    /// How many flows it holds; no ports count as one. Stops at the largest number.
    pub(super) fn flows(&self) -> u64 {
        let addresses = (number(self.last) - number(self.first)).saturating_add(1);
        let ports = |ports: PortRange| u128::from(ports.last - ports.first) + 1;
        let flows = addresses.saturating_mul(self.ports.map_or(1, ports));
        u64::try_from(flows).unwrap_or(u64::MAX)
    }

    /// What regions have in common that differ in nothing but protocol; `None` when some ports are
    /// left out.
    fn whole(&self) -> Option<(Direction, IpAddr, IpAddr)> {
        let every_port = |ports: PortRange| (ports.first, ports.last) == (0, u16::MAX);
        let whole = self.ports.is_none_or(every_port);
        whole.then_some((self.direction, self.first, self.last))
    }
}

/// The regions in words, on one line: what is open for every protocol is said once, and a long list
/// is cut.
pub(super) fn summary(regions: &[Region]) -> String {
    let mut protocols_open: BTreeMap<_, usize> = BTreeMap::new();
    for whole in regions.iter().filter_map(Region::whole) {
        *protocols_open.entry(whole).or_default() += 1;
    }
    let mut phrases: Vec<String> = Vec::new();
    for region in regions {
        let whole = region
            .whole()
            .filter(|whole| protocols_open.get(whole) == Some(&protocols(region.family).len()));
        let phrase = match whole {
            Some((direction, ..)) if region.protocol == Some(Protocol::Tcp) => {
                let (joint, far) = (direction.joint(), region.far_end());
                format!("{direction} every protocol and port {joint} {far}")
            }
            Some(_) => continue,
            None => region.to_string(),
        };
        phrases.push(phrase);
    }
    if phrases.is_empty() {
        return "nothing".to_owned();
    }
    if phrases.len() > PHRASES {
        let more = format!("and {} more", phrases.len() - PHRASES);
        phrases.truncate(PHRASES);
        phrases.push(more);
    }
    phrases.join("; ")
}

/// The protocols that can be told apart in a family; `None` is all the others.
pub(super) fn protocols(family: Family) -> [Option<Protocol>; 5] {
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

/// How many regions a summary names.
const PHRASES: usize = 6;
