//! Random packets, and the flows that some of them belong to.

use crate::dice::{self, Dice, PORTS};
use crate::probe::{GRE, ICMP, ICMPV6, Origin, Probe, SCTP, Shape, TCP, Tuple, UDP};
use rulesets::{Direction, Family, Packet, Path, State};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A flow that exists before the rules do.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// Its first packet.
    tuple: Tuple,
    /// True when the host began it.
    from_host: bool,
    /// The packets that open it, in order.
    pub(crate) opening: Vec<Probe>,
}

/// The flows that every batch begins with.
pub(crate) fn flows(dice: &mut Dice) -> Vec<Flow> {
    let mut flows = Vec::new();
    for family in [Family::V4, Family::V6] {
        for (protocol, port) in [(UDP, 30_000), (TCP, 30_001)] {
            let tuple = Tuple {
                protocol,
                source: address(dice::hosts(family)[0]),
                destination: address(dice.pick(dice::sources(family))),
                source_port: port,
                destination_port: dice.pick(&PORTS),
            };
            let mut opening = vec![along(tuple, Origin::Host, SYN)];
            if protocol == TCP {
                opening.push(along(tuple.reply(), Origin::FirstLink, SYN | ACK));
                opening.push(along(tuple, Origin::Host, ACK));
            }
            flows.push(Flow {
                tuple,
                from_host: true,
                opening,
            });
        }
        let tuple = Tuple {
            protocol: UDP,
            source: address(dice.pick(dice::beyond(family))),
            destination: address(dice::hosts(family)[0]),
            source_port: 30_002,
            destination_port: dice.pick(&PORTS),
        };
        flows.push(Flow {
            tuple,
            from_host: false,
            opening: vec![along(tuple, Origin::FirstLink, 0)],
        });
    }
    flows
}

/// So many packets, some of them of these flows. No two first packets share protocol, source and
/// source port, so that each begins a flow of its own, wherever it is sent on to.
pub(crate) fn probes(dice: &mut Dice, flows: &[Flow], count: usize) -> Vec<Probe> {
    let mut taken = BTreeSet::new();
    (0..count)
        .map(|number| {
            if dice.chance(11) && !flows.is_empty() {
                return of_flow(dice, flows);
            }
            let mut probe = first(dice);
            let own = 20_000 + u16::try_from(number).unwrap();
            while !taken.insert(key(&probe, number)) {
                if probe.packet.source_port.is_some() {
                    probe.packet.source_port = Some(own);
                } else {
                    probe = first(dice);
                }
            }
            if let Some(quoted) = &mut probe.quoted {
                quoted.source_port = own;
            }
            probe
        })
        .collect()
}

/// True for a packet of IPv6 that the host sends. When rules refuse it, the host tells itself so, and
/// the counters of the older iptables count that message too.
pub(crate) fn may_be_told_to_itself(probe: &Probe) -> bool {
    probe.from == Origin::Host && probe.packet.family == Family::V6
}

/// What tells flows apart, wherever their packets are sent on to; ICMP messages differ by their
/// numbers.
fn key(probe: &Probe, number: usize) -> (u8, Option<IpAddr>, Option<u16>, Option<usize>) {
    let packet = &probe.packet;
    let message = packet.icmp_type.map(|_| number);
    (packet.protocol, packet.source, packet.source_port, message)
}

/// The first packet of a flow.
fn first(dice: &mut Dice) -> Probe {
    let family = dice.weighted(&[(60, Family::V4), (40, Family::V6)]);
    let way = dice.weighted(&[(62, Way::Input), (21, Way::Forward), (17, Way::Output)]);
    let from = match way {
        Way::Input | Way::Forward => {
            dice.weighted(&[(75, Origin::FirstLink), (25, Origin::SecondLink)])
        }
        Way::Output => Origin::Host,
    };
    let link = if from == Origin::SecondLink {
        "ens5"
    } else {
        "eth0"
    };
    let (source, destination, path) = addressed(dice, family, way, link);
    let mut probe = Probe {
        packet: Packet {
            source: Some(address(source)),
            destination: Some(address(destination)),
            source_mac: mac(from),
            path,
            ..Packet::new(Direction::Inbound, family, TCP)
        },
        from,
        quoted: None,
        shape: Shape::Whole,
    };
    match dice.between(0, 99) {
        0..=54 => tcp(dice, &mut probe.packet),
        55..=77 => {
            probe.packet.protocol = dice.weighted(&[(75, UDP), (25, SCTP)]);
            probe.packet.tcp_flags = None;
            ports(dice, &mut probe.packet);
        }
        // Without ports, two sources behind one translated address are more than the kernel takes.
        78..=82 if !matches!(probe.packet.path, Path::Forward { .. }) => {
            probe.packet.protocol = GRE;
            probe.packet.tcp_flags = None;
        }
        _ => icmp(dice, &mut probe),
    }
    if from != Origin::Host && probe.quoted.is_none() {
        probe.shape = shape(dice, family);
    }
    probe
}

/// How a packet from outside is put on the wire.
fn shape(dice: &mut Dice, family: Family) -> Shape {
    let options = match family {
        Family::V4 => 0,
        Family::V6 => 6,
    };
    dice.weighted(&[
        (80, Shape::Whole),
        (8, Shape::Fragments),
        (options, Shape::HopByHop),
        (options, Shape::DestinationOptions),
    ])
}

