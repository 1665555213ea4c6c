//! The numbered facts that a code for typing can carry.
//!
//! A number keeps its meaning for ever; new facts get new numbers, and what has none is refused. A fact
//! is here only if the snapshot can say it whole: a firewall's rules, say, are either empty or too much.

use crate::inside::ConnectCounters;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One fact.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Finding {
    /// The collector ran as root (1), or not (2).
    Root(bool),
    /// The code's address is the client's (3), or one that the instance holds (4).
    Address(Whose),
    /// The kernel has no route to the client (5).
    NoRoute,
    /// The IPv4 kernel setting ignores echo requests (6), or not (7).
    Echo4Ignored(bool),
    /// The IPv6 kernel setting ignores echo requests (8), or not (9).
    Echo6Ignored(bool),
    /// No program sees packets at an interface (10).
    NoPrograms,
    /// The main routing tables are empty (11).
    NoRoutes,
    /// One of [`TOOLS`] was listed whole, and there was nothing (16 to 21).
    EmptyListing(usize),
    /// What listens on the port of one of [`PORTS`]: one of [`BINDINGS`] (32 to 71).
    Listeners(usize, usize),
    /// What came of a connect over loopback to one of [`PORTS`]: one of [`CONNECTS`] (80 to 99).
    Connect(usize, usize),
    /// The connection tracking table is full, with one of [`TABLE_SIZES`] (128 to 159).
    TrackingFull(usize),
    /// Packets that connection tracking dropped, the low eight bits (256 to 511).
    TrackingDrops(u8),
    /// The next eight bits (512 to 767).
    TrackingDropsHigh(u8),
}

/// Whose address a code carries.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Whose {
    /// The client's.
    Client,
    /// One that the instance holds.
    Instance,
}

/// What became of a connect to loopback, with the counters that moved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Connected {
    /// It opened.
    Opened,
    /// A reset came, and these counters moved.
    Refused(ConnectCounters),
    /// Nothing came for 1.5 s, and these counters moved.
    Silent(ConnectCounters),
}

impl Finding {
    /// Its number, 1 to 1023.
    pub(super) fn number(self) -> u16 {
        let numbered = |base: usize, at: usize| u16::try_from(base + at).unwrap_or(0);
        match self {
            Self::Root(true) => 1,
            Self::Root(false) => 2,
            Self::Address(Whose::Client) => 3,
            Self::Address(Whose::Instance) => 4,
            Self::NoRoute => 5,
            Self::Echo4Ignored(true) => 6,
            Self::Echo4Ignored(false) => 7,
            Self::Echo6Ignored(true) => 8,
            Self::Echo6Ignored(false) => 9,
            Self::NoPrograms => 10,
            Self::NoRoutes => 11,
            Self::EmptyListing(tool) => numbered(16, tool),
            Self::Listeners(port, binding) => numbered(32, port * BINDINGS.len() + binding),
            Self::Connect(port, connect) => numbered(80, port * CONNECTS.len() + connect),
            Self::TrackingFull(size) => numbered(128, size),
            Self::TrackingDrops(low) => 256 + u16::from(low),
            Self::TrackingDropsHigh(high) => 512 + u16::from(high),
        }
    }

    /// The fact of a number; `None` when no fact has it.
    pub(super) fn of(number: u16) -> Option<Self> {
        let at = usize::from(number);
        let low = (number & 0xff) as u8;
        Some(match number {
            1 | 2 => Self::Root(number == 1),
            3 => Self::Address(Whose::Client),
            4 => Self::Address(Whose::Instance),
            5 => Self::NoRoute,
            6 | 7 => Self::Echo4Ignored(number == 6),
            8 | 9 => Self::Echo6Ignored(number == 8),
            10 => Self::NoPrograms,
            11 => Self::NoRoutes,
            16..=21 => Self::EmptyListing(at - 16),
            32..=71 => Self::Listeners((at - 32) / BINDINGS.len(), (at - 32) % BINDINGS.len()),
            80..=99 => Self::Connect((at - 80) / CONNECTS.len(), (at - 80) % CONNECTS.len()),
            128..=159 if at - 128 < TABLE_SIZES.len() => Self::TrackingFull(at - 128),
            256..=511 => Self::TrackingDrops(low),
            512..=767 => Self::TrackingDropsHigh(low),
            _ => return None,
        })
    }

