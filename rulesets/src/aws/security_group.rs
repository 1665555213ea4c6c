//! Security groups, whole (`describe-security-groups`) or rule by rule
//! (`describe-security-group-rules`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::permission::{Service, of_permission};
use super::reference::{group, id, prefix_list};
use crate::document::{Document, NamedLayer};
use crate::far_end::{Ends, Side, unseen};
use crate::flow::Direction;
use crate::json_document::{Fault, LISTS, Node, ReadError, address_block, quoted};
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Rule, Step, Verdict};
use crate::text::shown;
use std::collections::{BTreeMap, BTreeSet};

/// Reads `SecurityGroups`.
pub(super) fn read_groups(root: &Node<'_>, out: &mut Document) -> Result<(), ReadError> {
    let mut ids = BTreeSet::new();
    for node in root.few("SecurityGroups")? {
        let id = id(&node, "GroupId", "the group's id")?;
        if !ids.insert(id) {
            return Err(node.fault_at("GroupId", Fault::Repeated(id.to_owned())));
        }
        let owner = node.text("OwnerId")?;
        let mut list = empty(id);
        for (direction, name) in [
            (Direction::Inbound, "IpPermissions"),
            (Direction::Outbound, "IpPermissionsEgress"),
        ] {
            let Some(permissions) = node.member(name)? else {
                let expected = "the rules of the group, an empty list when there are none";
                return Err(node.fault_at(name, Fault::Missing(expected)));
            };
            let rules = rules_of(&mut list.layer, direction);
            for permission in permissions.list()? {
                expand(&permission, direction, owner, rules)?;
            }
        }
        list.name = shown(node.text("GroupName")?.unwrap_or_default(), 100);
        list.is_default = list.name == "default";
        out.lists.push(list);
    }
    Ok(())
}

/// Reads `SecurityGroupRules`, which may belong to several groups.
pub(super) fn read_rules(root: &Node<'_>, out: &mut Document) -> Result<(), ReadError> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for node in root.items("SecurityGroupRules")? {
        let id = id(&node, "GroupId", "the id of the rule's group")?;
        let Some(egress) = node.flag("IsEgress")? else {
            return Err(node.fault_at("IsEgress", Fault::Missing("true or false")));
        };
        let direction = if egress {
            Direction::Outbound
        } else {
            Direction::Inbound
        };
        if places.len() >= LISTS {
            return Err(root.fault_at("SecurityGroupRules", Fault::TooMany(LISTS)));
        }
        let place = *places.entry(id).or_insert_with(|| {
            out.lists.push(empty(id));
            out.lists.len() - 1
        });
        let (mut ends, mut said) = (Ends::default(), Vec::new());
        for name in ["CidrIpv4", "CidrIpv6"] {
            if node.text(name)?.is_some() {
                said.push((name, block(&node, name, &mut ends)?));
            }
        }
        if node.text("PrefixListId")?.is_some() {
            said.push(("PrefixListId", prefix_list(&node, &mut ends)?));
        }
        if let Some(pair) = node.member("ReferencedGroupInfo")? {
            let owner = node.text("GroupOwnerId")?;
            said.push(("ReferencedGroupInfo", group(&pair, owner, &mut ends)?));
        }
        let peer = match &said[..] {
            [(_, peer)] => peer,
            [] => {
                let fault = Fault::Missing("a CIDR block, a prefix list or a group");
                return Err(node.fault_at("CidrIpv4", fault));
            }
            [(first, _), (second, _), ..] => return Err(node.fault(Fault::Both(first, second))),
        };
        let service = of_permission(&node)?;
        let rules = rules_of(&mut out.lists[place].layer, direction);
        rules.push(rule(
            rules.len(),
            &service,
            direction,
            (&ends, peer),
            &node,
        )?);
    }
    if root.text("NextToken")?.is_some() {
        for list in &mut out.lists {
            for direction in [Direction::Inbound, Direction::Outbound] {
                let rules = rules_of(&mut list.layer, direction);
                let text = "rules on another page of the answer";
                rules.push(unseen(rules.len(), text.to_owned()));
            }
        }
    }
    Ok(())
}

