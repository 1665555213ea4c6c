//! Links, neighbours and policy rules as the kernel tells them (`NETLINK_ROUTE`, see
//! `rtnetlink(7)`); any user may ask.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::inside::netlink::{DiagError, attributes, dump_request, messages, u16_at, u32_at};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One interface, see `rtnetlink(7)` and `struct rtnl_link_stats64`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct LinkFacts {
    /// Its number.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// True when it is switched on.
    pub up: bool,
    /// True when the other end of the cable, or what stands for it, is there.
    pub carrier: bool,
    /// The largest packet, in bytes.
    pub mtu: u32,
    /// Damaged packets, received and sent, since it exists.
    pub errors: u64,
    /// Packets it had no room for, received and sent, since it exists.
    pub dropped: u64,
}

/// A machine on the same link.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Neighbour {
    /// The number of the interface.
    pub interface: u32,
    /// Its address.
    pub address: IpAddr,
    /// `reachable`, `stale`, `incomplete`, `failed` and so on: whether it answers for its address.
    pub state: String,
}

/// One rule of `ip rule`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PolicyRule {
    /// Lower ones are asked first.
    pub priority: u32,
    /// True for IPv6.
    pub v6: bool,
    /// The source it is for, as CIDR; `None` for all.
    pub source: Option<String>,
    /// The destination it is for, as CIDR; `None` for all.
    pub destination: Option<String>,
    /// The interface packets come in by, where it names one.
    pub interface: Option<String>,
    /// The mark packets have, where it names one.
    pub mark: Option<u32>,
    /// The table it sends to.
    pub table: u32,
    /// True when it discards: `blackhole`, `unreachable`, `prohibit`.
    pub reject: bool,
}

/// What to ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HostTable {
    /// The interfaces.
    Links,
    /// The neighbours.
    Neighbours,
    /// The policy rules of both families.
    Rules,
}

/// One chunk of the kernel's answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HostReply {
    /// Interfaces.
    pub links: Vec<LinkFacts>,
    /// Neighbours.
    pub neighbours: Vec<Neighbour>,
    /// Policy rules.
    pub rules: Vec<PolicyRule>,
    /// True when this was the last chunk.
    pub done: bool,
}

/// The request for one table: `struct nlmsghdr`, then the body of its kind.
pub fn host_request(table: HostTable) -> Vec<u8> {
    let (kind, body) = match table {
        HostTable::Links => (RTM_GETLINK, IFINFOMSG),
        HostTable::Neighbours => (RTM_GETNEIGH, NDMSG),
        HostTable::Rules => (RTM_GETRULE, RULE),
    };
    dump_request(kind, &vec![0; body])
}

/// Reads one datagram of the answer.
pub fn parse_host_reply(bytes: &[u8]) -> Result<HostReply, DiagError> {
    let chunk = messages(bytes)?;
    let mut reply = HostReply {
        done: chunk.done,
        ..HostReply::default()
    };
    for (kind, at, body) in chunk.messages {
        let malformed = DiagError::Malformed(at);
        match kind {
            RTM_NEWLINK => reply.links.push(link(body).ok_or(malformed)?),
            RTM_NEWNEIGH => neighbour(body, &mut reply.neighbours).ok_or(malformed)?,
            RTM_NEWRULE => reply.rules.push(rule(body).ok_or(malformed)?),
            _ => {}
        }
    }
    Ok(reply)
}

fn link(body: &[u8]) -> Option<LinkFacts> {
    let mut link = LinkFacts {
        number: u32_at(body, 4)?,
        up: u32_at(body, 8)? & IFF_UP != 0,
        ..LinkFacts::default()
    };
    for attribute in attributes(body.get(IFINFOMSG..)?) {
        match attribute? {
            (IFLA_IFNAME, value) => link.name = text(value),
            (IFLA_MTU, value) => link.mtu = u32_at(value, 0)?,
            (IFLA_CARRIER, value) => link.carrier = value.first().is_some_and(|it| *it != 0),
            (IFLA_STATS64, value) => {
                let counter = |index: usize| u64_at(value, index * 8).unwrap_or(0);
                link.errors = counter(4).saturating_add(counter(5));
                link.dropped = counter(6).saturating_add(counter(7));
            }
            _ => {}
        }
    }
    Some(link)
}

/// Adds a neighbour; entries that need none, as on loopback, are left out.
fn neighbour(body: &[u8], neighbours: &mut Vec<Neighbour>) -> Option<()> {
    let (interface, state) = (u32_at(body, 4)?, u16_at(body, 8)?);
    let mut address = None;
    for attribute in attributes(body.get(NDMSG..)?) {
        if let (NDA_DST, value) = attribute? {
            address = ip(value);
        }
    }
    let state = STATES.iter().find(|(bit, _)| state & bit != 0);
    neighbours.extend(address.zip(state).map(|(address, (_, state))| Neighbour {
        interface,
        address,
        state: (*state).to_owned(),
    }));
    Some(())
}

