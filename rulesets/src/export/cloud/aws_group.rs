//! Security groups of AWS: `authorize-security-group-ingress`, `aws_vpc_security_group_ingress_rule`.
//!
//! <https://docs.aws.amazon.com/cli/latest/reference/ec2/authorize-security-group-ingress.html>,
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_security_group_ingress_rule>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, resource, text as member};
use super::value::{items, number, picked, text};
use super::{CloudList, ExportError, Placed, line};
use crate::flow::Direction;
use crate::json_document::{address_block, ip_protocol};
use crate::text::json_line;
use serde_json::{Map, Value, json};

pub(super) fn commands(list: &CloudList, target: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for (direction, index, permission) in permissions(&list.body) {
        let rule = Placed {
            direction,
            index,
            item: &permission,
        };
        if far_ends(&permission).is_empty() {
            lines.push(nobody(&rule));
            continue;
        }
        lines.push(command("authorize", target, direction, &permission));
    }
    lines
}

/// The command that does this to a permission: `authorize` adds it, `revoke` takes it away.
pub(in super::super) fn command(
    verb: &str,
    group: &str,
    direction: Direction,
    permission: &Value,
) -> String {
    let way = match direction {
        Direction::Inbound => "ingress",
        Direction::Outbound => "egress",
    };
    let list = json_line(&json!([permission]));
    line(
        &[
            "aws",
            "ec2",
            &format!("{verb}-security-group-{way}"),
            "--group-id",
            group,
            "--ip-permissions",
            &list,
        ]
        .map(str::to_owned),
    )
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let (mut blocks, mut counts) = (Vec::new(), [0, 0]);
    for (direction, index, permission) in permissions(&list.body) {
        let rule = Placed {
            direction,
            index,
            item: &permission,
        };
        let ends = far_ends(&permission);
        if ends.is_empty() {
            blocks.push(nobody(&rule) + "\n");
        }
        for (kind, end) in ends {
            let (way, count) = match direction {
                Direction::Inbound => ("ingress", &mut counts[0]),
                Direction::Outbound => ("egress", &mut counts[1]),
            };
            let mut members = vec![member("security_group_id", target)];
            members.extend(text(end, "Description").map(|said| member("description", said)));
            members.push(far_end(list, &rule, kind, end)?);
            members.extend(service(&permission));
            let label = format!("{target}_{direction}_{count}");
            *count += 1;
            let kind = format!("aws_vpc_security_group_{way}_rule");
            blocks.push(resource(&kind, &label, &members));
        }
    }
    Ok(blocks)
}

fn nobody(rule: &Placed<'_>) -> String {
    format!(
        "# {} permission {} names no far end and allows nothing: {}",
        rule.direction,
        rule.index,
        rule.said()
    )
}

/// The permissions of both directions with the members that a request takes. Those of
/// `describe-security-group-rules` have one far end each.
fn permissions(body: &Value) -> Vec<(Direction, usize, Value)> {
    let mut all = Vec::new();
    for (direction, name) in [
        (Direction::Inbound, "IpPermissions"),
        (Direction::Outbound, "IpPermissionsEgress"),
    ] {
        let own = items(body, name).iter().enumerate();
        all.extend(own.map(|(index, item)| (direction, index, whole(item))));
        let egress = direction == Direction::Outbound;
        let rules = items(body, "SecurityGroupRules").iter();
        let own =
            rules.filter(|rule| rule.get("IsEgress").and_then(Value::as_bool) == Some(egress));
        all.extend(
            own.enumerate()
                .map(|(index, rule)| (direction, index, single(rule))),
        );
    }
    all
}

fn whole(item: &Value) -> Value {
    let mut permission = transport(item);
    for (list, members) in LISTS {
        let ends = items(item, list).iter();
        let ends: Vec<Value> = ends
            .map(|end| Value::Object(end_members(end, members)))
            .collect();
        if !ends.is_empty() {
            permission.insert(list.to_owned(), Value::Array(ends));
        }
    }
    Value::Object(permission)
}

