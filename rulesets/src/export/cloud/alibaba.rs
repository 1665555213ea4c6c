//! Security groups of Alibaba Cloud: `aliyun ecs AuthorizeSecurityGroup`, `alicloud_security_group_rule`.
//!
//! ECS 2014-05-26, `AuthorizeSecurityGroup` and `AuthorizeSecurityGroupEgress`;
//! <https://registry.terraform.io/providers/aliyun/alicloud/latest/docs/resources/security_group_rule>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, resource, text as member};
use super::value::{is_name, items, text, word};
use super::{CloudList, ExportError, Placed, line};
use crate::flow::Direction;
use serde_json::Value;

pub(super) fn commands(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let region = text(&list.body, "RegionId").filter(|region| is_name(region));
    let mut lines = Vec::new();
    for rule in rules(&list.body) {
        named(list, &rule)?;
        let (names, _) = members_of(rule.direction);
        let members = names
            .iter()
            .filter_map(|name| Some((*name, word(rule.item, name)?)));
        let members: Vec<(&str, String)> = members.collect();
        lines.push(command(
            "Authorize",
            region,
            target,
            rule.direction,
            &members,
        ));
    }
    Ok(lines)
}

/// The command that does this to a rule: `Authorize` adds it, `Revoke` takes it away.
pub(in super::super) fn command(
    verb: &str,
    region: Option<&str>,
    group: &str,
    direction: Direction,
    members: &[(&str, String)],
) -> String {
    let way = match direction {
        Direction::Inbound => "",
        Direction::Outbound => "Egress",
    };
    let action = format!("{verb}SecurityGroup{way}");
    let mut words = ["aliyun", "ecs", &action].map(str::to_owned).to_vec();
    words.extend(region.map(|region| format!("--RegionId={region}")));
    words.push(format!("--SecurityGroupId={group}"));
    let own = members.iter();
    words.extend(own.map(|(name, value)| format!("--Permissions.1.{name}={value}")));
    line(&words)
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let mut blocks = Vec::new();
    for rule in rules(&list.body) {
        named(list, &rule)?;
        let mut members = vec![
            member("security_group_id", target),
            member(
                "type",
                match rule.direction {
                    Direction::Inbound => "ingress",
                    Direction::Outbound => "egress",
                },
            ),
        ];
        members.extend(service(list, &rule)?);
        let (_, far) = members_of(rule.direction);
        for (name, own) in far {
            members.extend(text(rule.item, own).map(|value| member(name, value)));
        }
        members.extend(text(rule.item, "Description").map(|said| member("description", said)));
        let label = rule.label(target);
        blocks.push(resource("alicloud_security_group_rule", &label, &members));
    }
    Ok(blocks)
}

