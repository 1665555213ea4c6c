//! A probe: one packet with every field known, and how it is put on the wire.
//!
//! Each carries its number where the kernel's traces show it (the IPv4 identification, the IPv6 flow
//! label) and once more in its last bytes, where the socket that receives it finds it. A hop limit
//! that nothing else uses tells probes from whatever the host itself may say.

use rulesets::{Family, Packet};
use std::net::IpAddr;

/// A packet that is sent for real.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// What the evaluator is asked.
    pub(crate) packet: Packet,
    /// Where it is sent from.
    pub(crate) from: Origin,
    /// The flow that an ICMP error is about.
    pub(crate) quoted: Option<Tuple>,
    /// What stands between its IP header and the one above.
    pub(crate) shape: Shape,
}

/// What stands between the IP header of a packet and the one above.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// Nothing.
    Whole,
    /// It comes in two fragments (RFC 791, RFC 8200 section 4.5).
    Fragments,
    /// A header of hop-by-hop options (RFC 8200 section 4.3), which hold nothing but padding.
    HopByHop,
    /// A header of destination options (RFC 8200 section 4.6), which hold nothing but padding.
    DestinationOptions,
}

/// Where a probe is sent from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// The peer, over the host's `eth0`.
    FirstLink,
    /// The peer, over the host's `ens5`.
    SecondLink,
    /// The host itself.
    Host,
}

/// What connection tracking knows a flow by, as its first packet shows it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Tuple {
    pub(crate) protocol: u8,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
}

impl Probe {
    /// The packet from its IP header on, with this number.
    pub(crate) fn datagram(&self, number: u16) -> Vec<u8> {
        let (source, destination) = (
            self.packet.source.unwrap(),
            self.packet.destination.unwrap(),
        );
        let mut payload = self.transport(number);
        if self.shape == Shape::Fragments {
            payload.resize(payload.len().next_multiple_of(8), 0);
        }
        payload.extend(MAGIC);
        payload.extend(number.to_be_bytes());
        with_checksum(&mut payload, self.packet.protocol, source, destination);
        let mut next = self.packet.protocol;
        if let Some(options) = self.shape.options() {
            payload.splice(0..0, [next, 0, PADDING, 4, 0, 0, 0, 0]);
            next = options;
        }
        let mut datagram = header(next, (source, destination), payload.len());
        match self.packet.family {
            Family::V4 => {
                datagram[4..6].copy_from_slice(&number.to_be_bytes());
                let sum = checksum(&[&datagram]).to_be_bytes();
                datagram[10..12].copy_from_slice(&sum);
            }
            Family::V6 => datagram[2..4].copy_from_slice(&number.to_be_bytes()),
        }
        datagram.extend(payload);
        datagram
    }

    /// The frames in which the peer's link carries the packet (RFC 894).
    pub(crate) fn frames(&self, number: u16) -> Vec<Vec<u8>> {
        match self.shape {
            Shape::Fragments => self.pieces(number).into(),
            Shape::Whole | Shape::HopByHop | Shape::DestinationOptions => {
                vec![self.framed(&self.datagram(number))]
            }
        }
    }

    /// The packet in two fragments, of which only the first shows the header above IP.
    fn pieces(&self, number: u16) -> [Vec<u8>; 2] {
        let whole = self.datagram(number);
        let (header, payload) = whole.split_at(match self.packet.family {
            Family::V4 => 20,
            Family::V6 => 40,
        });
        let (first, second) = payload.split_at(self.transport(number).len().next_multiple_of(8));
        let offset = u16::try_from(first.len() / 8).unwrap();
        [(first, 0, true), (second, offset, false)].map(|(part, offset, more)| {
            let place = place(self.packet.family, offset, more).to_be_bytes();
            let mut piece = header.to_vec();
            match self.packet.family {
                Family::V4 => {
                    let length = u16::try_from(header.len() + part.len()).unwrap();
                    piece[2..4].copy_from_slice(&length.to_be_bytes());
                    piece[6..8].copy_from_slice(&place);
                    piece[10..12].fill(0);
                    let sum = checksum(&[&piece]).to_be_bytes();
                    piece[10..12].copy_from_slice(&sum);
                }
                Family::V6 => {
                    let length = u16::try_from(8 + part.len()).unwrap();
                    piece[4..6].copy_from_slice(&length.to_be_bytes());
                    piece[6] = FRAGMENT;
                    piece.extend([self.packet.protocol, 0]);
                    piece.extend(place);
                    piece.extend(u32::from(number).to_be_bytes());
                }
            }
            piece.extend(part);
            self.framed(&piece)
        })
    }

