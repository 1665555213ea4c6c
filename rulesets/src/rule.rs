//! One packet-filter rule in neutral form. It keeps the user's own text, so that a report can point
//! at the user's own object.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Family, Flow, Protocol};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rule of an ordered list in which the first match decides.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Rule {
    /// What happens to a flow that matches.
    pub action: Action,
    /// The protocol, with its ports where it has any.
    pub service: Service,
    /// The far end: source of an inbound rule, destination of an outbound one.
    pub peer: Peer,
    /// The rule on one line, in the user's own spelling, such as `ACCEPT tcp 22 from 0.0.0.0/0`.
    pub text: String,
    /// The user's remark; empty when there is none.
    pub description: String,
}

/// What a rule does to a flow.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The flow passes.
    Accept,
    /// The flow is discarded without an answer.
    Drop,
}

/// The protocols and ports a rule is for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Every protocol and every port.
    All,
    /// TCP to these ports.
    Tcp(Ports),
    /// UDP to these ports.
    Udp(Ports),
    /// ICMP, which is IPv4 only.
    Icmp,
    /// ICMPv6, which is IPv6 only.
    Icmpv6,
    /// Generic routing encapsulation.
    Gre,
    /// A service template (`ppm-*`) or a group of them (`ppmg-*`) whose members are not at hand.
    Template(String),
    /// A service template, or a group of them, whose members are at hand.
    Members(ServiceMembers),
}

/// The members of a service template or of a group of them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ServiceMembers {
    /// The template's id.
    pub of: String,
    /// The services it holds, none of them a template.
    pub services: Vec<Service>,
    /// True when there are no others.
    pub complete: bool,
}

/// A set of ports.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ports {
    /// Every port.
    Any,
    /// These ranges.
    Ranges(Vec<PortRange>),
}

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port; a range that ends before it begins holds nothing.
    pub last: u16,
}

/// The far ends a rule is for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// The addresses of one block, and so of one family.
    Net(IpNet),
    /// The word ALL: every IPv4 address; whether IPv6 is meant too is not documented.
    All,
    /// The private addresses of the members of a security group (`sg-*`).
    Group(String),
    /// An address template (`ipm-*`) or a group of them (`ipmg-*`) whose members are not at hand.
    Template(String),
    /// The rule names no far end, and what that means is not documented.
    Unnamed,
    /// A group or a template whose members are at hand.
    Members(PeerMembers),
}

/// The addresses that a group or a template stands for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PeerMembers {
    /// The group or template, as the rule names it.
    pub of: Box<Peer>,
    /// The addresses that certainly belong to it.
    pub nets: Vec<IpNet>,
    /// The addresses that may: IPv6 addresses of a group's members, on which the vendor is silent.
    pub perhaps: Vec<IpNet>,
    /// True when there are no others.
    pub complete: bool,
}

impl Rule {
    /// The narrowest rule that allows a flow: its far end alone, its protocol, its port. `None` when
    /// the far end, or the port of a protocol with ports, is not known.
    pub fn allow(flow: &Flow) -> Option<Self> {
        let peer = flow
            .peer
            .filter(|peer| Family::from(*peer) == flow.family)?;
        let ports = || flow.port.map(Ports::one);
        let service = match (flow.protocol, flow.family) {
            (Protocol::Tcp, _) => Service::Tcp(ports()?),
            (Protocol::Udp, _) => Service::Udp(ports()?),
            (Protocol::Icmp, Family::V4) => Service::Icmp,
            (Protocol::Icmpv6, Family::V6) => Service::Icmpv6,
            (Protocol::Icmp, Family::V6) | (Protocol::Icmpv6, Family::V4) => return None,
            (Protocol::Gre, _) => Service::Gre,
        };
        let peer = IpNet::from(peer);
        let joint = flow.direction.joint();
        Some(Self {
            action: Action::Accept,
            text: format!("ACCEPT {service} {joint} {peer}"),
            service,
            peer: Peer::Net(peer),
            description: String::new(),
        })
    }

    /// True when the rule can match flows of this family: ICMP is IPv4 only, ICMPv6 is IPv6 only, and
    /// a block of addresses holds one family.
    pub(crate) fn covers(&self, family: Family) -> bool {
        self.service.covers(family) && self.peer.covers(family)
    }
}

