//! What the rules of a chain can see of a packet at their place on its way.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::intervals::number;
use crate::packet::{Packet, Path, State};
use crate::program::{Key, Marked};
use std::net::IpAddr;

/// A packet as one hook shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Sight {
    pub(crate) packet: Packet,
    /// The interface it arrived on.
    pub(crate) input: Device,
    /// The interface it leaves by.
    pub(crate) output: Device,
    /// The destination before translation; `None` when it is not known.
    pub(crate) original_destination: Option<IpAddr>,
    /// The destination port before translation; `None` when it is not known.
    pub(crate) original_port: Option<u16>,
    /// What connection tracking did to its flow, in the bits of `ct status`; `None` when not known.
    pub(crate) status: Option<u8>,
    /// What kind of address the source is, as routing numbers it; `None` when not known.
    pub(crate) source_kind: Option<u8>,
    /// What kind of address the destination is, as routing numbers it; `None` when not known.
    pub(crate) destination_kind: Option<u8>,
    /// How often it was translated: fields tested at different counts may hold different values.
    pub(crate) epoch: u8,
    /// Which of its fields a translation made.
    pub(crate) made: Made,
    /// True before connection tracking sees it: it has no state yet, and can be exempted.
    pub(crate) early: bool,
}

/// The fields of a packet that a translation made; what it made of them need not be known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is made on its own"
)]
pub(crate) struct Made {
    pub(crate) source: bool,
    pub(crate) source_port: bool,
    pub(crate) destination: bool,
    pub(crate) destination_port: bool,
}

/// An interface at one end of a packet's way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Device {
    /// The hook has none; rules compare with an empty name.
    None,
    /// There is one, and its name is not known.
    Open,
    /// There is one, its name is not known, and it is not the loopback device.
    NotLoopback,
    /// Its name.
    Named(String),
}

/// The part of what is seen that rules change as a packet meets them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Env {
    /// The packet mark; `None` when it is not known.
    pub(crate) mark: Option<u32>,
    /// The mark of its connection; `None` when it is not known.
    pub(crate) connection: Option<u32>,
    /// True once a rule exempted the packet from connection tracking.
    pub(crate) untracked: bool,
}

impl Env {
    /// Makes the packet mark `(mark & !mask) ^ value`.
    pub(crate) fn set_mark(&mut self, mask: u32, value: u32) {
        self.mark = changed(self.mark, (mask, 0, value), None);
    }

    /// Makes one of both marks `(mark & !mask) ^ (other & copied) ^ value`.
    pub(crate) fn copy_mark(&mut self, to: Marked, (mask, copied, value): (u32, u32, u32)) {
        let (one, other) = match to {
            Marked::Packet => (&mut self.mark, self.connection),
            Marked::Connection => (&mut self.connection, self.mark),
        };
        *one = changed(*one, (mask, copied, value), other);
    }
}

/// A mark after a change; `None` when it is not known.
fn changed(
    mark: Option<u32>,
    (mask, copied, value): (u32, u32, u32),
    other: Option<u32>,
) -> Option<u32> {
    let known = |mark: Option<u32>, used: u32| if used == 0 { Some(0) } else { mark };
    let kept = known(mark, !mask)? & !mask;
    Some(kept ^ (known(other, copied)? & copied) ^ value)
}

/// The value of one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Field<'a> {
    /// The packet has no such field.
    Absent,
    /// It has, and the value is not known.
    Open,
    /// An interface that is not the loopback device, and no more is known.
    NotLoopback,
    /// A number.
    Number(u128),
    /// An interface's name.
    Name(&'a str),
}

impl Sight {
    /// A packet before any translation, at a place where both interfaces of its path count.
    pub(crate) fn of(packet: &Packet) -> Self {
        let (input, output) = match &packet.path {
            Path::Input { interface } => (Device::of(interface.as_deref()), Device::None),
            Path::Forward { input, output } => {
                (Device::of(input.as_deref()), Device::of(output.as_deref()))
            }
            Path::Output { interface } => (Device::None, Device::of(interface.as_deref())),
        };
        // A packet of a known flow may go either way: its own destination need not be the flow's. What
        // comes in by the loopback device may have been translated on its way out.
        let known = matches!(packet.state, State::Established | State::Related);
        let follows = known || input.is_loopback();
        Self {
            original_destination: packet.destination.filter(|_| !follows),
            original_port: packet.destination_port.filter(|_| !follows),
            status: (packet.state == State::New && !input.is_loopback()).then_some(0),
            source_kind: None,
            destination_kind: None,
            epoch: 0,
            made: Made::default(),
            early: false,
            input,
            output,
            packet: packet.clone(),
        }
    }

    /// What rules may change, before any did.
    pub(crate) fn env(&self) -> Env {
        Env {
            mark: Some(self.packet.mark),
            connection: (self.packet.state == State::New && !self.input.is_loopback()).then_some(0),
            untracked: false,
        }
    }