    fn framed(&self, datagram: &[u8]) -> Vec<u8> {
        let mut frame = match self.from {
            Origin::FirstLink | Origin::Host => [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2],
            Origin::SecondLink => [2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 4],
        }
        .to_vec();
        frame.extend(match self.packet.family {
            Family::V4 => [8, 0],
            Family::V6 => [0x86, 0xdd],
        });
        frame.extend(datagram);
        frame
    }

    /// The header above IP, without its checksum.
    fn transport(&self, number: u16) -> Vec<u8> {
        let ports = [
            self.packet.source_port.unwrap_or_default().to_be_bytes(),
            self.packet
                .destination_port
                .unwrap_or_default()
                .to_be_bytes(),
        ]
        .concat();
        match self.packet.protocol {
            TCP => {
                let flags = self.packet.tcp_flags.unwrap_or_default();
                let sequence = [0, 0, 0x10, 0, 0, 0, 0, 0];
                [&ports[..], &sequence, &[0x50, flags, 0x20, 0, 0, 0, 0, 0]].concat()
            }
            UDP => [&ports[..], &[0, 8 + TAIL, 0, 0]].concat(),
            ICMP | ICMPV6 => {
                let kind = self.packet.icmp_type.unwrap_or_default();
                let code = self.packet.icmp_code.unwrap_or_default();
                let [high, low] = number.to_be_bytes();
                let mut message = vec![kind, code, 0, 0, high, low, 0, 1];
                if let Some(tuple) = self.quoted {
                    message[4..8].fill(0);
                    message.extend(tuple.quoted());
                }
                message
            }
            GRE => vec![0, 0, 0x65, 0x58],
            SCTP => {
                let chunk = [INIT, 0, 0, 20 + TAIL, 0, 0, 0, 1, 0, 0, 0x20, 0];
                let streams = [0, 1, 0, 1, 0, 0, 0x10, 0];
                [&ports[..], &[0; 8], &chunk, &streams].concat()
            }
            other => panic!("no header for protocol {other}"),
        }
    }
}

impl Shape {
    /// The number of the header of options, where there is one.
    fn options(self) -> Option<u8> {
        match self {
            Self::Whole | Self::Fragments => None,
            Self::HopByHop => Some(0),
            Self::DestinationOptions => Some(60),
        }
    }
}

impl Tuple {
    /// The same flow, seen from its other end.
    pub(crate) fn reply(self) -> Self {
        Self {
            protocol: self.protocol,
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
        }
    }

    /// The beginning of the flow's first packet, as an ICMP error quotes it.
    fn quoted(self) -> Vec<u8> {
        let mut quoted = header(self.protocol, (self.source, self.destination), 8);
        if self.source.is_ipv4() {
            let sum = checksum(&[&quoted]).to_be_bytes();
            quoted[10..12].copy_from_slice(&sum);
        }
        quoted.extend(self.source_port.to_be_bytes());
        quoted.extend(self.destination_port.to_be_bytes());
        quoted.extend([0, 8, 0, 0]);
        quoted
    }
}

/// The number of a probe, from the last bytes of a packet.
pub(crate) fn number_at_end(packet: &[u8]) -> Option<u16> {
    let (rest, number) = packet.split_last_chunk::<2>()?;
    rest.ends_with(&MAGIC).then(|| u16::from_be_bytes(*number))
}

