//! Network ACLs of Tencent Cloud: `tccli vpc ModifyNetworkAclEntries` and
//! `CreateNetworkAclQuintupleEntries` (vpc 2017-03-12), `tencentcloud_vpc_acl` and
//! `tencentcloud_vpc_network_acl_quintuple`.
//!
//! <https://registry.terraform.io/providers/tencentcloudstack/tencentcloud/latest/docs/resources/vpc_acl>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, quoted, resource, text as member};
use super::value::{items, number, picked, text, word};
use super::{CloudList, ExportError, Placed, line};
use crate::flow::Direction;
use crate::text::json_line;
use serde_json::{Map, Value};

pub(super) fn commands(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let entries = entries(list)?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let names: &[&str] = if five(list) { &FIVE } else { &THREE };
    let mut set = Map::new();
    for (direction, name) in LISTS {
        let own = entries.iter().filter(|rule| rule.direction == direction);
        let own: Vec<Value> = own
            .map(|rule| Value::Object(picked(rule.item, names)))
            .collect();
        if !own.is_empty() {
            set.insert(name.to_owned(), Value::Array(own));
        }
    }
    let set = Value::Object(set);
    if five(list) {
        let action = "CreateNetworkAclQuintupleEntries";
        return Ok(vec![command(
            action,
            target,
            "NetworkAclQuintupleSet",
            &set,
        )]);
    }
    Ok(vec![
        "# puts these entries in the place of all that the ACL has in the same direction"
            .to_owned(),
        command(
            "ModifyNetworkAclEntries",
            target,
            "NetworkAclEntrySet",
            &set,
        ),
    ])
}

/// A command on the entries of an ACL.
pub(super) fn command(action: &str, acl: &str, member: &str, set: &Value) -> String {
    let member = format!("--{member}");
    let set = json_line(set);
    line(&["tccli", "vpc", action, "--NetworkAclId", acl, &member, &set].map(str::to_owned))
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let entries = entries(list)?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let block = if five(list) {
        quintuple(list, &entries, target)?
    } else {
        triple(list, &entries, target)?
    };
    Ok(vec![block])
}

