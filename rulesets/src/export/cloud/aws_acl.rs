//! Network ACLs of AWS: `create-network-acl-entry`, `aws_network_acl_rule`.
//!
//! <https://docs.aws.amazon.com/cli/latest/reference/ec2/create-network-acl-entry.html>,
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/network_acl_rule>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, resource, text as member};
use super::value::{items, number, text, word};
use super::{CloudList, Placed, line};
use crate::flow::Direction;
use crate::json_document::ip_protocol;
use serde_json::Value;

pub(super) fn commands(list: &CloudList, target: &str) -> Vec<String> {
    let line = |rule: Placed<'_>| match number_of(&rule) {
        LAST.. => rule.own(),
        _ => command(&rule, target),
    };
    entries(&list.body).map(line).collect()
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Vec<String> {
    let block = |rule: Placed<'_>| match number_of(&rule) {
        LAST.. => rule.own() + "\n",
        number => {
            let label = format!("{target}_{}_{number}", rule.direction);
            resource("aws_network_acl_rule", &label, &members(&rule, target))
        }
    };
    entries(&list.body).map(block).collect()
}

fn entries(body: &Value) -> impl Iterator<Item = Placed<'_>> {
    let mut all: Vec<&Value> = items(body, "Entries").iter().collect();
    let egress = |item: &Value| item.get("Egress").and_then(Value::as_bool) == Some(true);
    all.sort_by_key(|item| (egress(item), number(item, "RuleNumber")));
    let inbound = all.iter().filter(|item| !egress(item)).count();
    all.into_iter()
        .enumerate()
        .map(move |(place, item)| Placed {
            direction: if place < inbound {
                Direction::Inbound
            } else {
                Direction::Outbound
            },
            index: place.checked_sub(inbound).unwrap_or(place),
            item,
        })
}

fn number_of(rule: &Placed<'_>) -> i64 {
    number(rule.item, "RuleNumber").unwrap_or_default()
}

/// The protocol's number, which the API writes, and -1 for all.
fn protocol(rule: &Placed<'_>) -> (Option<u8>, String) {
    let known = text(rule.item, "Protocol").and_then(ip_protocol);
    (
        known,
        known.map_or_else(|| "-1".to_owned(), |number| number.to_string()),
    )
}

/// The ports of TCP and UDP, or the type and code of an ICMP message; -1 is any.
fn bounds(rule: &Placed<'_>, names: [&str; 3]) -> [String; 2] {
    let [holder, first, last] = names;
    let open = if holder == "PortRange" {
        ["0", "65535"]
    } else {
        ["-1", "-1"]
    };
    let given = rule.item.get(holder).filter(|holder| {
        let any = number(holder, first).is_none_or(|port| port < 0);
        holder.is_object()
            && (holder.get(first).is_some() || holder.get(last).is_some())
            && !(any && open[0] == "0")
    });
    let one = |name: &str, open: &str| {
        let value = given.and_then(|holder| word(holder, name));
        value.unwrap_or_else(|| open.to_owned())
    };
    [one(first, open[0]), one(last, open[1])]
}

fn command(rule: &Placed<'_>, target: &str) -> String {
    let way = match rule.direction {
        Direction::Inbound => "--ingress",
        Direction::Outbound => "--egress",
    };
    let (known, protocol) = protocol(rule);
    let mut words: Vec<String> = [
        "aws",
        "ec2",
        "create-network-acl-entry",
        "--network-acl-id",
        target,
        way,
    ]
    .map(str::to_owned)
    .to_vec();
    let mut push = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
    push("--rule-number", number_of(rule).to_string());
    push("--protocol", protocol);
    push(
        "--rule-action",
        text(rule.item, "RuleAction").unwrap_or_default().to_owned(),
    );
    for (flag, name) in [
        ("--cidr-block", "CidrBlock"),
        ("--ipv6-cidr-block", "Ipv6CidrBlock"),
    ] {
        if let Some(block) = text(rule.item, name) {
            push(flag, block.to_owned());
        }
    }
    match known {
        Some(6 | 17) => {
            let [first, last] = bounds(rule, PORTS);
            push("--port-range", format!("From={first},To={last}"));
        }
        Some(1 | 58) => {
            let [kind, code] = bounds(rule, ICMP);
            push("--icmp-type-code", format!("Type={kind},Code={code}"));
        }
        _ => {}
    }
    line(&words)
}

fn members(rule: &Placed<'_>, target: &str) -> Vec<Member> {
    let (known, protocol) = protocol(rule);
    let mut members = vec![
        member("network_acl_id", target),
        ("rule_number", Hcl::Number(number_of(rule))),
        ("egress", Hcl::Flag(rule.direction == Direction::Outbound)),
        member("protocol", protocol),
        member(
            "rule_action",
            text(rule.item, "RuleAction").unwrap_or_default(),
        ),
    ];
    for (name, own) in [
        ("cidr_block", "CidrBlock"),
        ("ipv6_cidr_block", "Ipv6CidrBlock"),
    ] {
        members.extend(text(rule.item, own).map(|block| member(name, block)));
    }
    let (names, bounds) = match known {
        Some(6 | 17) => (["from_port", "to_port"], bounds(rule, PORTS)),
        Some(1 | 58) => (["icmp_type", "icmp_code"], bounds(rule, ICMP)),
        _ => return members,
    };
    let numbers = names.into_iter().zip(bounds);
    members
        .extend(numbers.filter_map(|(name, bound)| Some((name, Hcl::Number(bound.parse().ok()?)))));
    members
}

/// The number from which an entry is the vendor's own.
const LAST: i64 = 32_767;
const PORTS: [&str; 3] = ["PortRange", "From", "To"];
const ICMP: [&str; 3] = ["IcmpTypeCode", "Type", "Code"];