/// The number of a probe, from its IP header; `None` for a packet that is no probe.
pub(crate) fn number_in_header(header: &[u8]) -> Option<u16> {
    let ours = |limit: &u8| HOP_LIMIT - 1 <= *limit && *limit <= HOP_LIMIT;
    match header.first()? >> 4 {
        4 => header
            .get(8)
            .filter(|limit| ours(limit))
            .map(|_| u16::from_be_bytes([header[4], header[5]])),
        6 => header
            .get(7)
            .filter(|limit| ours(limit))
            .map(|_| u16::from_be_bytes([header[2], header[3]])),
        _ => None,
    }
}

/// An IP header without number and checksum (RFC 791, RFC 8200).
fn header(protocol: u8, addresses: (IpAddr, IpAddr), length: usize) -> Vec<u8> {
    match addresses {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let length = u16::try_from(20 + length).unwrap().to_be_bytes();
            let mut header = vec![0x45, 0, length[0], length[1], 0, 0, 0, 0];
            header.extend([HOP_LIMIT, protocol, 0, 0]);
            header.extend(source.octets());
            header.extend(destination.octets());
            header
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let length = u16::try_from(length).unwrap().to_be_bytes();
            let mut header = vec![0x60, 0, 0, 0, length[0], length[1], protocol, HOP_LIMIT];
            header.extend(source.octets());
            header.extend(destination.octets());
            header
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            panic!("two families in one packet")
        }
    }
}

/// The place of a fragment, in units of eight bytes, and whether more follow, as the header shows them.
fn place(family: Family, offset: u16, more: bool) -> u16 {
    match family {
        Family::V4 => offset | u16::from(more) << 13,
        Family::V6 => offset << 3 | u16::from(more),
    }
}

/// Fills in the checksum of a header above IP, where it has one (RFC 1071, RFC 8200 section 8.1).
fn with_checksum(payload: &mut [u8], protocol: u8, source: IpAddr, destination: IpAddr) {
    let at = match protocol {
        SCTP => {
            let sum = cyclic_checksum(payload).to_le_bytes();
            return payload[8..12].copy_from_slice(&sum);
        }
        TCP => 16,
        ICMP | ICMPV6 => 2,
        _ => return,
    };
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let addresses = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            [source.octets(), destination.octets()].concat()
        }
        (source, destination) => [source, destination]
            .map(|address| match address {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            })
            .concat(),
    };
    let sum = if protocol == ICMP {
        checksum(&[payload])
    } else {
        checksum(&[&addresses, &length, &[0, 0, 0, protocol], payload])
    };
    payload[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// The Internet checksum of these pieces, of which only the last may have an odd length.
fn checksum(pieces: &[&[u8]]) -> u16 {
    let words = pieces.iter().flat_map(|piece| piece.chunks(2));
    let mut sum: u32 = words
        .map(|pair| {
            u32::from(u16::from_be_bytes([
                pair[0],
                pair.get(1).copied().unwrap_or_default(),
            ]))
        })
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

/// The checksum of SCTP (CRC-32C, RFC 9260 appendix A).
fn cyclic_checksum(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    });
    !sum
}

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const GRE: u8 = 47;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const SCTP: u8 = 132;

/// The fragment header of IPv6 (RFC 8200 section 4.5).
const FRAGMENT: u8 = 44;

/// The option that pads a header (`PadN`, RFC 8200 section 4.2).
const PADDING: u8 = 1;

/// The chunk that begins an association of SCTP (RFC 9260 section 3.3.2).
const INIT: u8 = 1;

/// The hop limit of a probe; a forwarded one has one less.
const HOP_LIMIT: u8 = 77;

/// What the last bytes of a probe begin with.
const MAGIC: [u8; 4] = *b"rdx!";

/// How many bytes follow the header above IP.
const TAIL: u8 = 6;
