//! What the witness saw: the packets of a client at the interfaces of an instance, and the counters that
//! moved meanwhile.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod decode;
mod filter;
mod tally;

pub use decode::{Decoded, decode};
pub use filter::{Instruction, MOST_PORTS, Watched, filter};
pub use tally::{MOST_SIGHTINGS, Tally};

use super::Datum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// What one watch saw.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Witness {
    /// The client whose packets were kept; `None` for the first packets of anyone to a watched port.
    pub client: Option<IpAddr>,
    /// When it began to watch, RFC 3339, UTC.
    pub started_at: String,
    /// How long it watched, in seconds.
    pub duration_s: f64,
    /// The packets at the interfaces, before every filter but a program at the driver (XDP).
    pub packets: Datum<Sightings>,
    /// Connections that a client began and did not complete: a SYN came, the kernel answered it.
    pub half_open: Datum<Vec<HalfOpen>>,
    /// The counters that moved while nobody probed: what is noise here.
    pub idle: Datum<CounterWindow>,
    /// The counters that moved while it watched.
    pub during: Datum<CounterWindow>,
}

/// Packets at the interfaces.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Sightings {
    /// Equal packets counted together, in the order in which the first of each was seen.
    pub seen: Vec<Sighting>,
    /// Packets that matched and were not kept, for want of room here or in the kernel's buffer: while
    /// it is not 0, that a packet was not seen proves nothing.
    pub lost: u64,
}

/// Packets that are alike.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Sighting {
    /// The interface.
    pub interface: String,
    /// Whether they came in or went out there.
    pub way: PacketWay,
    /// The sender; port 0 for protocols without ports.
    pub source: SocketAddr,
    /// The receiver; port 0 for protocols without ports.
    pub destination: SocketAddr,
    /// What they were.
    pub packet: PacketKind,
    /// How many.
    pub count: u64,
    /// Seconds from the beginning of the watch to the first.
    pub first_s: f64,
    /// Seconds from the beginning of the watch to the last.
    pub last_s: f64,
}

/// Which way a packet went through an interface.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PacketWay {
    /// It came in.
    Arrived,
    /// It went out.
    Sent,
}

/// What a packet was, as far as the diagnosis asks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PacketKind {
    /// A TCP segment.
    Tcp {
        /// The flag bits of the header (RFC 9293): FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
        flags: u8,
        /// The maximum segment size that a SYN offers (RFC 9293 section 3.7.1).
        mss: Option<u16>,
    },
    /// A UDP datagram.
    Udp,
    /// A message of ICMP or ICMPv6.
    Icmp {
        /// The type.
        #[serde(rename = "type")]
        kind: u8,
        /// The code.
        code: u8,
        /// For an error, the port that the packet in it was for, and 0 where it had none.
        about_port: Option<u16>,
    },
    /// Another protocol, by its IANA number.
    Other {
        /// The number.
        protocol: u8,
    },
}

/// A connection that waits for the client's last word (`SYN_RECV`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct HalfOpen {
    /// The instance's end.
    pub local: SocketAddr,
    /// The client's end.
    pub remote: SocketAddr,
}

/// Counters that moved, and how long that took.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CounterWindow {
    /// The length of the window, in seconds.
    pub duration_s: f64,
    /// By how much each counter moved, by its name, such as `Ip.InReceives`, `TcpExt.ListenOverflows`
    /// or `conntrack.drop`; those that did not move are left out.
    pub moved: BTreeMap<String, u64>,
}