fn single(rule: &Value) -> Value {
    let mut permission = transport(rule);
    let pair = rule.get("ReferencedGroupInfo");
    for ((list, members), (own, name)) in LISTS.into_iter().zip(SINGLE) {
        let holder = if own == "ReferencedGroupInfo" {
            pair
        } else {
            Some(rule)
        };
        let named = |name: &str| holder.and_then(|holder| text(holder, name));
        let Some(value) = named(name.unwrap_or(own)).or_else(|| named("GroupName")) else {
            continue;
        };
        let mut end = match name {
            Some(_) => end_members(holder.unwrap_or(rule), members),
            None => Map::from_iter([(members[0].to_owned(), json!(value))]),
        };
        if let Some(said) = text(rule, "Description") {
            end.insert("Description".to_owned(), json!(said));
        }
        permission.insert(list.to_owned(), json!([end]));
    }
    Value::Object(permission)
}

/// The members of a far end; a group that has an id needs no name.
fn end_members(end: &Value, members: &[&str]) -> Map<String, Value> {
    let mut end = picked(end, members);
    if end.contains_key("GroupId") {
        end.remove("GroupName");
    }
    end
}

/// The protocol and its ports. TCP and UDP want their ports even where all are meant.
fn transport(item: &Value) -> Map<String, Value> {
    let mut permission = picked(item, &["IpProtocol", "FromPort", "ToPort"]);
    let protocol = text(item, "IpProtocol").and_then(ip_protocol);
    let any = number(item, "FromPort").is_none_or(|first| first < 0);
    if matches!(protocol, Some(6 | 17)) && any {
        permission.insert("FromPort".to_owned(), json!(0));
        permission.insert("ToPort".to_owned(), json!(u16::MAX));
    }
    permission
}

/// The far ends, each with the member that names it.
fn far_ends(permission: &Value) -> Vec<(&'static str, &Value)> {
    let all = LISTS.iter().flat_map(|(list, members)| {
        let ends = items(permission, list).iter();
        ends.map(move |end| (members[0], end))
    });
    all.collect()
}

fn far_end(
    list: &CloudList,
    rule: &Placed<'_>,
    kind: &str,
    end: &Value,
) -> Result<Member, ExportError> {
    let value = text(end, kind).unwrap_or_default();
    let name = match kind {
        "CidrIp" => "cidr_ipv4",
        "CidrIpv6" => "cidr_ipv6",
        "PrefixListId" => return Ok(member("prefix_list_id", value)),
        _ if value.is_empty() => {
            return Err(list.refuse(rule, "names a group by its name alone; write its id"));
        }
        _ => {
            let rules = items(&list.body, "SecurityGroupRules").first();
            let owner = rules.and_then(|rule| text(rule, "GroupOwnerId"));
            let owner = text(&list.body, "OwnerId").or(owner);
            let group = match (text(end, "UserId"), owner) {
                (Some(user), Some(owner)) if user != owner => format!("{user}/{value}"),
                _ => value.to_owned(),
            };
            return Ok(member("referenced_security_group_id", group));
        }
    };
    // The provider refuses a block with host bits.
    let block = address_block(value).map_or_else(|| value.to_owned(), |net| net.to_string());
    Ok(member(name, block))
}

/// The protocol and its ports, which the protocol -1 refuses.
fn service(permission: &Value) -> Vec<Member> {
    let word = text(permission, "IpProtocol").unwrap_or("-1");
    let all = word.eq_ignore_ascii_case("all") || word == "-1";
    let mut members = vec![member("ip_protocol", if all { "-1" } else { word })];
    for (name, own) in [("from_port", "FromPort"), ("to_port", "ToPort")] {
        let port = number(permission, own).filter(|_| !all);
        members.extend(port.map(|port| (name, Hcl::Number(port))));
    }
    members
}

/// The lists of far ends, each with the members that a request takes, the one that names it first.
const LISTS: [(&str, &[&str]); 4] = [
    ("IpRanges", &["CidrIp", "Description"]),
    ("Ipv6Ranges", &["CidrIpv6", "Description"]),
    ("PrefixListIds", &["PrefixListId", "Description"]),
    (
        "UserIdGroupPairs",
        &[
            "GroupId",
            "GroupName",
            "UserId",
            "VpcId",
            "VpcPeeringConnectionId",
            "Description",
        ],
    ),
];

/// The same as a single rule names them: the member, and its own member where it is an object.
const SINGLE: [(&str, Option<&str>); 4] = [
    ("CidrIpv4", None),
    ("CidrIpv6", None),
    ("PrefixListId", None),
    ("ReferencedGroupInfo", Some("GroupId")),
];
