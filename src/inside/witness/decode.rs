//! Reads a packet that begins at its IP header: who sent it to whom, and what it was.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::PacketKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The ends of a packet and what it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
    /// What it was.
    pub packet: PacketKind,
}

/// Reads a packet; `None` for what is not IP, is cut short, or is not a first fragment.
pub fn decode(bytes: &[u8]) -> Option<Decoded> {
    match bytes.first()? >> 4 {
        4 => {
            let header = usize::from(bytes[0] & 15) * 4;
            let fragment = u16_at(bytes, 6)? & 0x1fff;
            let (source, destination) = (address4(bytes, 12)?, address4(bytes, 16)?);
            let body = bytes.get(header..).filter(|_| header >= 20)?;
            (fragment == 0).then(|| above(source, destination, *bytes.get(9)?, body))?
        }
        6 => {
            let (source, destination) = (address6(bytes, 8)?, address6(bytes, 24)?);
            let (protocol, body) = behind_extensions(*bytes.get(6)?, bytes.get(40..)?)?;
            above(source, destination, protocol, body)
        }
        _ => None,
    }
}

/// The protocol above IPv6 and its body: extension headers are passed over (RFC 8200 section 4).
fn behind_extensions(mut next: u8, mut body: &[u8]) -> Option<(u8, &[u8])> {
    for _ in 0..MOST_EXTENSIONS {
        let length = match next {
            HOP_BY_HOP | ROUTING | DESTINATION => (usize::from(*body.get(1)?) + 1) * 8,
            FRAGMENT if u16_at(body, 2)? & 0xfff8 == 0 => 8,
            FRAGMENT => return None,
            _ => return Some((next, body)),
        };
        next = *body.first()?;
        body = body.get(length..)?;
    }
    None
}

fn above(source: IpAddr, destination: IpAddr, protocol: u8, body: &[u8]) -> Option<Decoded> {
    let ports = || Some((u16_at(body, 0)?, u16_at(body, 2)?));
    let (packet, (from, to)) = match protocol {
        TCP => {
            let flags = *body.get(13)?;
            let mss = (flags & SYN != 0).then(|| segment_size(body)).flatten();
            (PacketKind::Tcp { flags, mss }, ports()?)
        }
        UDP => (PacketKind::Udp, ports()?),
        ICMP | ICMPV6 => {
            let kind = *body.first()?;
            let error = if protocol == ICMP {
                ICMP_ERRORS.contains(&kind)
            } else {
                kind < 128
            };
            let about = error.then(|| body.get(8..)).flatten();
            let packet = PacketKind::Icmp {
                kind,
                code: *body.get(1)?,
                about_port: about.map(|inner| port_of(inner).unwrap_or(0)),
            };
            (packet, (0, 0))
        }
        protocol => (PacketKind::Other { protocol }, (0, 0)),
    };
    Some(Decoded {
        source: SocketAddr::new(source, from),
        destination: SocketAddr::new(destination, to),
        packet,
    })
}

/// The destination port of the packet that an ICMP error is about.
fn port_of(inner: &[u8]) -> Option<u16> {
    let (protocol, body) = match inner.first()? >> 4 {
        4 => (*inner.get(9)?, inner.get(usize::from(inner[0] & 15) * 4..)?),
        6 => behind_extensions(*inner.get(6)?, inner.get(40..)?)?,
        _ => return None,
    };
    matches!(protocol, TCP | UDP).then(|| u16_at(body, 2))?
}

/// The maximum segment size among a SYN's options (RFC 9293 section 3.1).
fn segment_size(segment: &[u8]) -> Option<u16> {
    let header = usize::from(*segment.get(12)? >> 4) * 4;
    let mut options = segment.get(20..header.min(segment.len()))?;
    loop {
        let (&kind, rest) = options.split_first()?;
        match kind {
            0 => return None,
            1 => options = rest,
            2 => return u16_at(options, 2),
            _ => options = options.get(usize::from(*rest.first()?).max(2)..)?,
        }
    }
}

