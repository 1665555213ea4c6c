//! Asks the kernel which programs see packets before or beside the firewall (`NETLINK_ROUTE`, see
//! `rtnetlink(7)`): XDP programs, and what hangs on the traffic control hooks.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::netlink::{DiagError, attributes, dump_request, messages, u32_at};
use super::snapshot::{PacketProgram, ProgramKind};
use std::collections::BTreeMap;

/// One chunk of the kernel's answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LinkReply {
    /// The interfaces' names by their numbers.
    pub names: BTreeMap<u32, String>,
    /// The interfaces something is attached to, by number.
    pub attached: Vec<(u32, ProgramKind)>,
    /// True when this was the last chunk.
    pub done: bool,
}

/// Which objects to ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkTable {
    /// The interfaces, with their XDP programs.
    Links,
    /// Their queueing disciplines, of which two are hooks for filters and programs.
    Disciplines,
}

/// The request for one table: `struct nlmsghdr`, then `struct ifinfomsg` or `struct tcmsg`.
pub fn link_request(table: LinkTable) -> Vec<u8> {
    let (kind, body) = match table {
        LinkTable::Links => (RTM_GETLINK, IFINFOMSG),
        LinkTable::Disciplines => (RTM_GETQDISC, TCMSG),
    };
    dump_request(kind, &vec![0; body])
}

/// Reads one datagram of the answer.
pub fn parse_link_reply(bytes: &[u8]) -> Result<LinkReply, DiagError> {
    let chunk = messages(bytes)?;
    let mut reply = LinkReply {
        done: chunk.done,
        ..LinkReply::default()
    };
    for (kind, at, body) in chunk.messages {
        let read = match kind {
            RTM_NEWLINK => link(body, &mut reply),
            RTM_NEWQDISC => discipline(body, &mut reply),
            _ => Some(()),
        };
        read.ok_or(DiagError::Malformed(at))?;
    }
    Ok(reply)
}

/// What is attached, by the interfaces' names.
pub fn packet_programs(reply: &LinkReply) -> Vec<PacketProgram> {
    let named = |(number, kind): &(u32, ProgramKind)| PacketProgram {
        interface: reply
            .names
            .get(number)
            .cloned()
            .unwrap_or_else(|| number.to_string()),
        kind: *kind,
    };
    let mut programs: Vec<_> = reply.attached.iter().map(named).collect();
    programs.sort();
    programs.dedup();
    programs
}

fn link(body: &[u8], reply: &mut LinkReply) -> Option<()> {
    let number = u32_at(body, INDEX)?;
    for attribute in attributes(body.get(IFINFOMSG..)?) {
        let (kind, value) = attribute?;
        if kind == IFLA_IFNAME {
            reply.names.insert(number, text(value));
        } else if kind == IFLA_XDP {
            for inner in attributes(value) {
                let (kind, value) = inner?;
                if kind == IFLA_XDP_ATTACHED && value.first().is_some_and(|mode| *mode != 0) {
                    reply.attached.push((number, ProgramKind::Xdp));
                }
            }
        }
    }
    Some(())
}

fn discipline(body: &[u8], reply: &mut LinkReply) -> Option<()> {
    let number = u32_at(body, INDEX)?;
    for attribute in attributes(body.get(TCMSG..)?) {
        let (kind, value) = attribute?;
        if kind == TCA_KIND && ["clsact", "ingress"].contains(&text(value).as_str()) {
            reply.attached.push((number, ProgramKind::TrafficControl));
        }
    }
    Some(())
}

/// A name as the kernel writes it, up to its closing zero.
fn text(value: &[u8]) -> String {
    let end = value.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&value[..end.unwrap_or(value.len())]).into_owned()
}

const IFINFOMSG: usize = 16;
const TCMSG: usize = 20;
/// Where both bodies hold the interface's number.
const INDEX: usize = 4;
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const RTM_NEWQDISC: u16 = 36;
const RTM_GETQDISC: u16 = 38;
const IFLA_IFNAME: u16 = 3;
const IFLA_XDP: u16 = 43;
const IFLA_XDP_ATTACHED: u16 = 2;
const TCA_KIND: u16 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attached_programs_are_told_by_the_name_of_their_interface() {
        let mut bytes = message(RTM_NEWLINK, &link_body(2, "eth0", Some(1)));
        bytes.extend(message(RTM_NEWLINK, &link_body(3, "eth1", Some(0))));
        bytes.extend(message(RTM_NEWLINK, &link_body(4, "eth2", None)));
        bytes.extend(message(RTM_NEWQDISC, &discipline_body(3, "clsact")));
        bytes.extend(message(RTM_NEWQDISC, &discipline_body(4, "fq_codel")));
        let programs = packet_programs(&parse_link_reply(&bytes).unwrap());
        let program = |interface: &str, kind| PacketProgram {
            interface: interface.into(),
            kind,
        };
        assert_eq!(
            programs,
            [
                program("eth0", ProgramKind::Xdp),
                program("eth1", ProgramKind::TrafficControl)
            ]
        );
    }

    #[test]
    fn every_cut_of_an_answer_is_read_or_refused() {
        let whole = message(RTM_NEWLINK, &link_body(2, "eth0", Some(1)));
        for end in 1..whole.len() {
            assert_eq!(
                parse_link_reply(&whole[..end]),
                Err(DiagError::Malformed(0))
            );
        }
        let short = message(RTM_NEWLINK, &[0; 6]);
        assert_eq!(parse_link_reply(&short), Err(DiagError::Malformed(0)));
    }

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        dump_request(kind, body)
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link_body(number: u8, name: &str, xdp: Option<u8>) -> Vec<u8> {
        let mut body = vec![0; IFINFOMSG];
        body[INDEX..INDEX + 4].copy_from_slice(&u32::from(number).to_ne_bytes());
        body.extend(attribute(IFLA_IFNAME, format!("{name}\0").as_bytes()));
        if let Some(mode) = xdp {
            body.extend(attribute(
                IFLA_XDP | 0x8000,
                &attribute(IFLA_XDP_ATTACHED, &[mode]),
            ));
        }
        body
    }

    fn discipline_body(number: u8, name: &str) -> Vec<u8> {
        let mut body = vec![0; TCMSG];
        body[INDEX..INDEX + 4].copy_from_slice(&u32::from(number).to_ne_bytes());
        body.extend(attribute(TCA_KIND, format!("{name}\0").as_bytes()));
        body
    }
}
