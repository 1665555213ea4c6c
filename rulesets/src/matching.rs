//! Holds one rule against one flow, field by field, in three values: it matches, it does not, or
//! something we would need to know is missing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Direction, Family, Flow, Protocol};
use crate::rule::{Peer, PeerMembers, Ports, Rule, Service, ServiceMembers};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A rule held against a flow.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Comparison<'a> {
    pub(crate) protocol: Match<'a>,
    pub(crate) port: Match<'a>,
    pub(crate) family: Match<'a>,
    pub(crate) peer: Match<'a>,
}

/// How one field compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Match<'a> {
    Yes,
    No,
    Unknown(Missing<'a>),
}

/// What would settle a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Missing<'a> {
    PeerAddress,
    Port,
    GroupMembers(&'a str),
    AddressTemplate(&'a str),
    ServiceTemplate(&'a str),
    NamedPeer,
    AllOverIpv6,
    MemberOverIpv6(&'a str),
}

impl<'a> Comparison<'a> {
    /// Compares every field of `rule` with `flow`; the direction is the caller's business.
    pub(crate) fn new(rule: &'a Rule, flow: &Flow) -> Self {
        let (protocol, port) = compare_service(&rule.service, flow);
        Self {
            protocol,
            port,
            family: is(compare_family(rule, flow)),
            peer: compare_peer(&rule.peer, flow),
        }
    }

    /// The rule as a whole: every field must match.
    pub(crate) fn overall(&self) -> Match<'a> {
        let fields = [self.family, self.protocol, self.port, self.peer];
        if fields.contains(&Match::No) {
            return Match::No;
        }
        let unknown = fields.into_iter().find(|field| *field != Match::Yes);
        unknown.unwrap_or(Match::Yes)
    }

    /// The names of the fields that do not match, or `None` when one cannot be told.
    pub(crate) fn failed(&self, direction: Direction) -> Option<Vec<&'static str>> {
        let peer = match direction {
            Direction::Inbound => "source",
            Direction::Outbound => "destination",
        };
        let fields = [
            (peer, self.peer),
            ("port", self.port),
            ("protocol", self.protocol),
            ("family", self.family),
        ];
        let mut failed = Vec::new();
        for (name, field) in fields {
            match field {
                Match::Yes => {}
                Match::No => failed.push(name),
                Match::Unknown(_) => return None,
            }
        }
        Some(failed)
    }
}

/// True when only machines of a private network can have this address: the vendor says that a
/// reference to a group never matches any other.
fn private(address: IpAddr) -> bool {
    PRIVATE.iter().any(|net| net.contains(&address))
}

/// Protocol and port. ICMP and ICMPv6 count as one protocol in two families.
fn compare_service<'a>(service: &'a Service, flow: &Flow) -> (Match<'a>, Match<'a>) {
    let with_ports = matches!(flow.protocol, Protocol::Tcp | Protocol::Udp);
    let echo = matches!(flow.protocol, Protocol::Icmp | Protocol::Icmpv6);
    match service {
        Service::All => (Match::Yes, Match::Yes),
        Service::Tcp(ports) => (
            is(flow.protocol == Protocol::Tcp),
            compare_ports(ports, with_ports, flow.port),
        ),
        Service::Udp(ports) => (
            is(flow.protocol == Protocol::Udp),
            compare_ports(ports, with_ports, flow.port),
        ),
        Service::Icmp | Service::Icmpv6 => (is(echo), is(!with_ports)),
        Service::Gre => (is(flow.protocol == Protocol::Gre), is(!with_ports)),
        Service::Template(id) => {
            let missing = Match::Unknown(Missing::ServiceTemplate(id));
            (missing, missing)
        }
        Service::Members(members) => compare_services(members, flow),
    }
}

/// The member that comes nearest speaks for the template.
fn compare_services<'a>(members: &'a ServiceMembers, flow: &Flow) -> (Match<'a>, Match<'a>) {
    let held = |service: &'a Service| {
        let (protocol, port) = compare_service(service, flow);
        let family = match service {
            Service::Icmp => (flow.protocol, flow.family) == (Protocol::Icmp, Family::V4),
            Service::Icmpv6 => (flow.protocol, flow.family) == (Protocol::Icmpv6, Family::V6),
            Service::All
            | Service::Tcp(_)
            | Service::Udp(_)
            | Service::Gre
            | Service::Template(_)
            | Service::Members(_) => true,
        };
        if family {
            (protocol, port)
        } else {
            (Match::No, port)
        }
    };
    let all: Vec<_> = members.services.iter().map(held).collect();
    let no =
        |(protocol, port): &(Match<'_>, Match<'_>)| *protocol == Match::No || *port == Match::No;
    let yes = (Match::Yes, Match::Yes);
    if all.contains(&yes) {
        return yes;
    }
    if !members.complete {
        let missing = Match::Unknown(Missing::ServiceTemplate(&members.of));
        return (missing, missing);
    }
    let open = all.iter().find(|one| !no(one));
    let near = |one: &&(Match<'_>, Match<'_>)| one.0 == Match::Yes || one.1 == Match::Yes;
    let nearest = open.or_else(|| all.iter().find(near));
    nearest.copied().unwrap_or((Match::No, Match::No))
}

