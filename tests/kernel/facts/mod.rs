//! Facts about the kernel that a reader of rules easily gets wrong, each shown with real packets and
//! asked of the evaluator as well.

mod filters;
mod fragments;
mod seen_from_outside;
mod tracking;
mod two_back_ends;

use crate::agreement;
use crate::probe::{ICMP, ICMPV6, Origin, Probe, Shape, TCP, UDP};
use crate::rules::{self, Positions, RuleSet};
use crate::wire::{Seen, Wire};
use crate::world::{self, World};
use rulesets::host::{HostFacts, HostRules, Passage};
use rulesets::{Definite, Direction, Family, Packet, Path, State};
use std::net::IpAddr;

/// A fact: its name and how it is shown.
pub(crate) type Fact = (&'static str, fn());

/// All of them.
pub(crate) fn all() -> Vec<Fact> {
    [
        filters::FACTS,
        tracking::FACTS,
        two_back_ends::FACTS,
        fragments::FACTS,
        seen_from_outside::FACTS,
    ]
    .concat()
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Passes,
    Blocked,
}
use End::{Blocked, Passes};

/// Loads the rules, sends the packets one by one, and holds kernel and evaluator to what is written.
fn show(rules: &RuleSet, packets: &[(Probe, End)]) {
    World::with(|world| show_in(world, rules, packets));
}

/// As [`show`], in a world that was prepared.
fn show_in(world: &World, rules: &RuleSet, packets: &[(Probe, End)]) {
    let mut wire = Wire::open(world);
    rules::watch(true);
    let host = loaded(rules);
    let (probes, ends): (Vec<Probe>, Vec<End>) = packets.iter().cloned().unzip();
    let seen = wire.send(&probes);
    assert_kernel(&probes, &seen, &ends);
    assert_evaluator(&host, &probes, &seen, &world::facts());
}

/// Loads the rules and reads what the tools list then.
fn loaded(rules: &RuleSet) -> HostRules {
    rules.load().unwrap_or_else(|error| panic!("{error}"));
    let listings = rules.list(false);
    listings
        .read()
        .unwrap_or_else(|error| panic!("{error}\n{listings}"))
}

fn assert_kernel(probes: &[Probe], seen: &[Seen], ends: &[End]) {
    let found: Vec<End> = probes
        .iter()
        .zip(seen)
        .map(|(probe, seen)| {
            if agreement::arrived(probe, seen) {
                Passes
            } else {
                Blocked
            }
        })
        .collect();
    assert_eq!(found, ends, "in the kernel: {seen:#?}");
}

/// The evaluator is certain of each packet's end, and names the rules that the kernel names.
fn assert_evaluator(host: &HostRules, probes: &[Probe], seen: &[Seen], facts: &HostFacts) {
    let positions = Positions::read(&rules::nft_listing());
    for (probe, seen) in probes.iter().zip(seen) {
        let passages = agreement::judge(host, probe, facts);
        let found = agreement::compare(probe, &passages, seen, &positions);
        assert!(
            found.definite && found.wrong.is_none() && found.wrong_decider.is_none(),
            "{found:?}\n{:?}\n{seen:#?}\n{passages:#?}",
            probe.packet
        );
    }
}

/// What the evaluator is certain of.
fn certain(passage: &Passage) -> Option<End> {
    passage.answer.definite().map(|definite| match definite {
        Definite::Passes => Passes,
        Definite::Stopped => Blocked,
    })
}

/// A packet from outside to the host, over `eth0`.
fn packet(source: &str, protocol: u8) -> Probe {
    let source: IpAddr = source.parse().unwrap();
    let family = Family::from(source);
    let host = match family {
        Family::V4 => "198.18.0.1",
        Family::V6 => "2001:db8:0:1::1",
    };
    Probe {
        packet: Packet {
            source: Some(source),
            destination: Some(host.parse().unwrap()),
            source_mac: Some([2, 0, 0, 0, 0, 2]),
            path: Path::Input {
                interface: Some("eth0".to_owned()),
            },
            ..Packet::new(Direction::Inbound, family, protocol)
        },
        from: Origin::FirstLink,
        quoted: None,
        shape: Shape::Whole,
    }
}

/// A first packet with ports. Each fact's packets need source ports of their own only where their
/// other fields are alike.
fn with_ports(source: &str, protocol: u8, port: u16) -> Probe {
    let mut probe = packet(source, protocol);
    probe.packet.source_port = Some(50_000);
    probe.packet.destination_port = Some(port);
    probe
}

fn tcp(source: &str, port: u16) -> Probe {
    with_ports(source, TCP, port)
}

fn udp(source: &str, port: u16) -> Probe {
    with_ports(source, UDP, port)
}

/// A datagram that the host sends to the peer's side.
fn from_host(port: u16) -> Probe {
    let mut probe = udp("198.18.0.1", port);
    probe.from = Origin::Host;
    probe.packet.destination = Some(IpAddr::from([192, 0, 2, 1]));
    probe.packet.source_mac = None;
    probe.packet.path = Path::Output {
        interface: Some("eth0".to_owned()),
    };
    probe
}

/// A TCP packet with these flags that begins no flow the host knows of.
fn flags(source: &str, port: u16, flags: u8, state: State) -> Probe {
    let mut probe = tcp(source, port);
    probe.packet.tcp_flags = Some(flags);
    probe.packet.state = state;
    probe.packet.source_port = Some(50_000 + u16::from(flags));
    probe
}

/// An ICMP message of this type.
fn icmp(source: &str, kind: u8, state: State) -> Probe {
    let mut probe = packet(source, ICMP);
    if probe.packet.family == Family::V6 {
        probe.packet.protocol = ICMPV6;
    }
    probe.packet.icmp_type = Some(kind);
    probe.packet.icmp_code = Some(0);
    probe.packet.state = state;
    probe
}

/// Rules of the chain that sees what is for the host itself, in a table of both families.
fn input(rules: &str) -> RuleSet {
    RuleSet::nft(&format!(
        "table inet t {{\n chain in {{\n type filter hook input priority filter; policy accept;\n{rules}\n }}\n}}\n"
    ))
}

/// A client with nothing special about it, in both families.
const CLIENT: &str = "198.18.70.5";
const CLIENT_V6: &str = "2001:db8:70::5";

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
