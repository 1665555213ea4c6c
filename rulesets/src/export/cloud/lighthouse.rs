//! The firewall of a Lighthouse instance: `tccli lighthouse CreateFirewallRules` (lighthouse
//! 2020-03-24), `tencentcloud_lighthouse_firewall_rule`.
//!
//! <https://registry.terraform.io/providers/tencentcloudstack/tencentcloud/latest/docs/resources/lighthouse_firewall_rule>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, resource, text as member};
use super::value::{items, picked, text, word};
use super::{CloudList, ExportError, Placed, line};
use crate::flow::Direction;
use crate::text::json_line;
use serde_json::Value;

pub(super) fn commands(list: &CloudList, target: &str) -> Vec<String> {
    let rules: Vec<Value> = rules(list)
        .map(|rule| Value::Object(picked(rule.item, &MEMBERS)))
        .collect();
    if rules.is_empty() {
        return Vec::new();
    }
    let rules = json_line(&Value::Array(rules));
    let words = [
        "tccli",
        "lighthouse",
        "CreateFirewallRules",
        "--InstanceId",
        target,
        "--FirewallRules",
        &rules,
    ];
    vec![line(&words.map(str::to_owned))]
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let mut members = vec![member("instance_id", target)];
    for rule in rules(list) {
        let protocol = text(rule.item, "Protocol")
            .unwrap_or_default()
            .to_ascii_uppercase();
        if text(rule.item, "Ipv6CidrBlock").is_some() || protocol == "ICMPV6" {
            return Err(list.refuse(
                &rule,
                "the provider takes IPv4 alone; use the commands form",
            ));
        }
        if !["TCP", "UDP", "ICMP", "ALL"].contains(&protocol.as_str()) {
            return Err(list.refuse(
                &rule,
                "the provider has no word for its protocol; use the commands form",
            ));
        }
        let mut inner: Vec<Member> = vec![member("protocol", protocol)];
        for (name, own) in [
            ("port", "Port"),
            ("cidr_block", "CidrBlock"),
            ("action", "Action"),
            ("firewall_rule_description", "FirewallRuleDescription"),
        ] {
            inner.extend(word(rule.item, own).map(|value| member(name, value)));
        }
        members.push(("firewall_rules", Hcl::Block(inner)));
    }
    if members.len() == 1 {
        return Ok(Vec::new());
    }
    let kind = "tencentcloud_lighthouse_firewall_rule";
    Ok(vec![resource(kind, target, &members)])
}

fn rules(list: &CloudList) -> impl Iterator<Item = Placed<'_>> {
    let all = items(&list.body, "FirewallRuleSet").iter().enumerate();
    all.map(|(index, item)| Placed {
        direction: Direction::Inbound,
        index,
        item,
    })
}

/// The members of a rule that a request takes.
const MEMBERS: [&str; 6] = [
    "Protocol",
    "Port",
    "CidrBlock",
    "Ipv6CidrBlock",
    "Action",
    "FirewallRuleDescription",
];