fn compare_ports(ports: &Ports, with_ports: bool, port: Option<u16>) -> Match<'static> {
    match (ports, port) {
        _ if !with_ports => Match::No,
        (Ports::Any, _) => Match::Yes,
        (Ports::Ranges(_), Some(port)) => is(ports.contains(port)),
        (Ports::Ranges(_), None) => Match::Unknown(Missing::Port),
    }
}

/// The counterpart of ICMP in the other family is a mismatch of the family, not of the protocol.
fn compare_family(rule: &Rule, flow: &Flow) -> bool {
    let counterpart = matches!(
        (&rule.service, flow.protocol),
        (Service::Icmp, Protocol::Icmpv6) | (Service::Icmpv6, Protocol::Icmp)
    );
    rule.covers(flow.family) && !counterpart
}

/// The far end. A block of the other family counts as matching when it is the whole family, so that
/// a rule which lacks nothing but the family is told from one for other machines.
fn compare_peer<'a>(peer: &'a Peer, flow: &Flow) -> Match<'a> {
    match (peer, flow.peer) {
        (Peer::Net(net), _) if net.prefix_len() == 0 => Match::Yes,
        (Peer::Net(net), Some(address)) => is(net.contains(&address)),
        (Peer::Net(net), None) if Family::from(net.addr()) != flow.family => Match::No,
        (Peer::All, _) if flow.family == Family::V4 => Match::Yes,
        (Peer::All, _) => Match::Unknown(Missing::AllOverIpv6),
        (Peer::Unnamed, _) => Match::Unknown(Missing::NamedPeer),
        (Peer::Members(members), _) => compare_members(members, flow),
        // A member's IPv6 address is a global one: only public IPv4 addresses are never members.
        (Peer::Group(_), Some(address @ IpAddr::V4(_))) if !private(address) => Match::No,
        (Peer::Group(id), Some(_)) => Match::Unknown(Missing::GroupMembers(id)),
        (Peer::Template(id), Some(_)) => Match::Unknown(Missing::AddressTemplate(id)),
        (Peer::Net(_) | Peer::Group(_) | Peer::Template(_), None) => {
            Match::Unknown(Missing::PeerAddress)
        }
    }
}

/// The addresses of a group or template. What is not among them is decided by the reference alone
/// when others may belong to it.
fn compare_members<'a>(members: &'a PeerMembers, flow: &Flow) -> Match<'a> {
    let own = |net: &&IpNet| Family::from(net.addr()) == flow.family;
    let whole = |net: &IpNet| net.prefix_len() == 0;
    if members.nets.iter().filter(own).any(whole) {
        return Match::Yes;
    }
    let Some(address) = flow.peer else {
        let mut all = members.nets.iter().chain(&members.perhaps).filter(own);
        let none = members.complete && all.next().is_none();
        return if none {
            Match::No
        } else {
            Match::Unknown(Missing::PeerAddress)
        };
    };
    if members.nets.iter().any(|net| net.contains(&address)) {
        Match::Yes
    } else if members.perhaps.iter().any(|net| net.contains(&address)) {
        Match::Unknown(Missing::MemberOverIpv6(members.of.reference()))
    } else if members.complete {
        Match::No
    } else {
        compare_peer(&members.of, flow)
    }
}

fn is(matches: bool) -> Match<'static> {
    if matches { Match::Yes } else { Match::No }
}

/// The blocks of private, shared, link-local and loopback addresses (RFC 1918, RFC 6598, RFC 3927,
/// RFC 1122; RFC 4193, RFC 4291).
pub(crate) const PRIVATE: [IpNet; 9] = [
    v4([10, 0, 0, 0], 8),
    v4([172, 16, 0, 0], 12),
    v4([192, 168, 0, 0], 16),
    v4([100, 64, 0, 0], 10),
    v4([169, 254, 0, 0], 16),
    v4([127, 0, 0, 0], 8),
    v6(0xfc00, 0, 7),
    v6(0xfe80, 0, 10),
    v6(0, 1, 128),
];

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix))
}

const fn v6(first: u16, last: u16, prefix: u8) -> IpNet {
    let address = Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, last);
    IpNet::V6(Ipv6Net::new_assert(address, prefix))
}