fn service(list: &CloudList, rule: &Placed<'_>) -> Result<Vec<Member>, ExportError> {
    let near = match rule.direction {
        Direction::Inbound => ["DestCidrIp", "Ipv6DestCidrIp"],
        Direction::Outbound => ["SourceCidrIp", "Ipv6SourceCidrIp"],
    };
    let says = |name: &str| text(rule.item, name).is_some();
    let lists = ["PortRangeListId", "SourcePortRangeListId"];
    if near.iter().chain(&lists).any(|name| says(name)) {
        return Err(list.refuse(
            rule,
            "the provider has no word for its own address or a port list",
        ));
    }
    if text(rule.item, "SourcePortRange").is_some_and(|ports| ports != ANY) {
        return Err(list.refuse(
            rule,
            "the provider has no word for source ports; use the commands form",
        ));
    }
    let lower = |name: &str| {
        text(rule.item, name)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let protocol = match lower("IpProtocol").as_str() {
        "icmpv6" => {
            return Err(list.refuse(rule, "the provider has no ICMPv6; use the commands form"));
        }
        "-1" => "all".to_owned(),
        word => word.to_owned(),
    };
    let ported = matches!(protocol.as_str(), "tcp" | "udp");
    let ports = match text(rule.item, "PortRange").filter(|ports| *ports != ANY && ported) {
        Some(ports) => ports,
        None if ported => "1/65535",
        None => ANY,
    };
    let priority = word(rule.item, "Priority").and_then(|one| one.parse().ok());
    let mut members = vec![
        member("ip_protocol", protocol.as_str()),
        member("port_range", ports),
        member("policy", lower("Policy")),
        ("priority", Hcl::Number(priority.unwrap_or(1))),
    ];
    members.extend(text(rule.item, "NicType").map(|nic| member("nic_type", nic)));
    Ok(members)
}

/// Refuses a rule that names no far end: the vendor's pages do not say whom it is for.
fn named(list: &CloudList, rule: &Placed<'_>) -> Result<(), ExportError> {
    let (_, far) = members_of(rule.direction);
    let ends = far.iter().filter(|(name, _)| *name != OWNER);
    if ends
        .into_iter()
        .any(|(_, own)| text(rule.item, own).is_some())
    {
        Ok(())
    } else {
        Err(list.refuse(
            rule,
            "names no far end; write the address block into the rule",
        ))
    }
}

fn rules(body: &Value) -> Vec<Placed<'_>> {
    let all = body.get("Permissions");
    let all = all.map_or(&[][..], |inner| items(inner, "Permission"));
    let placed = all.iter().enumerate().map(|(index, item)| {
        let egress = text(item, "Direction").is_some_and(|way| way.eq_ignore_ascii_case("egress"));
        Placed {
            direction: if egress {
                Direction::Outbound
            } else {
                Direction::Inbound
            },
            index,
            item,
        }
    });
    placed.collect()
}

type Names = (&'static [&'static str], [(&'static str, &'static str); 5]);

/// The members of a rule as a request has them, and those of its far end as the provider has them.
fn members_of(direction: Direction) -> Names {
    match direction {
        Direction::Inbound => (
            &INBOUND,
            [
                ("cidr_ip", "SourceCidrIp"),
                ("ipv6_cidr_ip", "Ipv6SourceCidrIp"),
                ("source_security_group_id", "SourceGroupId"),
                ("prefix_list_id", "SourcePrefixListId"),
                (OWNER, "SourceGroupOwnerAccount"),
            ],
        ),
        Direction::Outbound => (
            &OUTBOUND,
            [
                ("cidr_ip", "DestCidrIp"),
                ("ipv6_cidr_ip", "Ipv6DestCidrIp"),
                ("source_security_group_id", "DestGroupId"),
                ("prefix_list_id", "DestPrefixListId"),
                (OWNER, "DestGroupOwnerAccount"),
            ],
        ),
    }
}

const INBOUND: [&str; 17] = [
    "Policy",
    "Priority",
    "IpProtocol",
    "PortRange",
    "PortRangeListId",
    "SourcePortRange",
    "SourceCidrIp",
    "Ipv6SourceCidrIp",
    "SourceGroupId",
    "SourceGroupOwnerAccount",
    "SourceGroupOwnerId",
    "SourcePrefixListId",
    "DestCidrIp",
    "Ipv6DestCidrIp",
    "SourcePortRangeListId",
    "NicType",
    "Description",
];
const OUTBOUND: [&str; 17] = [
    "Policy",
    "Priority",
    "IpProtocol",
    "PortRange",
    "PortRangeListId",
    "SourcePortRange",
    "DestCidrIp",
    "Ipv6DestCidrIp",
    "DestGroupId",
    "DestGroupOwnerAccount",
    "DestGroupOwnerId",
    "DestPrefixListId",
    "SourceCidrIp",
    "Ipv6SourceCidrIp",
    "SourcePortRangeListId",
    "NicType",
    "Description",
];
const OWNER: &str = "source_group_owner_account";
/// Every port.
const ANY: &str = "-1/-1";