fn rule(body: &[u8]) -> Option<PolicyRule> {
    let [family, to_length, from_length] = *body.get(..3)?.first_chunk()?;
    let mut rule = PolicyRule {
        v6: family == AF_INET6,
        table: u32::from(*body.get(4)?),
        reject: REJECTING.contains(body.get(7)?),
        ..PolicyRule::default()
    };
    for attribute in attributes(body.get(RULE..)?) {
        match attribute? {
            (FRA_DST, value) => rule.destination = net(value, to_length),
            (FRA_SRC, value) => rule.source = net(value, from_length),
            (FRA_IIFNAME, value) => rule.interface = Some(text(value)),
            (FRA_PRIORITY, value) => rule.priority = u32_at(value, 0)?,
            (FRA_FWMARK, value) => rule.mark = u32_at(value, 0).filter(|mark| *mark != 0),
            (FRA_TABLE, value) => rule.table = u32_at(value, 0)?,
            _ => {}
        }
    }
    Some(rule)
}

fn net(value: &[u8], length: u8) -> Option<String> {
    Some(format!("{}/{length}", ip(value)?))
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(value).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from))
        .ok()
}

/// A name as the kernel writes it, up to its closing zero.
fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_ne_bytes(bytes.try_into().ok()?))
}

const IFINFOMSG: usize = 16;
const NDMSG: usize = 12;
const RULE: usize = 12;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWNEIGH: u16 = 28;
const RTM_GETNEIGH: u16 = 30;
const RTM_NEWRULE: u16 = 32;
const RTM_GETRULE: u16 = 34;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_STATS64: u16 = 23;
const IFLA_CARRIER: u16 = 33;
const NDA_DST: u16 = 1;
const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
const FRA_TABLE: u16 = 15;
/// `FR_ACT_BLACKHOLE`, `FR_ACT_UNREACHABLE`, `FR_ACT_PROHIBIT`.
const REJECTING: [u8; 3] = [6, 7, 8];
/// `NUD_*`, without `NUD_NOARP` and `NUD_NONE`.
const STATES: [(u16, &str); 7] = [
    (0x01, "incomplete"),
    (0x02, "reachable"),
    (0x04, "stale"),
    (0x08, "delay"),
    (0x10, "probe"),
    (0x20, "failed"),
    (0x80, "permanent"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = body.to_vec();
        for (kind, value) in attributes {
            let length = u16::try_from(4 + value.len()).unwrap();
            bytes.extend(length.to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        dump_request(kind, &bytes)
    }

    #[test]
    fn a_link_tells_its_state_and_its_losses() {
        let mut body = [0; IFINFOMSG];
        body[4] = 2;
        body[8] = 1;
        let counters: Vec<u8> = (0..8_u64).flat_map(u64::to_ne_bytes).collect();
        let mtu = 1500_u32.to_ne_bytes();
        let facts: [(u16, &[u8]); 4] = [
            (IFLA_IFNAME, b"eth0\0"),
            (IFLA_MTU, &mtu),
            (IFLA_CARRIER, &[1]),
            (IFLA_STATS64, &counters),
        ];
        let reply = parse_host_reply(&message(RTM_NEWLINK, &body, &facts)).unwrap();
        let want = LinkFacts {
            number: 2,
            name: "eth0".into(),
            up: true,
            carrier: true,
            mtu: 1500,
            errors: 9,
            dropped: 13,
        };
        assert_eq!(reply.links, [want]);
    }

    #[test]
    fn a_neighbour_that_does_not_answer_has_failed() {
        let mut body = [0; NDMSG];
        body[4] = 2;
        body[8] = 0x20;
        let message = message(RTM_NEWNEIGH, &body, &[(NDA_DST, &[10, 0, 0, 1])]);
        let reply = parse_host_reply(&message).unwrap();
        let found = &reply.neighbours[0];
        assert_eq!(
            (found.address.to_string().as_str(), found.state.as_str()),
            ("10.0.0.1", "failed")
        );
    }

    #[test]
    fn a_rule_tells_whom_it_is_for_and_where_it_sends() {
        let body = [2, 0, 24, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let table = 1000_u32.to_ne_bytes();
        let message = message(
            RTM_NEWRULE,
            &body,
            &[(FRA_SRC, &[10, 0, 0, 0]), (FRA_TABLE, &table)],
        );
        let reply = parse_host_reply(&message).unwrap();
        let found = &reply.rules[0];
        assert_eq!(
            (found.source.as_deref(), found.table, found.reject),
            (Some("10.0.0.0/24"), 1000, false)
        );
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        for kind in [RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWRULE] {
            assert_eq!(
                parse_host_reply(&message(kind, &[0; 4], &[])),
                Err(DiagError::Malformed(0)),
                "{kind}"
            );
        }
    }
}
