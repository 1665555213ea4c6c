//! The packet a rule set is asked about, as far as it is known.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Direction, Family, Flow, Protocol};
use std::net::IpAddr;

/// A whole packet. What is `None` is not known, and a rule that tests it cannot be decided.
///
/// Fragments that something puts together count as one: in Linux, connection tracking does before any
/// chain at a priority above -400, and for IPv4 the host itself before its input hook. IPv6 extension headers are passed over, as every test of Linux does
/// but `ip6 nexthdr`, which is not asked about packets that have any.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packet {
    /// The address family, which both addresses share.
    pub family: Family,
    /// The protocol above IP, by its IANA number: 6 is TCP, 17 UDP, 1 ICMP, 58 ICMPv6.
    pub protocol: u8,
    /// Where it comes from, as the rules see it.
    pub source: Option<IpAddr>,
    /// Where it goes, as the rules see it.
    pub destination: Option<IpAddr>,
    /// The source port of a protocol with ports.
    pub source_port: Option<u16>,
    /// The destination port of a protocol with ports.
    pub destination_port: Option<u16>,
    /// The type of an ICMP or ICMPv6 message.
    pub icmp_type: Option<u8>,
    /// The code of an ICMP or ICMPv6 message.
    pub icmp_code: Option<u8>,
    /// The flag bits of a TCP header (RFC 9293): FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
    pub tcp_flags: Option<u8>,
    /// What connection tracking makes of it.
    pub state: State,
    /// Which way it goes through the host.
    pub path: Path,
    /// The sender's hardware address.
    pub source_mac: Option<[u8; 6]>,
    /// The packet mark it enters with.
    pub mark: u32,
}

/// What connection tracking makes of a packet.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// The first packet of a flow.
    #[default]
    New,
    /// A packet of a flow that has passed in both directions.
    Established,
    /// The first packet of a flow that another one announced, or an ICMP error about one.
    Related,
    /// A packet that fits no flow and may begin none.
    Invalid,
    /// A packet exempted from tracking.
    Untracked,
}

/// Which way a packet goes through the host, with the names of the interfaces where known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Path {
    /// To a process of this host.
    Input {
        /// The interface it arrives on.
        interface: Option<String>,
    },
    /// Through this host to another one.
    Forward {
        /// The interface it arrives on.
        input: Option<String>,
        /// The interface it leaves by.
        output: Option<String>,
    },
    /// From a process of this host.
    Output {
        /// The interface it leaves by.
        interface: Option<String>,
    },
}

impl Packet {
    /// A first packet of this direction, family and protocol of which nothing else is known; a TCP
    /// one is a SYN.
    pub fn new(direction: Direction, family: Family, protocol: u8) -> Self {
        Self {
            family,
            protocol,
            source: None,
            destination: None,
            source_port: None,
            destination_port: None,
            icmp_type: None,
            icmp_code: None,
            tcp_flags: (protocol == TCP).then_some(SYN),
            state: State::New,
            path: match direction {
                Direction::Inbound => Path::Input { interface: None },
                Direction::Outbound => Path::Output { interface: None },
            },
            source_mac: None,
            mark: 0,
        }
    }

    /// The flow it begins; `None` when it belongs to one already, or when its protocol is not one of
    /// those that flows are asked about.
    pub fn flow(&self) -> Option<Flow> {
        let protocols = [
            Protocol::Tcp,
            Protocol::Udp,
            Protocol::Icmp,
            Protocol::Icmpv6,
            Protocol::Gre,
        ];
        let mut known = protocols.into_iter();
        let protocol = known.find(|protocol| protocol.number() == self.protocol)?;
        (self.state == State::New).then(|| Flow {
            direction: self.direction(),
            protocol,
            family: self.family,
            peer: match self.direction() {
                Direction::Inbound => self.source,
                Direction::Outbound => self.destination,
            },
            port: self.destination_port,
        })
    }

    /// Towards the instance or away from it; a forwarded packet counts as inbound.
    pub fn direction(&self) -> Direction {
        match self.path {
            Path::Input { .. } | Path::Forward { .. } => Direction::Inbound,
            Path::Output { .. } => Direction::Outbound,
        }
    }
}

impl From<&Flow> for Packet {
    /// The first packet of a flow; an ICMP flow is an echo request (RFC 792, RFC 4443).
    fn from(flow: &Flow) -> Self {
        let protocol = flow.protocol.number();
        let echo = match flow.protocol {
            Protocol::Icmp => Some(8),
            Protocol::Icmpv6 => Some(128),
            Protocol::Tcp | Protocol::Udp | Protocol::Gre => None,
        };
        let (source, destination) = match flow.direction {
            Direction::Inbound => (flow.peer, None),
            Direction::Outbound => (None, flow.peer),
        };
        Self {
            source,
            destination,
            destination_port: flow.port,
            icmp_type: echo,
            icmp_code: echo.map(|_| 0),
            ..Self::new(flow.direction, flow.family, protocol)
        }
    }
}

impl Protocol {
    /// The protocol's IANA number.
    pub fn number(self) -> u8 {
        match self {
            Self::Icmp => 1,
            Self::Tcp => TCP,
            Self::Udp => 17,
            Self::Gre => 47,
            Self::Icmpv6 => 58,
        }
    }
}

impl State {
    /// The bit by which nftables knows the state (`ct state`).
    pub fn bit(self) -> u8 {
        match self {
            Self::Invalid => 1,
            Self::Established => 2,
            Self::Related => 4,
            Self::New => 8,
            Self::Untracked => 64,
        }
    }
}

const TCP: u8 = 6;
const SYN: u8 = 2;
