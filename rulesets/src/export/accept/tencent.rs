//! One accept among the entries of a network ACL of Tencent Cloud.
//!
//! `ModifyNetworkAclEntries` puts a whole list of one direction in the place of the one that is there, so
//! that the command carries every entry, and the way back is the list as it was.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{RuleCommands, Want};
use crate::export::cloud::tencent_entries;
use crate::flow::{Direction, Family};
use crate::layer::Layer;
use crate::program::Rule;
use crate::verdict::MatchingRule;
use serde_json::{Map, Value, json};

/// Entries of three fields and inbound alone: which port an outbound entry means, the vendor leaves
/// open, and those of five fields cannot be told from their list.
pub(super) fn acl(
    layer: &Layer,
    set: &str,
    want: &Want,
    stop: Option<&MatchingRule>,
) -> Option<RuleCommands> {
    if want.direction == Direction::Outbound {
        return None;
    }
    let (protocol, port) = want.plain()?;
    let [list] = layer.lists(want.direction) else {
        return None;
    };
    let before: Vec<Value> = list.rules.iter().map(entry).collect::<Option<_>>()?;
    let place = match stop {
        None => before.len(),
        Some(stop) => list
            .rules
            .iter()
            .position(|rule| rule.index == stop.index)?,
    };
    let member = match want.family {
        Family::V4 => "CidrBlock",
        Family::V6 => "Ipv6CidrBlock",
    };
    // An ACL knows no other word for ICMPv6.
    let protocol = if protocol == "icmpv6" {
        "icmp"
    } else {
        protocol
    };
    let ports = port.map_or_else(|| "ALL".to_owned(), |port| port.to_string());
    let mut after = before.clone();
    let own =
        json!({"Protocol": protocol, "Port": ports, member: want.block(), "Action": "ACCEPT"});
    after.insert(place, own);
    let command = |entries: Vec<Value>| tencent_entries(set, &json!({"Ingress": entries}));
    Some(RuleCommands {
        add: command(after),
        undo: command(before),
    })
}

/// An entry by its own text, `ACTION PROTOCOL [PORT] from BLOCK`; `None` when it is none of these.
fn entry(rule: &Rule) -> Option<Value> {
    let words: Vec<&str> = rule.text.split_whitespace().collect();
    let (action, protocol, port, block) = match words[..] {
        [action, protocol, "from", block] => (action, protocol, "ALL", block),
        [action, protocol, port, "from", block] => (action, protocol, port, block),
        _ => return None,
    };
    let cut = |text: &str| text.contains(['…', '\\']);
    if cut(&rule.text) || cut(&rule.description) || !block.contains(['.', ':']) {
        return None;
    }
    let member = if block.contains(':') {
        "Ipv6CidrBlock"
    } else {
        "CidrBlock"
    };
    let mut entry = Map::from_iter([
        ("Action".to_owned(), json!(action)),
        ("Protocol".to_owned(), json!(protocol)),
        ("Port".to_owned(), json!(port)),
        (member.to_owned(), json!(block)),
    ]);
    if !rule.description.is_empty() {
        entry.insert("Description".to_owned(), json!(rule.description));
    }
    Some(Value::Object(entry))
}
