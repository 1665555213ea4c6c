//! A network security group.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::prefix::last_part;
use super::properties;
use super::rule::{self, Placed};
use crate::document::{Document, NamedLayer};
use crate::flow::Direction;
use crate::json_document::{Fault, Node, ReadError};
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Rule, Verdict};
use crate::text::shown;
use serde_json::{Value, json};

/// Reads one group. Where the default rules are not in the answer, those that every group has are taken.
pub(super) fn read(node: &Node<'_>, out: &mut Document) -> Result<(), ReadError> {
    let inner = properties(node)?;
    let full = node.text("id")?;
    let name = match (node.text("name")?, full) {
        (Some(name), _) => name,
        (None, Some(id)) => last_part(id),
        (None, None) => return Err(node.fault_at("name", Fault::Missing("the group's name"))),
    };
    let set = shown(name, 80);
    let defaults = default_rules();
    let mut placed = Vec::new();
    for rule in inner.items("securityRules")? {
        placed.push(rule::read(&rule)?);
    }
    if inner.member("defaultSecurityRules")?.is_some() {
        for rule in inner.items("defaultSecurityRules")? {
            placed.push(rule::read(&rule)?);
        }
    } else {
        for rule in Node::root(&defaults).list()? {
            placed.push(rule::read(&rule)?);
        }
    }
    let id = full.map_or_else(|| set.clone(), |id| shown(&id.to_ascii_lowercase(), 300));
    if out.lists.iter().any(|list| list.id == id) {
        return Err(node.fault_at("id", Fault::Repeated(set)));
    }
    placed.sort_by_key(|one| one.priority);
    let mut attached = Vec::new();
    for list in ["subnets", "networkInterfaces"] {
        for one in inner.items(list)? {
            attached.extend(
                one.text("id")?
                    .map(|id| shown(&id.to_ascii_lowercase(), 300)),
            );
        }
    }
    out.lists.push(NamedLayer {
        id,
        layer: Layer {
            kind: LayerKind::SecurityGroup,
            provider: "azure".to_owned(),
            stateful: true,
            inbound: vec![chain(&set, Direction::Inbound, &placed)?],
            outbound: vec![chain(&set, Direction::Outbound, &placed)?],
            inbound_fallback: fallback(&set),
            outbound_fallback: fallback(&set),
            sets: Vec::new(),
            remarks: REMARKS.map(str::to_owned).to_vec(),
        },
        name: set,
        is_default: false,
        attached,
        combines: false,
        targets: Vec::new(),
    });
    Ok(())
}

fn chain(set: &str, direction: Direction, placed: &[Placed<'_>]) -> Result<Chain, ReadError> {
    let own: Vec<&Placed<'_>> = placed
        .iter()
        .filter(|one| one.direction == direction)
        .collect();
    for pair in own.windows(2) {
        if pair[0].priority == pair[1].priority {
            let fault = Fault::Repeated(pair[1].priority.to_string());
            return Err(pair[1].node.fault_at("priority", fault));
        }
    }
    let rules = own.iter().enumerate().map(|(index, one)| Rule {
        index,
        ..one.rule.clone()
    });
    Ok(Chain {
        set: set.to_owned(),
        name: direction.to_string(),
        rules: rules.collect(),
    })
}

fn fallback(set: &str) -> Fallback {
    Fallback {
        set: set.to_owned(),
        verdict: Verdict::Drop,
        text: "no rule allows it".to_owned(),
    }
}

/// The default rules of every group
/// (<https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules>).
fn default_rules() -> Value {
    let rule = |name: &str, direction: &str, priority: u32, access: &str, ends: (&str, &str)| {
        json!({
            "name": name, "direction": direction, "priority": priority, "access": access,
            "protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*",
            "sourceAddressPrefix": ends.0, "destinationAddressPrefix": ends.1,
        })
    };
    let (network, all) = ("VirtualNetwork", "*");
    json!([
        rule(
            "AllowVnetInBound",
            "Inbound",
            65_000,
            "Allow",
            (network, network)
        ),
        rule(
            "AllowAzureLoadBalancerInBound",
            "Inbound",
            65_001,
            "Allow",
            ("AzureLoadBalancer", all)
        ),
        rule("DenyAllInBound", "Inbound", 65_500, "Deny", (all, all)),
        rule(
            "AllowVnetOutBound",
            "Outbound",
            65_000,
            "Allow",
            (network, network)
        ),
        rule(
            "AllowInternetOutBound",
            "Outbound",
            65_001,
            "Allow",
            (all, "Internet")
        ),
        rule("DenyAllOutBound", "Outbound", 65_500, "Deny", (all, all)),
    ])
}

const REMARKS: [&str; 2] = [
    "a packet must pass the group of the subnet and the group of the interface, where both are there",
    "the platform's own DHCP, DNS, metadata and health services (168.63.129.16, 169.254.169.254) are not \
     filtered unless a rule names their service tag",
];
