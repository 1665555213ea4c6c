//! The kernel's own account of how its rules treat a packet (`NFT_MSG_TRACE`, as `nft monitor trace`
//! prints it; `linux/netfilter/nf_tables.h`).

use crate::probe;
use nix::errno::Errno;
use nix::sys::socket::{
    self, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, sockopt,
};
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd};

/// Listens to the traces of the network it was opened in.
pub(crate) struct Tracer {
    socket: OwnedFd,
    /// Which probe a trace is about, and whether it came by the loopback device: only the first message
    /// of a base chain shows the packet.
    probes: BTreeMap<u32, Option<(u16, bool)>>,
}

/// One message: one rule that matched, or the policy of a base chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    /// The probe's number.
    pub(crate) number: u16,
    /// The family and the table, such as `ip filter`.
    pub(crate) set: String,
    /// The chain of the rule.
    pub(crate) chain: String,
    /// What it tells.
    pub(crate) event: Event,
    /// True when the packet came in by the loopback device.
    pub(crate) by_loopback: bool,
}

/// What a trace message tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Event {
    /// A rule matched: its handle, and the packet's end in this base chain if it is one.
    Rule(u64, Option<Ending>),
    /// A chain ended without a verdict.
    Return,
    /// The policy of the base chain decided.
    Policy(Ending),
}

/// How a packet's way through a base chain ends.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Ending {
    Accept,
    Drop,
}

impl Tracer {
    /// Listens in the network this thread stands in.
    pub(crate) fn open() -> Self {
        let socket = socket::socket(
            AddressFamily::Netlink,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
            SockProtocol::NetlinkNetFilter,
        )
        .unwrap();
        socket::setsockopt(&socket, sockopt::RcvBufForce, &ROOM).unwrap();
        socket::bind(socket.as_raw_fd(), &NetlinkAddr::new(0, TRACE_GROUP)).unwrap();
        Self {
            socket,
            probes: BTreeMap::new(),
        }
    }

    /// Everything the kernel has told since the last call.
    pub(crate) fn read(&mut self) -> Vec<Record> {
        let mut records = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match socket::recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(length) => records.extend(self.record(&buffer[..length])),
                Err(Errno::EAGAIN) => return records,
                Err(Errno::EINTR) => {}
                Err(error) => panic!("trace messages were lost: {error}"),
            }
        }
    }

    fn record(&mut self, message: &[u8]) -> Option<Record> {
        let kind = u16::from_ne_bytes([*message.get(4)?, *message.get(5)?]);
        if kind != TRACE_MESSAGE {
            return None;
        }
        let family = family(*message.get(16)?)?;
        let attributes: BTreeMap<u16, &[u8]> = attributes(message.get(20..)?).collect();
        let id = number(attributes.get(&ID)?)?;
        if let Some(header) = attributes.get(&NETWORK_HEADER) {
            let input = attributes.get(&INPUT).and_then(|index| number(index));
            let number = probe::number_in_header(header);
            let probe = number.map(|number| (number, input == Some(LOOPBACK)));
            self.probes.insert(id, probe);
        }
        let verdict = || {
            let mut nested = self::attributes(attributes.get(&VERDICT)?);
            number(nested.find(|(kind, _)| *kind == VERDICT_CODE)?.1)
        };
        let event = match number(attributes.get(&TYPE)?)? {
            TYPE_POLICY => Event::Policy(ending(number(attributes.get(&POLICY)?)?)?),
            TYPE_RETURN => Event::Return,
            TYPE_RULE => {
                let handle = attributes.get(&RULE_HANDLE)?.first_chunk::<8>()?;
                Event::Rule(u64::from_be_bytes(*handle), ending(verdict()?))
            }
            _ => return None,
        };
        let (number, by_loopback) = (*self.probes.get(&id)?)?;
        Some(Record {
            number,
            by_loopback,
            set: format!("{family} {}", text(attributes.get(&TABLE)?)),
            chain: text(attributes.get(&CHAIN)?),
            event,
        })
    }
}

/// Forgets every flow that connection tracking knows of, in the network this thread stands in
/// (`IPCTNL_MSG_CT_DELETE` without a tuple).
pub(crate) fn forget_flows() {
    let socket = socket::socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkNetFilter,
    )
    .unwrap();
    let mut message = 20u32.to_ne_bytes().to_vec();
    message.extend(DELETE_FLOWS.to_ne_bytes());
    message.extend(REQUEST_WITH_ACK.to_ne_bytes());
    message.extend([0; 12]);
    let kernel = NetlinkAddr::new(0, 0);
    socket::sendto(socket.as_raw_fd(), &message, &kernel, MsgFlags::empty()).unwrap();
    let mut reply = [0; 256];
    let length = socket::recv(socket.as_raw_fd(), &mut reply, MsgFlags::empty()).unwrap();
    assert_eq!(
        reply[..length].get(16..20),
        Some(&[0; 4][..]),
        "connection tracking should forget its flows"
    );
}

/// The attributes of a netlink message, one after the other.
fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes([*rest.first()?, *rest.get(1)?]));
        let kind = u16::from_ne_bytes([*rest.get(2)?, *rest.get(3)?]) & !NESTED;
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*value.first_chunk::<4>()?))
}

fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
}

/// The end that a verdict code is (`linux/netfilter.h`); a drop may carry an error in its upper half.
fn ending(code: u32) -> Option<Ending> {
    match code & 0xff {
        0 => Some(Ending::Drop),
        1 => Some(Ending::Accept),
        _ => None,
    }
}

/// The family's name in `nft` (`linux/netfilter.h`, `NFPROTO_*`).
fn family(number: u8) -> Option<&'static str> {
    match number {
        1 => Some("inet"),
        2 => Some("ip"),
        5 => Some("netdev"),
        10 => Some("ip6"),
        _ => None,
    }
}

/// `NFNLGRP_NFTRACE` is group 9.
const TRACE_GROUP: u32 = 1 << 8;
/// `NFNL_SUBSYS_NFTABLES` and `NFT_MSG_TRACE`.
const TRACE_MESSAGE: u16 = (10 << 8) | 0x11;
/// `NFNL_SUBSYS_CTNETLINK` and `IPCTNL_MSG_CT_DELETE`.
const DELETE_FLOWS: u16 = (1 << 8) | 2;
/// `NLM_F_REQUEST` and `NLM_F_ACK`.
const REQUEST_WITH_ACK: u16 = 1 | 4;
/// `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
const NESTED: u16 = 0xc000;

/// How many bytes of messages may wait.
const ROOM: usize = 64 << 20;

/// `NFTA_TRACE_*`.
const TABLE: u16 = 1;
const CHAIN: u16 = 2;
const RULE_HANDLE: u16 = 3;
const TYPE: u16 = 4;
const VERDICT: u16 = 5;
const ID: u16 = 6;
const NETWORK_HEADER: u16 = 8;
const INPUT: u16 = 10;
const POLICY: u16 = 16;
/// The index of the loopback device in every network.
const LOOPBACK: u32 = 1;
/// `NFTA_VERDICT_CODE`.
const VERDICT_CODE: u16 = 1;
/// `NFT_TRACETYPE_*`.
const TYPE_POLICY: u32 = 1;
const TYPE_RETURN: u32 = 2;
const TYPE_RULE: u32 = 3;
