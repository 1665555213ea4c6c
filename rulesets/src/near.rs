//! What stands around a denied flow: why it is denied, and the rules that came close.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::explain::Walk;
use crate::flow::{Flow, Protocol};
use crate::matching::{Comparison, Match};
use crate::rule::{Action, Ports, Rule, Service};
use crate::security_group::{SecurityGroup, SecurityGroups};
use crate::verdict::{Denial, NearMiss};

/// Why a flow that `walk` found denied is denied.
pub(crate) fn denial(groups: &SecurityGroups, flow: &Flow, walk: &Walk<'_>) -> Denial {
    let Some(decider) = walk.decider() else {
        return default_denial(groups, flow);
    };
    let allows = |rules: &[Rule]| {
        let mut accepting = rules.iter().filter(|rule| rule.action == Action::Accept);
        accepting.any(|rule| Comparison::new(rule, flow).overall() == Match::Yes)
    };
    let own = groups.groups[decider.group].rules(flow.direction);
    let later = &groups.groups[decider.group + 1..];
    if allows(&own[decider.index + 1..]) {
        Denial::AllowShadowed
    } else if later
        .iter()
        .any(|group| allows(group.rules(flow.direction)))
    {
        Denial::EarlierGroup
    } else {
        Denial::Rule
    }
}

/// Rules that fail in one field or in two: the fewer the nearer, then allowing ones first, then in
/// the order they are read. At most five.
pub(crate) fn near_misses(groups: &SecurityGroups, flow: &Flow) -> Vec<NearMiss> {
    let mut misses = Vec::new();
    for group in &groups.groups {
        for (index, rule) in group.rules(flow.direction).iter().enumerate() {
            let failed = Comparison::new(rule, flow).failed(flow.direction);
            let failed = failed.unwrap_or_default();
            if (1..=2).contains(&failed.len()) {
                misses.push(near_miss(group, index, rule, &failed));
            }
        }
        let other = flow.direction.opposite();
        for (index, rule) in group.rules(other).iter().enumerate() {
            let matches = Comparison::new(rule, flow).overall() == Match::Yes;
            if matches && rule.action == Action::Accept {
                misses.push(near_miss(group, index, rule, &["direction"]));
            }
        }
    }
    misses.sort_by_key(|miss| (miss.failed.len(), !miss.allows));
    misses.truncate(NEAR_MISSES);
    misses
}

/// Why the implicit reject was reached, by the rules that would have allowed the flow but for one
/// thing; the most telling first.
fn default_denial(groups: &SecurityGroups, flow: &Flow) -> Denial {
    let accepting: Vec<(&Rule, Comparison<'_>)> = groups
        .groups
        .iter()
        .flat_map(|group| group.rules(flow.direction))
        .filter(|rule| rule.action == Action::Accept)
        .map(|rule| (rule, Comparison::new(rule, flow)))
        .collect();
    let yes = |fields: &[Match<'_>]| fields.iter().all(|field| *field == Match::Yes);
    // A rule that opens every port to somebody else was not written for this service.
    let but_for_peer = |(rule, is): &(&Rule, Comparison<'_>)| {
        is.peer == Match::No
            && yes(&[is.family, is.protocol, is.port])
            && for_this_service(&rule.service)
    };
    let but_for_family =
        |(_, is): &(&Rule, Comparison<'_>)| is.family == Match::No && yes(&[is.protocol, is.port]);
    let but_for_protocol = |(rule, is): &(&Rule, Comparison<'_>)| {
        is.protocol == Match::No
            && yes(&[is.family, is.peer, is.port])
            && explicit_port(&rule.service, flow)
    };
    if accepting.is_empty() {
        Denial::NothingAllowed
    } else if accepting.iter().any(but_for_peer) {
        Denial::PeerNotAllowed
    } else if accepting.iter().any(but_for_family) {
        Denial::FamilyMissing
    } else if accepting.iter().any(but_for_protocol) {
        Denial::ProtocolNotAllowed
    } else {
        Denial::NoMatch
    }
}

/// True when a rule is for a service rather than for everything.
fn for_this_service(service: &Service) -> bool {
    match service {
        Service::Tcp(ports) | Service::Udp(ports) => *ports != Ports::Any,
        Service::Icmp | Service::Icmpv6 | Service::Gre => true,
        Service::All | Service::Template(_) => false,
        Service::Members(members) => members.services.iter().any(for_this_service),
    }
}

/// True when a rule for TCP or UDP names the flow's port itself, and the flow is one of the two.
fn explicit_port(service: &Service, flow: &Flow) -> bool {
    for_this_service(service) && matches!(flow.protocol, Protocol::Tcp | Protocol::Udp)
}

fn near_miss(group: &SecurityGroup, index: usize, rule: &Rule, failed: &[&str]) -> NearMiss {
    NearMiss {
        chain: None,
        set: group.id.clone(),
        index,
        rule: rule.text.clone(),
        allows: rule.action == Action::Accept,
        failed: failed.iter().map(|field| (*field).to_owned()).collect(),
    }
}

/// How many near misses are told; more would not be read.
const NEAR_MISSES: usize = 5;
