//! Asks the kernel for its listening sockets and reads the answer (`NETLINK_SOCK_DIAG`, see
//! `sock_diag(7)`).
//!
//! The socket tables in `/proc` do not tell an IPv6-only wildcard from one that takes IPv4 too, nor
//! how many connections a listener lets wait; these messages do. Numbers are in host byte order.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::HalfOpen;
use super::netlink::{DiagError, HEADER, attributes, dump_header, messages, u32_at};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// What only socket diagnostics tell of a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SocketDetail {
    /// `Some(true)` for an IPv6 socket that takes IPv6 only; `None` for an IPv4 socket.
    pub v6_only: Option<bool>,
    /// The most connections that may wait to be accepted, for a listening TCP socket.
    pub backlog: u32,
}

/// One chunk of the kernel's answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DiagReply {
    /// What it tells, by inode.
    pub sockets: BTreeMap<u64, SocketDetail>,
    /// True when this was the last chunk.
    pub done: bool,
}

/// Which sockets to ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DiagTable {
    /// Listening TCP sockets of both families: ask once for each.
    Tcp {
        /// True for IPv6.
        v6: bool,
    },
    /// Unconnected UDP sockets.
    Udp {
        /// True for IPv6.
        v6: bool,
    },
    /// TCP connections that wait for the client's last word (`SYN_RECV`).
    HalfOpen {
        /// True for IPv6.
        v6: bool,
    },
}

/// The request for one table: `struct nlmsghdr`, then `struct inet_diag_req_v2`.
pub fn diag_request(table: DiagTable) -> [u8; REQUEST] {
    let (v6, protocol, state) = match table {
        DiagTable::Tcp { v6 } => (v6, IPPROTO_TCP, TCP_LISTEN),
        DiagTable::Udp { v6 } => (v6, IPPROTO_UDP, TCP_CLOSE),
        DiagTable::HalfOpen { v6 } => (v6, IPPROTO_TCP, TCP_SYN_RECV),
    };
    let mut request = [0; REQUEST];
    request[..HEADER].copy_from_slice(&dump_header(SOCK_DIAG_BY_FAMILY, REQUEST));
    request[16] = if v6 { AF_INET6 } else { AF_INET };
    request[17] = protocol;
    request[20..24].copy_from_slice(&(1u32 << state).to_ne_bytes());
    request
}

/// Reads one datagram of the answer.
pub fn parse_diag_reply(bytes: &[u8]) -> Result<DiagReply, DiagError> {
    let mut reply = DiagReply {
        sockets: BTreeMap::new(),
        done: false,
    };
    let chunk = messages(bytes)?;
    reply.done = chunk.done;
    for (kind, at, body) in chunk.messages {
        if kind == SOCK_DIAG_BY_FAMILY {
            let (inode, detail) = socket(body).ok_or(DiagError::Malformed(at))?;
            reply.sockets.insert(inode, detail);
        }
    }
    Ok(reply)
}

/// The ends of the connections in one datagram of the answer, and whether it was the last one.
pub fn parse_half_open(bytes: &[u8]) -> Result<(Vec<HalfOpen>, bool), DiagError> {
    let chunk = messages(bytes)?;
    let mut open = Vec::new();
    for (kind, at, body) in chunk.messages {
        if kind == SOCK_DIAG_BY_FAMILY {
            open.push(ends(body).ok_or(DiagError::Malformed(at))?);
        }
    }
    Ok((open, chunk.done))
}

/// Both ends in a `struct inet_diag_msg`; ports and addresses are in network byte order.
fn ends(message: &[u8]) -> Option<HalfOpen> {
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes(message.get(port..port + 2)?.try_into().ok()?);
        let octets: [u8; 16] = message.get(address..address + 16)?.try_into().ok()?;
        let address = if message.first() == Some(&AF_INET6) {
            Ipv6Addr::from(octets).to_canonical()
        } else {
            Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]).into()
        };
        Some(SocketAddr::new(address, port))
    };
    Some(HalfOpen {
        local: end(4, 8)?,
        remote: end(6, 24)?,
    })
}

/// One `struct inet_diag_msg` with its attributes.
fn socket(message: &[u8]) -> Option<(u64, SocketDetail)> {
    let backlog = u32_at(message, WRITE_QUEUE)?;
    let inode = u32_at(message, INODE)?;
    let mut v6_only = None;
    for attribute in attributes(message.get(MESSAGE..)?) {
        let (kind, value) = attribute?;
        if kind == INET_DIAG_SKV6ONLY && message.first() == Some(&AF_INET6) {
            v6_only = value.first().map(|flag| *flag != 0);
        }
    }
    Some((u64::from(inode), SocketDetail { v6_only, backlog }))
}

/// Bytes of a request.
pub const REQUEST: usize = HEADER + 56;

