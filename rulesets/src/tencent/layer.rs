//! Security groups in the one model that every rule format is read into.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::build::{
    All, any_of, family, far, is_member, list_name, nets, ports, protocol, steps, undecided,
};
use crate::document::set_name;
use crate::explain::{FALLBACK, how, trailing_denies, what};
use crate::flow::{Direction, Family};
use crate::layer::{Fallback, Layer, LayerKind};
use crate::matching::{Missing, PRIVATE};
use crate::members::portless_name;
use crate::program;
use crate::program::{Chain, Key, Reason, Step, Verdict};
use crate::rule::{Action, Peer, PeerMembers, Rule, Service, ServiceMembers};
use crate::security_group::{SecurityGroup, SecurityGroups};
use crate::text::shown;
use ipnet::IpNet;

impl From<&SecurityGroups> for Layer {
    /// The bound groups, read in order with one implicit reject behind the last. With no group nothing
    /// is known, and every packet's fate is unclear.
    fn from(bound: &SecurityGroups) -> Self {
        let last = bound.groups.last().map_or("", |group| &group.id);
        let fallback = || Fallback {
            set: last.to_owned(),
            verdict: Verdict::Drop,
            text: FALLBACK.to_owned(),
        };
        let lists = |direction| {
            let mut lists: Vec<Chain> = bound
                .groups
                .iter()
                .map(|group| chain(&group.id, direction, group.rules(direction)))
                .collect();
            if lists.is_empty() {
                lists.push(unknown(direction));
            }
            lists
        };
        Self {
            kind: LayerKind::SecurityGroup,
            provider: "tencent".to_owned(),
            stateful: true,
            inbound: lists(Direction::Inbound),
            outbound: lists(Direction::Outbound),
            inbound_fallback: fallback(),
            outbound_fallback: fallback(),
            sets: Vec::new(),
            remarks: remarks(&bound.groups),
        }
    }
}

/// One direction of a list of rules.
pub(super) fn chain(set: &str, direction: Direction, rules: &[Rule]) -> Chain {
    let converted = |(index, rule): (usize, &Rule)| program::Rule {
        index,
        handle: None,
        text: rule.text.clone(),
        description: rule.description.clone(),
        steps: rule_steps(rule, direction),
    };
    Chain {
        set: set.to_owned(),
        name: list_name(direction).to_owned(),
        rules: rules.iter().enumerate().map(converted).collect(),
    }
}

/// What a rule tests, and its verdict.
pub(super) fn rule_steps(rule: &Rule, direction: Direction) -> Vec<Step> {
    let mut all = steps(service(&rule.service, direction));
    all.extend(steps(peer(&rule.peer, direction)));
    all.push(Step::Verdict(match rule.action {
        Action::Accept => Verdict::Accept,
        Action::Drop => Verdict::Drop,
    }));
    all
}

/// The protocol and port, as lists of tests of which one must hold.
fn service(service: &Service, direction: Direction) -> Vec<All> {
    let missing = |id| said(Missing::ServiceTemplate(id), direction);
    match service {
        Service::All => vec![Vec::new()],
        Service::Tcp(own) => vec![ported(6, own)],
        Service::Udp(own) => vec![ported(17, own)],
        Service::Icmp => vec![vec![family(Family::V4), protocol(1)]],
        Service::Icmpv6 => vec![vec![family(Family::V6), protocol(58)]],
        Service::Gre => vec![vec![protocol(47)]],
        Service::Template(id) => {
            let pair = vec![Key::Protocol, Key::DestinationPort];
            let portless = vec![Key::Family, Key::Protocol];
            vec![
                vec![is_member(pair, id.clone(), &missing(id))],
                vec![is_member(portless, portless_name(id), &missing(id))],
            ]
        }
        Service::Members(ServiceMembers {
            of,
            services,
            complete,
        }) => {
            let each = services
                .iter()
                .flat_map(|one| self::service(one, direction));
            let rest = (!complete).then(|| vec![undecided(Reason::Reference, missing(of))]);
            each.chain(rest).collect()
        }
    }
}

fn ported(number: u8, own: &crate::rule::Ports) -> All {
    let port = ports(Key::DestinationPort, own);
    std::iter::once(protocol(number)).chain(port).collect()
}

/// The far end, as lists of tests of which one must hold.
fn peer(peer: &Peer, direction: Direction) -> Vec<All> {
    let key = far(direction);
    match peer {
        Peer::Net(net) => vec![vec![nets(key, &[*net])]],
        Peer::All => vec![
            vec![family(Family::V4)],
            vec![
                family(Family::V6),
                undecided(Reason::Unsupported, said(Missing::AllOverIpv6, direction)),
            ],
        ],
        Peer::Unnamed => {
            let text = said(Missing::NamedPeer, direction);
            vec![vec![undecided(Reason::Unsupported, text)]]
        }
        Peer::Group(id) => {
            let missing = said(Missing::GroupMembers(id), direction);
            let v4 = |net: &&IpNet| Family::from(net.addr()) == Family::V4;
            let private: Vec<IpNet> = PRIVATE.iter().filter(v4).copied().collect();
            let member = |family| is_member(vec![key(family)], set_name(id, family), &missing);
            vec![
                vec![nets(key, &private), member(Family::V4)],
                vec![member(Family::V6)],
            ]
        }
        Peer::Template(id) => {
            let missing = said(Missing::AddressTemplate(id), direction);
            let member = |family| is_member(vec![key(family)], set_name(id, family), &missing);
            vec![vec![member(Family::V4)], vec![member(Family::V6)]]
        }
        Peer::Members(members) => peer_members(members, direction),
    }
}

fn peer_members(members: &PeerMembers, direction: Direction) -> Vec<All> {
    let key = far(direction);
    let mut lists = vec![vec![nets(key, &members.nets)]];
    if !members.perhaps.is_empty() {
        let missing = said(Missing::MemberOverIpv6(members.of.reference()), direction);
        lists.push(vec![
            nets(key, &members.perhaps),
            undecided(Reason::Unsupported, missing),
        ]);
    }
    if !members.complete {
        lists.extend(peer(&members.of, direction));
    }
    vec![vec![any_of(lists)]]
}

/// What is missing and how to supply it.
fn said(missing: Missing<'_>, direction: Direction) -> String {
    let text = format!("{}{}", what(missing, direction), how(missing, direction));
    shown(&text, TEXT_SHOWN)
}

/// A list of rules that is not at hand.
fn unknown(direction: Direction) -> Chain {
    let text = "the rules of the bound security groups".to_owned();
    Chain {
        set: String::new(),
        name: list_name(direction).to_owned(),
        rules: vec![program::Rule {
            index: 0,
            handle: None,
            text: text.clone(),
            description: String::new(),
            steps: vec![Step::Opaque { text }],
        }],
    }
}

fn remarks(groups: &[SecurityGroup]) -> Vec<String> {
    let mut remarks = Vec::new();
    let above = groups.split_last().map_or(&[][..], |(_, above)| above);
    for group in above {
        let id = shown(&group.id, 60);
        for direction in [Direction::Inbound, Direction::Outbound] {
            let rules = group.rules(direction);
            if rules.is_empty() {
                remarks.push(format!(
                    "`{id}` has no {direction} rule and is not the last group: it is taken to let the \
                     next group decide, which the vendor does not document"
                ));
            } else if trailing_denies(rules) > 0 {
                remarks.push(format!(
                    "`{id}` ends its {direction} rules with a deny of everything and is not the last \
                     group: older vendor texts say that such a rule has no effect"
                ));
            }
        }
    }
    remarks
}

const TEXT_SHOWN: usize = 300;
