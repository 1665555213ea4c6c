//! Network ACLs (`describe-network-acls`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::permission::of_entry;
use super::reference::id;
use crate::document::{Document, NamedLayer};
use crate::far_end::{Ends, Side};
use crate::flow::Direction;
use crate::json_document::{Fault, Node, ReadError, address_block, quoted};
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Rule, Step, Verdict};
use crate::text::shown;
use std::collections::BTreeSet;

/// Reads `NetworkAcls`, whose entries may stand in any order.
pub(super) fn read(root: &Node<'_>, out: &mut Document) -> Result<(), ReadError> {
    let mut ids = BTreeSet::new();
    for node in root.few("NetworkAcls")? {
        let id = id(&node, "NetworkAclId", "the ACL's id")?;
        if !ids.insert(id) {
            return Err(node.fault_at("NetworkAclId", Fault::Repeated(id.to_owned())));
        }
        if node.member("Entries")?.is_none() {
            return Err(node.fault_at("Entries", Fault::Missing("the entries of the ACL")));
        }
        let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
        for entry in node.items("Entries")? {
            let (direction, number, rule) = read_entry(&entry)?;
            let list = match direction {
                Direction::Inbound => &mut inbound,
                Direction::Outbound => &mut outbound,
            };
            list.push((number, entry, rule));
        }
        let chain = |direction: Direction, rules| Chain {
            set: id.to_owned(),
            name: direction.to_string(),
            rules,
        };
        let inbound = chain(Direction::Inbound, sorted(inbound)?);
        let outbound = chain(Direction::Outbound, sorted(outbound)?);
        let mut attached = Vec::new();
        for association in node.items("Associations")? {
            attached.extend(
                association
                    .text("SubnetId")?
                    .map(|subnet| shown(subnet, 64)),
            );
        }
        out.lists.push(NamedLayer {
            id: id.to_owned(),
            name: name_tag(&node, "Tags")?,
            layer: layer(id, inbound, outbound),
            is_default: node.flag("IsDefault")?.unwrap_or(false),
            attached,
            combines: false,
            targets: Vec::new(),
        });
    }
    Ok(())
}

/// The value of the tag `Name`, by which the console shows an object.
pub(super) fn name_tag(node: &Node<'_>, list: &str) -> Result<String, ReadError> {
    for tag in node.items(list)? {
        if tag.text("Key")? == Some("Name") {
            return Ok(shown(tag.text("Value")?.unwrap_or_default(), 100));
        }
    }
    Ok(String::new())
}

fn read_entry(entry: &Node<'_>) -> Result<(Direction, i64, Rule), ReadError> {
    let Some(egress) = entry.flag("Egress")? else {
        return Err(entry.fault_at("Egress", Fault::Missing("true or false")));
    };
    let direction = if egress {
        Direction::Outbound
    } else {
        Direction::Inbound
    };
    let Some(number) = entry.number("RuleNumber")? else {
        return Err(entry.fault_at(
            "RuleNumber",
            Fault::Missing("the number that orders the entries"),
        ));
    };
    let action = entry.need("RuleAction", "allow or deny")?;
    let verdict = match action {
        "allow" => Verdict::Accept,
        "deny" => Verdict::Drop,
        other => {
            let fault = Fault::Value {
                value: quoted(other),
                expected: "allow or deny",
            };
            return Err(entry.fault_at("RuleAction", fault));
        }
    };
    let service = of_entry(entry)?;
    let (ends, peer) = read_block(entry)?;
    let mut steps = service.steps;
    steps.extend(ends.step(Side::far(direction)));
    steps.push(Step::Verdict(verdict));
    let said = if number >= LAST {
        "*".to_owned()
    } else {
        number.to_string()
    };
    let rule = Rule {
        index: 0,
        handle: None,
        text: format!(
            "{said} {action} {} {} {peer}",
            service.text,
            direction.joint()
        ),
        description: String::new(),
        steps,
    };
    Ok((direction, number, rule))
}

fn read_block(entry: &Node<'_>) -> Result<(Ends, String), ReadError> {
    let (v4, v6) = (entry.text("CidrBlock")?, entry.text("Ipv6CidrBlock")?);
    let (name, text) = match (v4, v6) {
        (Some(text), None) => ("CidrBlock", text),
        (None, Some(text)) => ("Ipv6CidrBlock", text),
        (Some(_), Some(_)) => return Err(entry.fault(Fault::Both("CidrBlock", "Ipv6CidrBlock"))),
        (None, None) => return Err(entry.fault_at("CidrBlock", Fault::Missing("a CIDR block"))),
    };
    let mut ends = Ends::default();
    match address_block(text) {
        Some(net) if net.addr().is_ipv6() == v6.is_some() => {
            ends.add_block(&net);
            Ok((ends, shown(text, 60)))
        }
        _ => {
            let fault = Fault::Value {
                value: quoted(text),
                expected: "a CIDR block of the family its name says",
            };
            Err(entry.fault_at(name, fault))
        }
    }
}

/// Entries by rule number, lowest first. Only the last, which the vendor writes `*`, may be there
/// twice, once for each family.
fn sorted(mut entries: Vec<(i64, Node<'_>, Rule)>) -> Result<Vec<Rule>, ReadError> {
    entries.sort_by_key(|(number, ..)| *number);
    for pair in entries.windows(2) {
        let number = pair[1].0;
        if pair[0].0 == number && number < LAST {
            let fault = Fault::Repeated(number.to_string());
            return Err(pair[1].1.fault_at("RuleNumber", fault));
        }
    }
    let rules = entries.into_iter().enumerate();
    Ok(rules
        .map(|(index, (.., rule))| Rule { index, ..rule })
        .collect())
}

fn layer(id: &str, inbound: Chain, outbound: Chain) -> Layer {
    let fallback = Fallback {
        set: id.to_owned(),
        verdict: Verdict::Drop,
        text: "the rule `*` denies".to_owned(),
    };
    Layer {
        kind: LayerKind::NetworkAcl,
        provider: "aws".to_owned(),
        stateful: false,
        inbound: vec![inbound],
        outbound: vec![outbound],
        inbound_fallback: fallback.clone(),
        outbound_fallback: fallback,
        sets: Vec::new(),
        remarks: REMARKS.map(str::to_owned).to_vec(),
    }
}

/// The number from which the vendor shows a rule as `*`; a user's own rule has at most 32766.
const LAST: i64 = 32_767;

/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html> and `vpc-network-acls.html`.
const REMARKS: [&str; 2] = [
    "a network ACL is asked when a packet enters or leaves the subnet, not between instances of one subnet",
    "a network ACL does not filter the provider's own DNS, DHCP, instance metadata, time and licence services",
];