/// Where a packet comes from, where it goes, and its way through the host.
fn addressed(
    dice: &mut Dice,
    family: Family,
    way: Way,
    link: &str,
) -> (&'static str, &'static str, Path) {
    let link = Some(link.to_owned());
    let behind = Some("eth1".to_owned());
    let source = dice.pick(dice::sources(family));
    match way {
        Way::Input => {
            let to = dice.weighted(&[(70, 0), (20, 1), (10, 2)]);
            let path = Path::Input { interface: link };
            (source, dice::hosts(family)[to], path)
        }
        Way::Forward => {
            let path = Path::Forward {
                input: link,
                output: behind,
            };
            (source, dice.pick(dice::behind(family)), path)
        }
        Way::Output if dice.chance(60) => {
            let path = Path::Output { interface: behind };
            let to = dice.pick(dice::behind(family));
            (dice::hosts(family)[2], to, path)
        }
        Way::Output => {
            let path = Path::Output { interface: link };
            let to = dice.pick(dice::beyond(family));
            (dice::hosts(family)[0], to, path)
        }
    }
}

fn tcp(dice: &mut Dice, packet: &mut Packet) {
    ports(dice, packet);
    let (flags, state) = dice.weighted(&[
        (78, (SYN, State::New)),
        (7, (ACK, State::New)),
        (5, (SYN | ACK, State::Invalid)),
        (3, (RST, State::Invalid)),
        (3, (FIN, State::Invalid)),
        (2, (FIN | ACK, State::Invalid)),
        (2, (0, State::Invalid)),
    ]);
    packet.tcp_flags = Some(flags);
    packet.state = state;
}

fn ports(dice: &mut Dice, packet: &mut Packet) {
    let odd = u16::try_from(dice.between(1, 9500)).unwrap();
    let port = dice.pick(&PORTS);
    packet.destination_port = Some(dice.weighted(&[(80, port), (20, odd)]));
    let from_service = dice.pick(&PORTS);
    packet.source_port = Some(dice.weighted(&[(15, from_service), (85, 50_000)]));
}

/// What connection tracking makes of the first message of each type: it tracks questions only, leaves
/// neighbour discovery alone, and looks for the flow that an error is about.
fn icmp(dice: &mut Dice, probe: &mut Probe) {
    let packet = &mut probe.packet;
    packet.tcp_flags = None;
    let (kind, code, state) = match packet.family {
        Family::V4 => {
            packet.protocol = ICMP;
            dice.weighted(&[
                (70, (8, 0, State::New)),
                (10, (0, 0, State::Invalid)),
                (10, (3, 3, State::Invalid)),
                (10, (13, 0, State::New)),
            ])
        }
        Family::V6 => {
            packet.protocol = ICMPV6;
            dice.weighted(&[
                (70, (128, 0, State::New)),
                (10, (129, 0, State::Invalid)),
                (10, (1, 4, State::Invalid)),
                (10, (133, 0, State::Untracked)),
            ])
        }
    };
    packet.icmp_type = Some(kind);
    packet.icmp_code = Some(code);
    packet.state = state;
    if matches!(kind, 3 | 1) {
        probe.quoted = Some(Tuple {
            protocol: UDP,
            source: packet.destination.unwrap(),
            destination: packet.source.unwrap(),
            source_port: 0,
            destination_port: 53,
        });
    }
}

/// A reply to a flow, or an error about it.
fn of_flow(dice: &mut Dice, flows: &[Flow]) -> Probe {
    let flow = &flows[dice.between(0, flows.len() - 1)];
    let from = if flow.from_host {
        Origin::FirstLink
    } else {
        Origin::Host
    };
    let mut probe = along(flow.tuple.reply(), from, ACK);
    probe.packet.state = State::Established;
    if flow.from_host && dice.chance(33) {
        let packet = &mut probe.packet;
        packet.state = State::Related;
        packet.tcp_flags = None;
        (packet.source_port, packet.destination_port) = (None, None);
        (packet.protocol, packet.icmp_type, packet.icmp_code) = match packet.family {
            Family::V4 => (ICMP, Some(3), Some(3)),
            Family::V6 => (ICMPV6, Some(1), Some(4)),
        };
        probe.quoted = Some(flow.tuple);
    }
    probe
}

/// A packet with this tuple; the flags count for TCP.
fn along(tuple: Tuple, from: Origin, flags: u8) -> Probe {
    let interface = Some("eth0".to_owned());
    let path = match from {
        Origin::Host => Path::Output { interface },
        Origin::FirstLink | Origin::SecondLink => Path::Input { interface },
    };
    Probe {
        packet: Packet {
            source: Some(tuple.source),
            destination: Some(tuple.destination),
            source_port: Some(tuple.source_port),
            destination_port: Some(tuple.destination_port),
            tcp_flags: (tuple.protocol == TCP).then_some(flags),
            source_mac: mac(from),
            path,
            ..Packet::new(
                Direction::Inbound,
                Family::from(tuple.source),
                tuple.protocol,
            )
        },
        from,
        quoted: None,
        shape: Shape::Whole,
    }
}

#[derive(Clone, Copy)]
enum Way {
    Input,
    Forward,
    Output,
}

fn mac(from: Origin) -> Option<[u8; 6]> {
    match from {
        Origin::FirstLink => Some([2, 0, 0, 0, 0, 2]),
        Origin::SecondLink => Some([2, 0, 0, 0, 0, 4]),
        Origin::Host => None,
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