/// `ACTION#CIDR#PORT#PROTOCOL#DESCRIPTION`, IPv4 alone; the resource makes an ACL of its own.
fn triple(list: &CloudList, entries: &[Placed<'_>], target: &str) -> Result<String, ExportError> {
    let network = text(&list.body, "VpcId");
    let network = network.ok_or_else(|| list.lacks("the answer does not say its VpcId"))?;
    let name = if list.name.is_empty() {
        target
    } else {
        &list.name
    };
    let members = [member("vpc_id", network), member("name", name)];
    let head = resource("tencentcloud_vpc_acl", target, &members);
    let mut lines = vec![head.trim_end().trim_end_matches('}').trim_end().to_owned()];
    for (direction, word) in [
        (Direction::Inbound, "ingress"),
        (Direction::Outbound, "egress"),
    ] {
        let mut own = entries
            .iter()
            .filter(|rule| rule.direction == direction)
            .peekable();
        if own.peek().is_none() {
            continue;
        }
        lines.push(format!("\n  {word} = ["));
        for rule in own {
            lines.push(format!("    {},", quoted(&short(list, rule)?)));
        }
        lines.push("  ]".to_owned());
    }
    Ok(lines.join("\n") + "\n}\n")
}

fn short(list: &CloudList, rule: &Placed<'_>) -> Result<String, ExportError> {
    let upper = |name: &str| {
        text(rule.item, name)
            .unwrap_or_default()
            .to_ascii_uppercase()
    };
    let Some(block) = text(rule.item, "CidrBlock") else {
        return Err(list.refuse(
            rule,
            "the provider takes IPv4 blocks alone; use the commands form",
        ));
    };
    let protocol = upper("Protocol");
    if !["TCP", "UDP", "ICMP", "ALL"].contains(&protocol.as_str()) {
        return Err(list.refuse(
            rule,
            "the provider has no word for its protocol; use the commands form",
        ));
    }
    let ports = word(rule.item, "Port").unwrap_or_else(|| "ALL".to_owned());
    if ports.contains(',') {
        return Err(list.refuse(
            rule,
            "the provider takes one port or range; split the entry",
        ));
    }
    let said = text(rule.item, "Description");
    if said.is_some_and(|said| said.contains('#')) {
        return Err(list.refuse(
            rule,
            "its remark has a `#`, which parts the provider's fields; change it",
        ));
    }
    let said = said.map(|said| format!("#{said}")).unwrap_or_default();
    Ok(format!(
        "{}#{block}#{}#{protocol}{said}",
        upper("Action"),
        ports.to_ascii_uppercase()
    ))
}

fn quintuple(
    list: &CloudList,
    entries: &[Placed<'_>],
    target: &str,
) -> Result<String, ExportError> {
    let mut blocks: Vec<Member> = Vec::new();
    for rule in entries {
        if ["SourceIPv6Cidr", "DestinationIPv6Cidr"]
            .iter()
            .any(|name| text(rule.item, name).is_some())
        {
            return Err(list.refuse(
                rule,
                "the provider takes IPv4 blocks alone; use the commands form",
            ));
        }
        let given = PROVIDER
            .iter()
            .filter_map(|(name, own)| Some(member(name, word(rule.item, own)?)));
        let mut members: Vec<Member> = given.collect();
        let priority = number(rule.item, "Priority");
        members.extend(priority.map(|priority| ("priority", Hcl::Number(priority))));
        let way = match rule.direction {
            Direction::Inbound => "ingress",
            Direction::Outbound => "egress",
        };
        blocks.push((way, Hcl::Block(members)));
    }
    let members = [
        member("network_acl_id", target),
        ("network_acl_quintuple_set", Hcl::Block(blocks)),
    ];
    Ok(resource(
        "tencentcloud_vpc_network_acl_quintuple",
        target,
        &members,
    ))
}

fn five(list: &CloudList) -> bool {
    list.body.get("NetworkAclQuintupleSet").is_some()
}

/// The entries of both directions in the order in which they are read, family by family.
fn entries(list: &CloudList) -> Result<Vec<Placed<'_>>, ExportError> {
    let kind = text(&list.body, "NetworkAclType").unwrap_or_default();
    let mut placed = Vec::new();
    for (direction, way) in LISTS {
        let all = if five(list) {
            items(&list.body, "NetworkAclQuintupleSet")
        } else {
            items(&list.body, &format!("{way}Entries"))
        };
        let own = |item: &&Value| {
            let said = text(item, "NetworkAclDirection");
            !five(list) || said.is_some_and(|said| said.eq_ignore_ascii_case(way))
        };
        let mut all: Vec<&Value> = all.iter().filter(own).collect();
        if all.iter().all(|item| number(item, "Priority").is_some()) {
            let six = |item: &Value| SIX.iter().any(|name| text(item, name).is_some());
            all.sort_by_key(|item| (six(item), number(item, "Priority")));
        }
        placed.extend(all.into_iter().enumerate().map(|(index, item)| Placed {
            direction,
            index,
            item,
        }));
    }
    if placed.is_empty() && kind.eq_ignore_ascii_case("QUINTUPLE") && !five(list) {
        let what = "its entries are not at hand: give the answer of DescribeNetworkAclQuintupleEntries too";
        return Err(list.lacks(what));
    }
    Ok(placed)
}

const LISTS: [(Direction, &str); 2] = [
    (Direction::Inbound, "Ingress"),
    (Direction::Outbound, "Egress"),
];
const SIX: [&str; 3] = ["Ipv6CidrBlock", "SourceIPv6Cidr", "DestinationIPv6Cidr"];
/// The members of an entry of three fields that a request takes.
const THREE: [&str; 6] = [
    "Protocol",
    "Port",
    "CidrBlock",
    "Ipv6CidrBlock",
    "Action",
    "Description",
];
/// The members of an entry of five fields that a request takes.
const FIVE: [&str; 10] = [
    "Protocol",
    "SourceCidr",
    "SourceIPv6Cidr",
    "SourcePort",
    "DestinationCidr",
    "DestinationIPv6Cidr",
    "DestinationPort",
    "Action",
    "Description",
    "Priority",
];
const PROVIDER: [(&str, &str); 7] = [
    ("protocol", "Protocol"),
    ("description", "Description"),
    ("source_port", "SourcePort"),
    ("source_cidr", "SourceCidr"),
    ("destination_port", "DestinationPort"),
    ("destination_cidr", "DestinationCidr"),
    ("action", "Action"),
];