fn address4(bytes: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(Ipv4Addr::from(octets).into())
}

fn address6(bytes: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 16] = bytes.get(at..at + 16)?.try_into().ok()?;
    Some(Ipv6Addr::from(octets).into())
}

/// A number in network byte order.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

const MOST_EXTENSIONS: usize = 8;
const HOP_BY_HOP: u8 = 0;
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const ICMPV6: u8 = 58;
const DESTINATION: u8 = 60;
/// Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792).
const ICMP_ERRORS: [u8; 5] = [3, 4, 5, 11, 12];
const SYN: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(protocol: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0];
        bytes.extend([198, 51, 100, 7, 192, 0, 2, 1]);
        bytes.extend(body);
        bytes
    }

    fn v6(next: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 0, next, 64];
        bytes.extend("2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        bytes.extend("2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
        bytes.extend(body);
        bytes
    }

    /// A SYN from port 40000 to port 22 with a window scale, padding and a segment size of 1234.
    const SEGMENT: [u8; 28] = [
        0x9c, 0x40, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0, 0x70, 2, 0, 0, 0, 0, 0, 0, 3, 3, 7, 1, 2, 4, 4,
        0xd2,
    ];

    #[test]
    fn a_segment_is_read_with_its_ports_flags_and_size() {
        let wanted = PacketKind::Tcp {
            flags: 2,
            mss: Some(1234),
        };
        let read = decode(&v4(6, &SEGMENT)).unwrap();
        assert_eq!(read.source, "198.51.100.7:40000".parse().unwrap());
        assert_eq!(read.destination, "192.0.2.1:22".parse().unwrap());
        assert_eq!(read.packet, wanted);
        let mut hopping = vec![6, 0, 1, 4, 0, 0, 0, 0];
        hopping.extend(SEGMENT);
        for packet in [v6(6, &SEGMENT), v6(0, &hopping)] {
            let read = decode(&packet).unwrap();
            assert_eq!(read.source, "[2001:db8::7]:40000".parse().unwrap());
            assert_eq!(read.packet, wanted);
        }
    }

    #[test]
    fn an_error_names_the_port_it_is_about() {
        let mut body = vec![3, 13, 0, 0, 0, 0, 0, 0];
        body.extend(v4(6, &SEGMENT[..8]));
        let icmp = |kind, code, about_port| PacketKind::Icmp {
            kind,
            code,
            about_port,
        };
        assert_eq!(decode(&v4(1, &body)).unwrap().packet, icmp(3, 13, Some(22)));
        let mut body = vec![1, 4, 0, 0, 0, 0, 0, 0];
        body.extend(v6(17, &[0, 1, 0, 53]));
        assert_eq!(decode(&v6(58, &body)).unwrap().packet, icmp(1, 4, Some(53)));
        assert_eq!(
            decode(&v4(1, &[8, 0, 0, 0])).unwrap().packet,
            icmp(8, 0, None)
        );
        assert_eq!(
            decode(&v6(58, &[128, 0])).unwrap().packet,
            icmp(128, 0, None)
        );
    }

    #[test]
    fn whatever_is_cut_ends_without_a_panic() {
        let mut error = vec![3, 3, 0, 0, 0, 0, 0, 0];
        error.extend(v4(6, &SEGMENT));
        let mut hopping = vec![60, 0, 1, 4, 0, 0, 0, 0, 6, 1];
        hopping.extend([0; 14]);
        hopping.extend(SEGMENT);
        for packet in [v4(6, &SEGMENT), v4(1, &error), v6(0, &hopping)] {
            assert!(decode(&packet).is_some());
            for length in 0..packet.len() {
                decode(&packet[..length]);
            }
        }
        for first in 0..=255 {
            decode(&[first; 64]);
        }
    }

    #[test]
    fn later_fragments_are_not_read() {
        let mut later = v4(6, &SEGMENT);
        later[7] = 3;
        assert_eq!(decode(&later), None);
        assert_eq!(decode(&v6(44, &[6, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0])), None);
    }
}