    /// What it is about; a code says one thing about each.
    pub(super) fn subject(self) -> (u8, usize) {
        match self {
            Self::Root(_) => (0, 0),
            Self::Address(_) => (1, 0),
            Self::NoRoute => (2, 0),
            Self::Echo4Ignored(_) => (3, 0),
            Self::Echo6Ignored(_) => (4, 0),
            Self::NoPrograms => (5, 0),
            Self::NoRoutes => (6, 0),
            Self::EmptyListing(tool) => (7, tool),
            Self::Listeners(port, _) => (8, port),
            Self::Connect(port, _) => (9, port),
            Self::TrackingFull(_) => (10, 0),
            Self::TrackingDrops(_) => (11, 0),
            Self::TrackingDropsHigh(_) => (12, 0),
        }
    }
}

const fn moved(in_receives: u64, in_delivers: u64, out_rsts: u64) -> ConnectCounters {
    ConnectCounters {
        in_receives,
        in_delivers,
        forwarded: 0,
        out_rsts,
        out_dest_unreachs: 0,
        listen_overflows: 0,
        retrans_fail: 0,
        conntrack_drops: 0,
    }
}

/// The services a code speaks of: label, protocol spoken, TCP port.
pub(super) const PORTS: [(&str, u16); 5] = [
    ("ssh", 22),
    ("rdp", 3389),
    ("http", 80),
    ("https", 443),
    ("smtp", 25),
];

/// The sockets on one port, each with its address and whether it takes IPv6 only.
pub(super) const BINDINGS: [&[(IpAddr, Option<bool>)]; 8] = [
    &[],
    &[(LOOPBACK4, None)],
    &[(LOOPBACK6, None)],
    &[(LOOPBACK4, None), (LOOPBACK6, None)],
    &[(ANY4, None)],
    &[(ANY6, Some(true))],
    &[(ANY4, None), (ANY6, Some(true))],
    &[(ANY6, Some(false))],
];

/// What a machine at rest shows: the SYN and the reset are received and delivered both, as loopback's
/// two ends are one host; a filter's drop is received and not delivered, twice within 1.5 s.
pub(super) const CONNECTS: [Connected; 4] = [
    Connected::Opened,
    Connected::Refused(moved(2, 2, 1)),
    Connected::Silent(moved(2, 0, 0)),
    Connected::Silent(moved(1, 0, 0)),
];

/// The tools of the snapshot's `firewall`.
pub(super) const TOOLS: [&str; 6] = [
    "nft",
    "iptables-nft",
    "iptables-legacy",
    "ip6tables-nft",
    "ip6tables-legacy",
    "ipset",
];

/// Sizes that `net.netfilter.nf_conntrack_max` has: the kernel's own choices and those of common
/// advice.
pub(super) const TABLE_SIZES: [u64; 22] = [
    1024, 2048, 4096, 8192, 10_000, 16_384, 32_768, 50_000, 65_535, 65_536, 100_000, 131_072,
    200_000, 262_144, 500_000, 524_288, 655_350, 655_360, 1_000_000, 1_048_576, 2_000_000,
    2_097_152,
];

const LOOPBACK4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LOOPBACK6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
const ANY4: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const ANY6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_and_its_fact_belong_together() {
        let known: Vec<u16> = (0..1024).filter(|it| Finding::of(*it).is_some()).collect();
        for number in &known {
            assert_eq!(Finding::of(*number).unwrap().number(), *number);
        }
        assert_eq!(known.len(), 11 + 6 + 40 + 20 + 22 + 512);
        for none in [0, 12, 22, 72, 100, 150, 160, 768, 1023] {
            assert_eq!(Finding::of(none), None, "{none}");
        }
    }
}
