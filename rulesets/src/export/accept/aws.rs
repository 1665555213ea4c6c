//! One accept in a security group or a network ACL of AWS.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{CLIENT_PORTS, Protocol, RuleCommands, Want, free, number, numbers};
use crate::export::cloud::{aws_permission, line};
use crate::flow::{Direction, Family};
use crate::layer::Layer;
use crate::verdict::MatchingRule;
use serde_json::json;

/// Groups only allow, so that a rule has no place among others.
pub(super) fn group(set: &str, want: &Want) -> Option<RuleCommands> {
    let (protocol, first, last) = service(want)?;
    let (list, member) = match want.family {
        Family::V4 => ("IpRanges", "CidrIp"),
        Family::V6 => ("Ipv6Ranges", "CidrIpv6"),
    };
    let permission = json!({"IpProtocol": protocol, "FromPort": first, "ToPort": last,
        list: [{member: want.block()}]});
    let command = |verb| aws_permission(verb, set, want.direction, &permission);
    Some(RuleCommands {
        add: command("authorize"),
        undo: command("revoke"),
    })
}

/// An entry with the highest free number below the one that stops the packet.
pub(super) fn acl(
    layer: &Layer,
    set: &str,
    want: &Want,
    stop: Option<&MatchingRule>,
) -> Option<RuleCommands> {
    let (protocol, first, last) = service(want)?;
    let used = numbers(layer, set, want.direction);
    let stop = match stop {
        Some(stop) if stop.rule.starts_with("* ") => None,
        Some(stop) => Some(number(&stop.rule)?),
        None => None,
    };
    let own = free(&used, stop, USERS)?.to_string();
    let way = match want.direction {
        Direction::Inbound => "--ingress",
        Direction::Outbound => "--egress",
    };
    let place = ["--network-acl-id", set, way, "--rule-number", &own];
    let cidr = match want.family {
        Family::V4 => "--cidr-block",
        Family::V6 => "--ipv6-cidr-block",
    };
    let (flag, bounds, protocol) = match want.protocol {
        Protocol::Tcp(_) | Protocol::Udp(_) => {
            ("--port-range", format!("From={first},To={last}"), protocol)
        }
        Protocol::Icmp(..) => {
            let number = match want.family {
                Family::V4 => "1",
                Family::V6 => "58",
            };
            (
                "--icmp-type-code",
                format!("Type={first},Code={last}"),
                number,
            )
        }
    };
    let block = want.block();
    let rest = [
        "--protocol",
        protocol,
        "--rule-action",
        "allow",
        cidr,
        &block,
        flag,
        &bounds,
    ];
    let words = |verb: &str, rest: &[&str]| {
        let all = ["aws", "ec2", verb].into_iter().chain(place);
        line(
            &all.chain(rest.iter().copied())
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
    };
    Some(RuleCommands {
        add: words("create-network-acl-entry", &rest),
        undo: words("delete-network-acl-entry", &[]),
    })
}

/// The protocol, and its ports, or the type and the code of a message, -1 for any.
fn service(want: &Want) -> Option<(&'static str, i64, i64)> {
    if want.source_port.is_some() {
        return None;
    }
    let (first, last) = CLIENT_PORTS;
    match (want.protocol, want.family) {
        (Protocol::Tcp(_), _) if want.answers => Some(("tcp", first.into(), last.into())),
        (Protocol::Udp(_), _) if want.answers => Some(("udp", first.into(), last.into())),
        // Which type answers which is not for us to tell.
        (Protocol::Icmp(..), _) if want.answers => None,
        (Protocol::Tcp(port), _) => Some(("tcp", port.into(), port.into())),
        (Protocol::Udp(port), _) => Some(("udp", port.into(), port.into())),
        (Protocol::Icmp(None, Some(_)), _) => None,
        (Protocol::Icmp(kind, code), family) => {
            let word = match family {
                Family::V4 => "icmp",
                Family::V6 => "icmpv6",
            };
            let bound = |value: Option<u8>| value.map_or(-1, i64::from);
            Some((word, bound(kind), bound(code)))
        }
    }
}

/// The numbers that users may give.
const USERS: (i64, i64) = (1, 32_766);
