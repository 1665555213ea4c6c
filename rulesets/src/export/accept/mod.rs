//! The command that adds one accept to a cloud's rule list, above the rule that stops the packet, and the
//! command that takes it away again.
//!
//! The rule is the narrowest the vendor has words for; where that is wider than the packet, such as for one
//! type of ICMP message in a cloud that knows only all of them, there is no command.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod alibaba;
mod aws;
mod azure;
mod gcp;
mod host;
mod tencent;

pub use host::{TableWords, add_accept_to_chain, is_plain};

use super::cloud::is_name;
use crate::flow::{Direction, Family};
use crate::layer::{Layer, LayerKind};
use crate::packet::Packet;
use crate::verdict::MatchingRule;
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The ports that clients choose from: RFC 6335 has 49152 up; Linux begins at 32768, older systems at 1024,
/// where AWS's guide on network ACLs begins too.
pub const CLIENT_PORTS: (u16, u16) = (1024, 65535);

/// Two commands, as text to run in a POSIX-like shell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleCommands {
    /// Adds the accept.
    pub add: String,
    /// Takes it away.
    pub undo: String,
}

/// The commands that add an accept for `packet` to the rule list of `layer`, and take it away: for
/// security groups and network ACLs of AWS, network security groups of Azure, firewall rules of Google
/// Cloud, security groups of Alibaba Cloud, and network ACLs of Tencent Cloud. `stop` is the rule it
/// has to stand above; `None` when none matches. Numbers and priorities are free ones, by the rules of
/// the layer. `None` when the packet's far end or port is not known, the list has no room, or the
/// vendor has no words for it.
pub fn add_accept(
    layer: &Layer,
    packet: &Packet,
    stop: Option<&MatchingRule>,
) -> Option<RuleCommands> {
    add(layer, &Want::of(packet)?, stop)
}

/// The same for the answers to `packet`, at a network ACL, which keeps no track of flows: they go to any
/// of the ports that clients choose from.
pub fn add_accept_for_answers(
    layer: &Layer,
    packet: &Packet,
    stop: Option<&MatchingRule>,
) -> Option<RuleCommands> {
    if layer.kind != LayerKind::NetworkAcl {
        return None;
    }
    let want = Want::of(packet)?;
    let answers = Want {
        direction: want.direction.opposite(),
        answers: true,
        source_port: None,
        ..want
    };
    add(layer, &answers, stop)
}

fn add(layer: &Layer, want: &Want, stop: Option<&MatchingRule>) -> Option<RuleCommands> {
    let set = stop.map_or_else(|| &layer.fallback(want.direction).set, |stop| &stop.set);
    if !is_name(set) {
        return None;
    }
    match (layer.provider.as_str(), layer.kind) {
        ("aws", LayerKind::SecurityGroup) => aws::group(set, want),
        ("aws", LayerKind::NetworkAcl) => aws::acl(layer, set, want, stop),
        ("azure", _) => azure::group(layer, set, want, stop),
        ("gcp", _) => gcp::network(set, want, stop),
        ("alibaba", _) => alibaba::group(set, want, stop),
        ("tencent", LayerKind::NetworkAcl) => tencent::acl(layer, set, want, stop),
        _ => None,
    }
}

/// What is to be let through.
struct Want {
    direction: Direction,
    family: Family,
    protocol: Protocol,
    /// The far end.
    far: IpAddr,
    /// The instance's own end, where it is known.
    near: Option<IpAddr>,
    source_port: Option<u16>,
    /// True for the answers to what is asked: they go to whatever port a client chose.
    answers: bool,
}

/// A protocol with what its rules can ask for.
#[derive(Clone, Copy)]
enum Protocol {
    Tcp(u16),
    Udp(u16),
    /// The type and the code.
    Icmp(Option<u8>, Option<u8>),
}

impl Want {
    fn of(packet: &Packet) -> Option<Self> {
        let direction = packet.direction();
        let (far, near) = match direction {
            Direction::Inbound => (packet.source, packet.destination),
            Direction::Outbound => (packet.destination, packet.source),
        };
        let protocol = match (packet.protocol, packet.family) {
            (6, _) => Protocol::Tcp(packet.destination_port?),
            (17, _) => Protocol::Udp(packet.destination_port?),
            (1, Family::V4) | (58, Family::V6) => {
                Protocol::Icmp(packet.icmp_type, packet.icmp_code)
            }
            _ => return None,
        };
        Some(Self {
            direction,
            family: packet.family,
            protocol,
            far: far.filter(|far| Family::from(*far) == packet.family)?,
            near,
            source_port: packet.source_port,
            answers: false,
        })
    }

    /// The far end as a block of one address.
    fn block(&self) -> String {
        IpNet::from(self.far).to_string()
    }

    /// The protocol's usual word, and its port; `None` where a rule that knows no source ports and no
    /// types of messages would be wider.
    fn plain(&self) -> Option<(&'static str, Option<u16>)> {
        if self.source_port.is_some() {
            return None;
        }
        self.unsourced()
    }

    /// The same for rules that know source ports.
    fn unsourced(&self) -> Option<(&'static str, Option<u16>)> {
        if self.answers {
            return None;
        }
        match (self.protocol, self.family) {
            (Protocol::Tcp(port), _) => Some(("tcp", Some(port))),
            (Protocol::Udp(port), _) => Some(("udp", Some(port))),
            (Protocol::Icmp(None, None), Family::V4) => Some(("icmp", None)),
            (Protocol::Icmp(None, None), Family::V6) => Some(("icmpv6", None)),
            (Protocol::Icmp(..), _) => None,
        }
    }

    /// A name for the rule, of small letters, digits and `-`: at most 63 characters.
    fn name(&self, protocol: &str, port: Option<u16>) -> String {
        let way = match self.direction {
            Direction::Inbound => "in",
            Direction::Outbound => "out",
        };
        let port = port.map(|port| format!("-{port}")).unwrap_or_default();
        let far = match self.far {
            IpAddr::V4(address) => address.to_string().replace('.', "-"),
            IpAddr::V6(address) => format!("{:032x}", u128::from(address)),
        };
        format!("reachdx-{way}-{protocol}{port}-{far}")
    }
}

/// The number or priority with which a rule's own text begins.
fn number(rule: &str) -> Option<i64> {
    rule.split(' ').next()?.parse().ok()
}

/// The numbers of a list's rules of one direction.
fn numbers(layer: &Layer, set: &str, direction: Direction) -> BTreeSet<i64> {
    let lists = layer.lists(direction).iter();
    let rules = lists
        .filter(|list| list.set == set)
        .flat_map(|list| &list.rules);
    rules.filter_map(|rule| number(&rule.text)).collect()
}

/// A number of those that users may give: the highest free one below the rule that stops the packet;
/// where that is the vendor's own, the next round one behind all others.
fn free(used: &BTreeSet<i64>, stop: Option<i64>, users: (i64, i64)) -> Option<i64> {
    let (lowest, highest) = users;
    let end = stop.unwrap_or(i64::MAX).min(highest + 1);
    if end > highest {
        let last = used.range(..=highest).next_back().copied();
        let round = last.map_or(100, |last| (last / 10 + 1) * 10);
        if round <= highest {
            return Some(round.max(lowest));
        }
    }
    (lowest..end).rev().find(|number| !used.contains(number))
}
