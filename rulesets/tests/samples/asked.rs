//! How definite answers by what was read are, over a spread of packets.

use rulesets::host::HostFacts;
use rulesets::{Answer, Book, Direction, Family, Packet};
use std::fmt;
use std::net::IpAddr;
use std::ops::AddAssign;

/// How many of so many answers are definite.
#[derive(Clone, Copy, Default)]
pub(crate) struct Share {
    definite: usize,
    all: usize,
}

/// Puts the spread of packets to each rule list alone, and to the host.
pub(crate) fn share(book: &Book) -> Share {
    let mut share = Share::default();
    let document = book.documents();
    let packets = packets();
    for list in &document.lists {
        let layer = document.layer(&[&list.id], None).unwrap();
        for packet in &packets {
            share.count(&layer.judge(packet));
        }
    }
    if let Some(host) = &book.host {
        let facts = HostFacts {
            addresses: HOST.iter().map(|net| net.parse().unwrap()).collect(),
            forwarding: Some(false),
            ..HostFacts::default()
        };
        for packet in &packets {
            share.count(&host.judge(packet, &facts).answer);
        }
    }
    share
}

impl Share {
    fn count(&mut self, answer: &Answer) {
        self.all += 1;
        self.definite += usize::from(answer.definite().is_some());
    }
}

impl AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.definite += other.definite;
        self.all += other.all;
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} answers definite", self.definite, self.all)
    }
}

/// First packets that come in and go out, with everything known that a listing's reader would know.
fn packets() -> Vec<Packet> {
    let mut packets = Vec::new();
    for direction in [Direction::Inbound, Direction::Outbound] {
        for (own, others) in [("10.0.0.5", OTHERS_V4), ("2001:db8::5", OTHERS_V6)] {
            for other in others {
                for (protocol, port) in SERVICES {
                    packets.push(packet(direction, (own, other), protocol, port));
                }
            }
        }
    }
    packets
}

fn packet(direction: Direction, (own, other): (&str, &str), protocol: u8, port: u16) -> Packet {
    let own: IpAddr = own.parse().unwrap();
    let other: IpAddr = other.parse().unwrap();
    let (source, destination) = match direction {
        Direction::Inbound => (other, own),
        Direction::Outbound => (own, other),
    };
    let icmp = protocol == ICMP;
    let family = Family::from(own);
    let (protocol, kind) = match (icmp, family) {
        (true, Family::V4) => (ICMP, Some(8)),
        (true, Family::V6) => (ICMPV6, Some(128)),
        (false, _) => (protocol, None),
    };
    let mut packet = Packet {
        source: Some(source),
        destination: Some(destination),
        source_port: (!icmp).then_some(50_000),
        destination_port: (!icmp).then_some(port),
        icmp_type: kind,
        icmp_code: kind.map(|_| 0),
        ..Packet::new(direction, family, protocol)
    };
    match &mut packet.path {
        rulesets::Path::Input { interface } | rulesets::Path::Output { interface } => {
            *interface = Some("eth0".to_owned());
        }
        rulesets::Path::Forward { .. } => {}
    }
    packet
}

const SERVICES: [(u8, u16); 7] = [
    (6, 22),
    (6, 80),
    (6, 443),
    (6, 3389),
    (6, 25),
    (17, 53),
    (ICMP, 0),
];

const OTHERS_V4: &[&str] = &["198.51.100.7", "10.0.0.9", "192.168.1.1"];
const OTHERS_V6: &[&str] = &["2001:db8:70::7", "2001:db8::9"];

/// The host's addresses.
const HOST: [&str; 2] = ["10.0.0.5/24", "2001:db8::5/64"];

const ICMP: u8 = 1;
const ICMPV6: u8 = 58;