impl Service {
    fn covers(&self, family: Family) -> bool {
        match self {
            Self::Icmp => family == Family::V4,
            Self::Icmpv6 => family == Family::V6,
            Self::All | Self::Tcp(_) | Self::Udp(_) | Self::Gre | Self::Template(_) => true,
            Self::Members(members) => {
                let none = members.services.is_empty();
                let covering = |service: &Self| service.covers(family);
                none || !members.complete || members.services.iter().any(covering)
            }
        }
    }
}

impl Peer {
    /// The peer as the rule names it, without members.
    pub fn named(&self) -> &Self {
        match self {
            Self::Members(members) => &members.of,
            Self::Net(_) | Self::All | Self::Group(_) | Self::Template(_) | Self::Unnamed => self,
        }
    }

    /// The id of the group or template that the peer names; empty when it names none.
    pub fn reference(&self) -> &str {
        match self {
            Self::Group(id) | Self::Template(id) => id,
            Self::Members(members) => members.of.reference(),
            Self::Net(_) | Self::All | Self::Unnamed => "",
        }
    }

    fn covers(&self, family: Family) -> bool {
        match self {
            Self::Net(net) => Family::from(net.addr()) == family,
            Self::All | Self::Group(_) | Self::Template(_) | Self::Unnamed => true,
            Self::Members(members) => {
                let mut all = members.nets.iter().chain(&members.perhaps).peekable();
                all.peek().is_none()
                    || !members.complete
                    || all.any(|net| Family::from(net.addr()) == family)
            }
        }
    }
}

impl Ports {
    /// The set of this one port.
    pub fn one(port: u16) -> Self {
        Self::Ranges(vec![PortRange {
            first: port,
            last: port,
        }])
    }

    /// True when the port is in the set.
    pub fn contains(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Ranges(ranges) => ranges
                .iter()
                .any(|range| (range.first..=range.last).contains(&port)),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
        })
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("ALL"),
            Self::Tcp(ports) => write!(f, "tcp {ports}"),
            Self::Udp(ports) => write!(f, "udp {ports}"),
            Self::Icmp => f.write_str("icmp"),
            Self::Icmpv6 => f.write_str("icmpv6"),
            Self::Gre => f.write_str("gre"),
            Self::Template(id) => f.write_str(id),
            Self::Members(members) => f.write_str(&members.of),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Ranges(ranges) = self else {
            return f.write_str("ALL");
        };
        for (position, range) in ranges.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{range}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Direction;

    const FLOW: Flow = Flow {
        direction: Direction::Inbound,
        protocol: Protocol::Tcp,
        family: Family::V4,
        peer: None,
        port: Some(22),
    };

    fn allowing(flow: Flow) -> Option<String> {
        Rule::allow(&flow).map(|rule| rule.text)
    }

    #[test]
    fn the_narrowest_rule_names_one_address_and_one_port() {
        let from = |peer: &str, family, protocol| Flow {
            peer: Some(peer.parse().unwrap()),
            family,
            protocol,
            ..FLOW
        };
        assert_eq!(
            allowing(from("198.51.100.7", Family::V4, Protocol::Tcp)).unwrap(),
            "ACCEPT tcp 22 from 198.51.100.7/32"
        );
        assert_eq!(
            allowing(from("2001:db8::7", Family::V6, Protocol::Icmpv6)).unwrap(),
            "ACCEPT icmpv6 from 2001:db8::7/128"
        );
        let outbound = Flow {
            direction: Direction::Outbound,
            ..from("198.51.100.7", Family::V4, Protocol::Udp)
        };
        assert_eq!(
            allowing(outbound).unwrap(),
            "ACCEPT udp 22 to 198.51.100.7/32"
        );
    }

    #[test]
    fn no_rule_is_made_up_for_what_is_not_known() {
        assert_eq!(allowing(FLOW), None);
        let peer = Some("198.51.100.7".parse().unwrap());
        assert_eq!(
            allowing(Flow {
                peer,
                port: None,
                ..FLOW
            }),
            None
        );
        let mixed = Flow {
            peer,
            family: Family::V6,
            ..FLOW
        };
        assert_eq!(allowing(mixed), None);
    }
}