    /// The value of a field.
    pub(crate) fn field(&self, key: Key, env: Env) -> Field<'_> {
        let packet = &self.packet;
        let tracked = self.connected(env);
        match key {
            Key::Source(family) => self.address(family, packet.source),
            Key::Destination(family) => self.address(family, packet.destination),
            Key::Protocol => Field::Number(packet.protocol.into()),
            Key::Family => Field::Number(match packet.family {
                Family::V4 => 2,
                Family::V6 => 10,
            }),
            Key::SourcePort => only(ported(packet.protocol), packet.source_port),
            Key::DestinationPort => only(ported(packet.protocol), packet.destination_port),
            Key::IcmpType(family) => only(packet.protocol == icmp(family), packet.icmp_type),
            Key::IcmpCode(family) => only(packet.protocol == icmp(family), packet.icmp_code),
            Key::TcpFlags => only(packet.protocol == 6, packet.tcp_flags),
            Key::State => Field::Number(self.state(env).bit().into()),
            Key::ConnectionStatus => only(tracked, self.status),
            Key::OriginalDestination(_) if !tracked => Field::Absent,
            Key::OriginalDestination(family) => self.address(family, self.original_destination),
            Key::OriginalPort => only(tracked && ported(packet.protocol), self.original_port),
            Key::Mark => only(true, env.mark),
            Key::ConnectionMark => only(tracked, env.connection),
            Key::InputInterface => self.input.field(),
            Key::OutputInterface => self.output.field(),
            Key::SourceMac => only(self.input.is_link(), packet.source_mac.map(mac)),
            Key::SourceKind => only(true, self.source_kind),
            Key::DestinationKind => only(true, self.destination_kind),
        }
    }

    /// What connection tracking makes of the packet: without a word from it, that it is invalid.
    pub(crate) fn state(&self, env: Env) -> State {
        match (env.untracked, self.early) {
            (true, _) => State::Untracked,
            (false, true) => State::Invalid,
            (false, false) => self.packet.state,
        }
    }

    /// True when connection tracking knows what the packet was before translation.
    pub(crate) fn tracked(&self) -> bool {
        self.connected(self.env())
    }

    /// True when the packet belongs to a connection here.
    pub(crate) fn connected(&self, env: Env) -> bool {
        !matches!(self.state(env), State::Invalid | State::Untracked)
    }

    fn address(&self, family: Family, address: Option<IpAddr>) -> Field<'_> {
        if self.packet.family != family {
            return Field::Absent;
        }
        match address {
            Some(address) if Family::from(address) == family => Field::Number(number(address)),
            Some(_) => Field::Absent,
            None => Field::Open,
        }
    }
}

impl Device {
    pub(crate) fn of(name: Option<&str>) -> Self {
        name.map_or(Self::Open, |name| Self::Named(name.to_owned()))
    }

    /// The same where it is known not to be the loopback device.
    pub(crate) fn not_loopback(self) -> Self {
        match self {
            Self::Open => Self::NotLoopback,
            known @ (Self::None | Self::NotLoopback | Self::Named(_)) => known,
        }
    }

    /// Its name, where that is known.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::None | Self::Open | Self::NotLoopback => None,
        }
    }

    /// True when what arrives by it may show a hardware address (`xt_mac`).
    fn is_link(&self) -> bool {
        *self != Self::None && !self.is_loopback()
    }

    pub(crate) fn is_loopback(&self) -> bool {
        matches!(self, Self::Named(name) if name == LOOPBACK)
    }

    fn field(&self) -> Field<'_> {
        match self {
            Self::None => Field::Name(""),
            Self::Open => Field::Open,
            Self::NotLoopback => Field::NotLoopback,
            Self::Named(name) => Field::Name(name),
        }
    }
}

/// The device by which a host reaches itself.
pub(crate) const LOOPBACK: &str = "lo";

/// The highest value of a field; `None` for names.
pub(crate) fn highest(key: Key) -> Option<u128> {
    Some(match key {
        Key::Source(Family::V4)
        | Key::Destination(Family::V4)
        | Key::OriginalDestination(Family::V4)
        | Key::Mark
        | Key::ConnectionMark
        | Key::ConnectionStatus => u32::MAX.into(),
        Key::Source(Family::V6)
        | Key::Destination(Family::V6)
        | Key::OriginalDestination(Family::V6) => u128::MAX,
        Key::SourcePort | Key::DestinationPort | Key::OriginalPort => u16::MAX.into(),
        Key::Protocol
        | Key::Family
        | Key::IcmpType(_)
        | Key::IcmpCode(_)
        | Key::TcpFlags
        | Key::State
        | Key::SourceKind
        | Key::DestinationKind => u8::MAX.into(),
        Key::SourceMac => (1 << 48) - 1,
        Key::InputInterface | Key::OutputInterface => return None,
    })
}

/// True for a protocol with ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
pub(crate) fn ported(protocol: u8) -> bool {
    matches!(protocol, 6 | 17 | 33 | 132 | 136)
}

/// The protocol number of ICMP in this family.
pub(crate) fn icmp(family: Family) -> u8 {
    match family {
        Family::V4 => 1,
        Family::V6 => 58,
    }
}

fn only<'a>(present: bool, value: Option<impl Into<u128>>) -> Field<'a> {
    if !present {
        return Field::Absent;
    }
    value.map_or(Field::Open, |value| Field::Number(value.into()))
}

fn mac(bytes: [u8; 6]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}
