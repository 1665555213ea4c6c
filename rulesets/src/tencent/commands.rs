//! Commands of `tccli`, the vendor's command line, as text to run in a POSIX-like shell (bash, zsh).
//!
//! `ModifySecurityGroupPolicies` is never used: it replaces both directions, and a version of 0
//! wipes every rule.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Direction;
use crate::rule::{Peer, Rule, Service, ServiceMembers};
use crate::text::{json_line, shell_word};
use ipnet::IpNet;
use serde_json::{Map, Value, json};

/// Puts one rule at `position` (0 is the top) of one direction of a group. With the version at hand
/// the vendor refuses the change when somebody else changed the rules meanwhile.
pub fn create_rule_command(
    group_id: &str,
    version: Option<&str>,
    direction: Direction,
    position: usize,
    rule: &Rule,
) -> String {
    let mut policy = policy(rule);
    policy.insert("PolicyIndex".to_owned(), json!(position));
    if !rule.description.is_empty() {
        policy.insert("PolicyDescription".to_owned(), json!(rule.description));
    }
    let mut set = Map::new();
    if let Some(version) = version {
        set.insert("Version".to_owned(), json!(version));
    }
    set.insert(list(direction).to_owned(), json!([policy]));
    policies_command("CreateSecurityGroupPolicies", group_id, set)
}

/// Puts rules, in this order, behind those that one direction of a group has.
pub(crate) fn create_rules_command(group_id: &str, direction: Direction, rules: &[Rule]) -> String {
    let list_of = rules.iter().map(described).map(Value::Object).collect();
    let set = Map::from_iter([(list(direction).to_owned(), Value::Array(list_of))]);
    policies_command("CreateSecurityGroupPolicies", group_id, set)
}

/// A rule as the vendor's `SecurityGroupPolicy`, with its remark.
pub(crate) fn described(rule: &Rule) -> Map<String, Value> {
    let mut policy = policy(rule);
    if !rule.description.is_empty() {
        policy.insert("PolicyDescription".to_owned(), json!(rule.description));
    }
    policy
}

/// Takes one rule out of one direction of a group: the way back from [`create_rule_command`]. The
/// rule is named by its content, since positions shift with every change.
pub fn delete_rule_command(group_id: &str, direction: Direction, rule: &Rule) -> String {
    let mut set = Map::new();
    set.insert(list(direction).to_owned(), json!([policy(rule)]));
    policies_command("DeleteSecurityGroupPolicies", group_id, set)
}

/// Binds exactly these groups to an instance, the first with the highest priority. It replaces the
/// whole list; `AssociateSecurityGroups` would append, below every deny that is there.
pub fn bind_order_command(instance: &str, ids: &[String]) -> String {
    format!(
        "tccli cvm ModifyInstancesAttribute --InstanceIds {} --SecurityGroups {}",
        shell_word(&json_line(&json!([instance]))),
        shell_word(&json_line(&json!(ids)))
    )
}

/// Lists the interfaces that are members of a group.
pub(crate) fn group_members(id: &str) -> String {
    filtered("DescribeNetworkInterfaces", "groups.security-group-id", id)
}

/// Lists the members of an address template, or of a group of them.
pub(crate) fn address_template_members(id: &str) -> String {
    if id.starts_with("ipmg-") {
        let filter = "address-template-group-id";
        filtered("DescribeAddressTemplateGroups", filter, id)
    } else {
        filtered("DescribeAddressTemplates", "address-template-id", id)
    }
}

/// Lists the members of a service template, or of a group of them.
pub(crate) fn service_template_members(id: &str) -> String {
    if id.starts_with("ppmg-") {
        let filter = "service-template-group-id";
        filtered("DescribeServiceTemplateGroups", filter, id)
    } else {
        filtered("DescribeServiceTemplates", "service-template-id", id)
    }
}

fn filtered(action: &str, filter: &str, id: &str) -> String {
    let filters = json!([{"Name": filter, "Values": [id]}]);
    format!(
        "tccli vpc {action} --Filters {}",
        shell_word(&json_line(&filters))
    )
}

fn policies_command(action: &str, group_id: &str, set: Map<String, Value>) -> String {
    format!(
        "tccli vpc {action} --SecurityGroupId {} --SecurityGroupPolicySet {}",
        shell_word(group_id),
        shell_word(&json_line(&Value::Object(set)))
    )
}

fn list(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "Ingress",
        Direction::Outbound => "Egress",
    }
}

/// A rule as the vendor's `SecurityGroupPolicy`. Ports go with TCP and UDP, and with ALL, where the
/// vendor wants the word ALL; ICMP and GRE refuse them.
fn policy(rule: &Rule) -> Map<String, Value> {
    let (protocol, port) = match &rule.service {
        Service::All => ("ALL", Some("ALL".to_owned())),
        Service::Tcp(ports) => ("TCP", Some(ports.to_string())),
        Service::Udp(ports) => ("UDP", Some(ports.to_string())),
        Service::Icmp => ("ICMP", None),
        Service::Icmpv6 => ("ICMPV6", None),
        Service::Gre => ("GRE", None),
        Service::Template(_) | Service::Members(_) => ("", None),
    };
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if let Service::Template(id) | Service::Members(ServiceMembers { of: id, .. }) = &rule.service {
        let member = template_member(id, "ppmg-", "ServiceId", "ServiceGroupId");
        set("ServiceTemplate", json!({ member: id }));
    } else {
        set("Protocol", json!(protocol));
    }
    if let Some(port) = port {
        set("Port", json!(port));
    }
    match rule.peer.named() {
        Peer::Net(IpNet::V4(net)) => set("CidrBlock", json!(net.to_string())),
        Peer::Net(IpNet::V6(net)) => set("Ipv6CidrBlock", json!(net.to_string())),
        Peer::All => set("CidrBlock", json!("0.0.0.0/0")),
        Peer::Group(id) => set("SecurityGroupId", json!(id)),
        Peer::Template(id) => {
            let member = template_member(id, "ipmg-", "AddressId", "AddressGroupId");
            set("AddressTemplate", json!({ member: id }))
        }
        Peer::Unnamed | Peer::Members(_) => None,
    };
    set("Action", json!(rule.action.to_string()));
    members
}

fn template_member(
    id: &str,
    group_prefix: &str,
    one: &'static str,
    group: &'static str,
) -> &'static str {
    if id.starts_with(group_prefix) {
        group
    } else {
        one
    }
}