const MESSAGE: usize = 72;
const WRITE_QUEUE: usize = 60;
const INODE: usize = 68;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const IPPROTO_UDP: u8 = 17;
const TCP_SYN_RECV: u32 = 3;
const TCP_CLOSE: u32 = 7;
const TCP_LISTEN: u32 = 10;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const INET_DIAG_SKV6ONLY: u16 = 11;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::netlink::{NLMSG_DONE, NLMSG_ERROR, u16_at};

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes
    }

    fn listener(family: u8, backlog: u32, inode: u32, v6_only: Option<u8>) -> Vec<u8> {
        let mut body = vec![0; MESSAGE];
        body[0] = family;
        body[1] = 10;
        body[WRITE_QUEUE..WRITE_QUEUE + 4].copy_from_slice(&backlog.to_ne_bytes());
        body[INODE..INODE + 4].copy_from_slice(&inode.to_ne_bytes());
        body.extend([5, 0, 8, 0, 0, 0, 0, 0]);
        if let Some(flag) = v6_only {
            body.extend(5u16.to_ne_bytes());
            body.extend(INET_DIAG_SKV6ONLY.to_ne_bytes());
            body.extend([flag, 0, 0, 0]);
        }
        body
    }

    #[test]
    fn sockets_are_told_by_inode_with_backlog_and_v6_only() {
        let mut bytes = message(
            SOCK_DIAG_BY_FAMILY,
            &listener(AF_INET6, 128, 17703, Some(1)),
        );
        bytes.extend(message(
            SOCK_DIAG_BY_FAMILY,
            &listener(AF_INET6, 5, 17704, Some(0)),
        ));
        bytes.extend(message(
            SOCK_DIAG_BY_FAMILY,
            &listener(AF_INET, 2, 17705, Some(0)),
        ));
        bytes.extend(message(NLMSG_DONE, &[0; 4]));
        let detail = |v6_only, backlog| SocketDetail { v6_only, backlog };
        assert_eq!(
            parse_diag_reply(&bytes),
            Ok(DiagReply {
                sockets: BTreeMap::from([
                    (17703, detail(Some(true), 128)),
                    (17704, detail(Some(false), 5)),
                    (17705, detail(None, 2)),
                ]),
                done: true,
            })
        );
    }

    #[test]
    fn half_open_connections_are_told_by_their_ends() {
        let row = |family, local: &[u8], remote: &[u8]| {
            let mut body = vec![0; MESSAGE];
            body[0] = family;
            body[4..8].copy_from_slice(&[0, 22, 0x9c, 0x40]);
            body[8..8 + local.len()].copy_from_slice(local);
            body[24..24 + remote.len()].copy_from_slice(remote);
            message(SOCK_DIAG_BY_FAMILY, &body)
        };
        let mut bytes = row(AF_INET, &[192, 0, 2, 1], &[198, 51, 100, 7]);
        let mapped = |last| [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, last];
        bytes.extend(row(AF_INET6, &mapped(1), &mapped(9)));
        bytes.extend(message(NLMSG_DONE, &[0; 4]));
        let pair = |local: &str, remote: &str| HalfOpen {
            local: local.parse().unwrap(),
            remote: remote.parse().unwrap(),
        };
        let wanted = vec![
            pair("192.0.2.1:22", "198.51.100.7:40000"),
            pair("192.0.2.1:22", "192.0.2.9:40000"),
        ];
        assert_eq!(parse_half_open(&bytes), Ok((wanted, true)));
        let short = message(SOCK_DIAG_BY_FAMILY, &[2; 30]);
        assert_eq!(parse_half_open(&short), Err(DiagError::Malformed(0)));
    }

    #[test]
    fn the_kernels_refusal_is_an_error() {
        let bytes = message(NLMSG_ERROR, &(-2i32).to_ne_bytes());
        assert_eq!(parse_diag_reply(&bytes), Err(DiagError::Refused(2)));
    }

    #[test]
    fn hostile_lengths_are_refused_and_every_cut_ends() {
        for length in [0u32, 1, 15, 17, u32::MAX] {
            let mut bytes = message(SOCK_DIAG_BY_FAMILY, &[]);
            bytes[0..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(
                parse_diag_reply(&bytes),
                Err(DiagError::Malformed(0)),
                "{length}"
            );
        }
        let whole = message(SOCK_DIAG_BY_FAMILY, &listener(AF_INET6, 1, 2, Some(1)));
        for end in 1..whole.len() {
            assert_eq!(
                parse_diag_reply(&whole[..end]),
                Err(DiagError::Malformed(0))
            );
        }
    }

    #[test]
    fn an_attribute_of_no_length_is_refused() {
        let mut body = listener(AF_INET6, 1, 2, None);
        body.extend([0, 0, 11, 0]);
        let bytes = message(SOCK_DIAG_BY_FAMILY, &body);
        assert_eq!(parse_diag_reply(&bytes), Err(DiagError::Malformed(0)));
    }

    #[test]
    fn a_request_is_a_dump_of_one_family_protocol_and_state() {
        let request = diag_request(DiagTable::Tcp { v6: true });
        assert_eq!(u32_at(&request, 0), Some(72));
        assert_eq!(u16_at(&request, 6), Some(0x301));
        assert_eq!(request[16..18], [10, 6]);
        assert_eq!(u32_at(&request, 20), Some(1 << 10));
    }
}
