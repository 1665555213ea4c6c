//! The packets of a flow, as the host's filter meets them.

use crate::diagnosis::Case;
use crate::diagnosis::sense::own_addresses;
use crate::inside::Snapshot;
use rulesets::{Direction, Packet, Path, State};
use std::net::IpAddr;

/// The first packet of a flow: towards the instance one for each own address it may be for, as far as
/// that is not known. None when the flow has no address.
pub(in crate::diagnosis) fn first_packets(case: &Case<'_>, snapshot: &Snapshot) -> Vec<Packet> {
    let Some(flow) = case.rule_flow() else {
        return Vec::new();
    };
    let mut packet = Packet::from(&flow);
    let local = case.observation.and_then(|observation| observation.local);
    match flow.direction {
        Direction::Inbound => {
            // Behind address translation the port we see is not the one the target sees.
            packet.source_port = local
                .filter(|local| Some(local.ip()) == case.flow.client && local.port() != 0)
                .map(|local| local.port());
            let addressed = |own: IpAddr| Packet {
                destination: Some(own),
                path: Path::Input {
                    interface: interface_of(snapshot, own),
                },
                ..packet.clone()
            };
            let own = own_addresses(case, snapshot);
            if own.is_empty() || own.len() > MOST_ADDRESSES {
                return vec![packet];
            }
            own.into_iter().map(addressed).collect()
        }
        Direction::Outbound => {
            packet.source = local.map(|local| local.ip());
            packet.source_port = local.map(|local| local.port()).filter(|port| *port != 0);
            packet.path = Path::Output {
                interface: packet.source.and_then(|own| interface_of(snapshot, own)),
            };
            vec![packet]
        }
    }
}

/// The reply to a packet: `asked` as it was sent, `arrived` as it is at the end of its way.
pub(in crate::diagnosis) fn reply(asked: &Packet, arrived: &Packet) -> Packet {
    let path = match &arrived.path {
        Path::Input { interface } => Path::Output {
            interface: interface.clone(),
        },
        Path::Output { interface } => Path::Input {
            interface: interface.clone(),
        },
        Path::Forward { input, output } => Path::Forward {
            input: output.clone(),
            output: input.clone(),
        },
    };
    let state = match (arrived.state, asked.protocol) {
        // Connection tracking never saw the SYN that this one answers.
        (State::Untracked, TCP) => State::Invalid,
        (State::Untracked, _) => State::New,
        (State::New | State::Established | State::Related | State::Invalid, _) => {
            State::Established
        }
    };
    Packet {
        source: arrived.destination,
        destination: asked.source,
        source_port: arrived.destination_port,
        destination_port: asked.source_port,
        icmp_type: asked.icmp_type.map(|kind| match kind {
            ECHO_REQUEST => ECHO_REPLY,
            kind => kind.saturating_add(1),
        }),
        tcp_flags: asked.tcp_flags.map(|_| SYN_ACK),
        state,
        path,
        source_mac: None,
        mark: 0,
        ..asked.clone()
    }
}

/// The same packet sent by the instance to itself.
pub(in crate::diagnosis) fn arriving_by_loopback(packet: &Packet) -> Packet {
    Packet {
        source: packet.destination,
        source_port: None,
        path: Path::Input {
            interface: Some("lo".into()),
        },
        ..packet.clone()
    }
}

fn interface_of(snapshot: &Snapshot, own: IpAddr) -> Option<String> {
    snapshot
        .addresses
        .value()?
        .iter()
        .find(|held| held.address == own)
        .map(|held| held.interface.clone())
}

/// Of an instance with more addresses than this, it is not known which one is asked.
const MOST_ADDRESSES: usize = 8;
const TCP: u8 = 6;
const SYN_ACK: u8 = 0x12;
const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;