/// One rule for each source (or destination) of a permission, as the vendor counts rules.
fn expand(
    permission: &Node<'_>,
    direction: Direction,
    owner: Option<&str>,
    rules: &mut Vec<Rule>,
) -> Result<(), ReadError> {
    let service = of_permission(permission)?;
    let mut add = |node: &Node<'_>, ends: &Ends, peer: &str| {
        rules.push(rule(rules.len(), &service, direction, (ends, peer), node)?);
        Ok::<(), ReadError>(())
    };
    for (list, name) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
        for range in permission.items(list)? {
            let mut ends = Ends::default();
            let peer = block(&range, name, &mut ends)?;
            add(&range, &ends, &peer)?;
        }
    }
    for list in permission.items("PrefixListIds")? {
        let mut ends = Ends::default();
        let peer = prefix_list(&list, &mut ends)?;
        add(&list, &ends, &peer)?;
    }
    for pair in permission.items("UserIdGroupPairs")? {
        let mut ends = Ends::default();
        let peer = group(&pair, owner, &mut ends)?;
        add(&pair, &ends, &peer)?;
    }
    Ok(())
}

fn rule(
    index: usize,
    service: &Service,
    direction: Direction,
    (ends, peer): (&Ends, &str),
    node: &Node<'_>,
) -> Result<Rule, ReadError> {
    let mut steps = service.steps.clone();
    steps.extend(ends.step(Side::far(direction)));
    steps.push(Step::Verdict(Verdict::Accept));
    let joint = direction.joint();
    let name = node.text("SecurityGroupRuleId")?.map(|id| shown(id, 40));
    let name = name.map(|name| format!("{name} ")).unwrap_or_default();
    Ok(Rule {
        index,
        handle: None,
        text: format!("{name}allow {} {joint} {peer}", service.text),
        description: shown(node.text("Description")?.unwrap_or_default(), 200),
        steps,
    })
}

fn block(node: &Node<'_>, name: &str, ends: &mut Ends) -> Result<String, ReadError> {
    let text = node.need(name, "a CIDR block")?;
    match address_block(text) {
        Some(net) if net.addr().is_ipv6() == (name == "CidrIpv6") => {
            ends.add_block(&net);
            Ok(shown(text, 60))
        }
        _ => Err(node.fault_at(
            name,
            Fault::Value {
                value: quoted(text),
                expected: if name == "CidrIpv6" {
                    "an IPv6 block such as 2001:db8::/32"
                } else {
                    "an IPv4 block such as 10.0.0.0/8"
                },
            },
        )),
    }
}

fn rules_of(layer: &mut Layer, direction: Direction) -> &mut Vec<Rule> {
    let lists = match direction {
        Direction::Inbound => &mut layer.inbound,
        Direction::Outbound => &mut layer.outbound,
    };
    &mut lists[0].rules
}

/// A group without rules: nothing comes in and nothing goes out.
fn empty(id: &str) -> NamedLayer {
    let chain = |direction: Direction| Chain {
        set: id.to_owned(),
        name: direction.to_string(),
        rules: Vec::new(),
    };
    let fallback = Fallback {
        set: id.to_owned(),
        verdict: Verdict::Drop,
        text: "no rule allows it".to_owned(),
    };
    NamedLayer {
        id: id.to_owned(),
        name: String::new(),
        layer: Layer {
            kind: LayerKind::SecurityGroup,
            provider: "aws".to_owned(),
            stateful: true,
            inbound: vec![chain(Direction::Inbound)],
            outbound: vec![chain(Direction::Outbound)],
            inbound_fallback: fallback.clone(),
            outbound_fallback: fallback,
            sets: Vec::new(),
            remarks: Vec::new(),
        },
        is_default: false,
        attached: Vec::new(),
        combines: true,
        targets: Vec::new(),
    }
}
