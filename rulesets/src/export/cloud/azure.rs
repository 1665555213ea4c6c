//! Network security groups of Azure: `az network nsg rule create`, `azurerm_network_security_rule`.
//!
//! <https://learn.microsoft.com/cli/azure/network/nsg/rule>,
//! <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_security_rule>.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::super::hcl::{Hcl, Member, resource, text as member};
use super::value::{is_name, is_plain, items, number, text, texts};
use super::{CloudList, ExportError, Placed, line};
use crate::flow::Direction;
use crate::json_document::address_block;
use serde_json::Value;

/// A rule with its words put in order.
struct Words<'a> {
    name: &'a str,
    priority: i64,
    direction: &'static str,
    access: &'static str,
    protocol: &'static str,
    source: End,
    destination: End,
    description: Option<&'a str>,
}

/// One end of a rule.
struct End {
    ports: Vec<String>,
    prefixes: Vec<String>,
    groups: Vec<String>,
}

pub(super) fn commands(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let group = resource_group(list)?;
    let mut lines = Vec::new();
    for rule in rules(list, "securityRules") {
        lines.push(command(&words(list, &rule)?, group, target, list, &rule)?);
    }
    lines.extend(rules(list, "defaultSecurityRules").iter().map(Placed::own));
    Ok(lines)
}

pub(super) fn terraform(list: &CloudList, target: &str) -> Result<Vec<String>, ExportError> {
    let group = resource_group(list)?;
    let mut blocks = Vec::new();
    for rule in rules(list, "securityRules") {
        let words = words(list, &rule)?;
        let mut members = vec![
            member("name", words.name),
            ("priority", Hcl::Number(words.priority)),
            member("direction", words.direction),
            member("access", words.access),
            member("protocol", words.protocol),
        ];
        members.extend(words.description.map(|said| member("description", said)));
        for (end, names) in [(&words.source, SOURCE), (&words.destination, DESTINATION)] {
            members.extend(end_members(end, names).ok_or_else(|| list.refuse(&rule, TAGS))?);
        }
        members.push(member("resource_group_name", group));
        members.push(member("network_security_group_name", target));
        let label = rule.label(target);
        blocks.push(resource("azurerm_network_security_rule", &label, &members));
    }
    let own = rules(list, "defaultSecurityRules");
    blocks.extend(own.iter().map(|rule| rule.own() + "\n"));
    Ok(blocks)
}

fn command(
    words: &Words<'_>,
    group: &str,
    target: &str,
    list: &CloudList,
    rule: &Placed<'_>,
) -> Result<String, ExportError> {
    let fixed = ["az", "network", "nsg", "rule", "create"].map(str::to_owned);
    let mut all = fixed.to_vec();
    let priority = words.priority.to_string();
    for (flag, value) in [
        ("--resource-group", group),
        ("--nsg-name", target),
        ("--name", words.name),
        ("--priority", &priority),
        ("--direction", words.direction),
        ("--access", words.access),
        ("--protocol", words.protocol),
    ] {
        all.extend([flag.to_owned(), value.to_owned()]);
    }
    for (side, end) in [
        ("source", &words.source),
        ("destination", &words.destination),
    ] {
        for (kind, values) in [
            ("address-prefixes", &end.prefixes),
            ("asgs", &end.groups),
            ("port-ranges", &end.ports),
        ] {
            if !values.is_empty() {
                all.push(format!("--{side}-{kind}"));
                all.extend(values.iter().cloned());
            }
        }
    }
    if let Some(said) = words.description {
        // The tool takes `@name` at the beginning, or behind a `=`, for the name of a file to read.
        if said.starts_with('@') || said.contains("=@") {
            return Err(list.refuse(
                rule,
                "its remark has an `@` that az reads as a file; change it",
            ));
        }
        all.push(format!("--description={said}"));
    }
    Ok(line(&all))
}

/// The rules of both directions, by priority as they are read.
fn rules<'a>(list: &'a CloudList, name: &str) -> Vec<Placed<'a>> {
    let mut all: Vec<&Value> = items(properties(&list.body), name).iter().collect();
    all.sort_by_key(|item| number(properties(item), "priority"));
    let mut rules = Vec::new();
    for (direction, word) in [
        (Direction::Inbound, "inbound"),
        (Direction::Outbound, "outbound"),
    ] {
        let own = all.iter().filter(|item| {
            text(properties(item), "direction").is_some_and(|said| said.eq_ignore_ascii_case(word))
        });
        rules.extend(own.enumerate().map(|(index, item)| Placed {
            direction,
            index,
            item,
        }));
    }
    rules
}

fn words<'a>(list: &CloudList, rule: &Placed<'a>) -> Result<Words<'a>, ExportError> {
    let inner = properties(rule.item);
    let name = text(rule.item, "name").unwrap_or_default();
    if !is_name(name) {
        return Err(list.refuse(rule, "its name is none (letters, digits, `-`, `_` and `.`)"));
    }
    let known = |member: &str, words: &[&'static str]| {
        let said = text(inner, member).unwrap_or_default();
        let mut words = words.iter().copied();
        words.find(|word| word.eq_ignore_ascii_case(said))
    };
    let (source, destination) = (end(inner, "source"), end(inner, "destination"));
    let mut groups = source.groups.iter().chain(&destination.groups);
    if groups.any(|id| !id.starts_with('/') || !is_plain(id, "/-_.()")) {
        return Err(list.refuse(rule, "an application security group in it has no plain id"));
    }
    Ok(Words {
        name,
        priority: number(inner, "priority").unwrap_or_default(),
        direction: known("direction", &["Inbound", "Outbound"]).unwrap_or("Inbound"),
        access: known("access", &["Allow", "Deny"]).unwrap_or("Deny"),
        protocol: known("protocol", &["Tcp", "Udp", "Icmp", "Esp", "Ah"]).unwrap_or("*"),
        source,
        destination,
        description: text(inner, "description"),
    })
}

fn end(inner: &Value, side: &str) -> End {
    let listed = |one: &str, many: &str| {
        let mut all = texts(inner, &format!("{side}{many}"));
        all.extend(text(inner, &format!("{side}{one}")).map(str::to_owned));
        // The command line joins several with commas in older answers.
        let words = all.iter().flat_map(|text| text.split(',')).map(str::trim);
        let words = words.filter(|word| !word.is_empty());
        let any = |word: &str| {
            if word.eq_ignore_ascii_case("any") {
                "*"
            } else {
                word
            }
            .to_owned()
        };
        words.map(any).collect::<Vec<String>>()
    };
    let groups = items(inner, &format!("{side}ApplicationSecurityGroups")).iter();
    End {
        ports: listed("PortRange", "PortRanges"),
        prefixes: listed("AddressPrefix", "AddressPrefixes"),
        groups: groups
            .filter_map(|group| text(group, "id"))
            .map(str::to_owned)
            .collect(),
    }
}

/// The members of one end; `None` for several prefixes with a service tag among them.
fn end_members(end: &End, names: [&'static str; 5]) -> Option<Vec<Member>> {
    let [port, ports, prefix, prefixes, groups] = names;
    let several = |one, many, values: &[String]| match values {
        [] => None,
        [only] => Some(member(one, only)),
        all => Some((many, Hcl::Texts(all.to_vec()))),
    };
    if end.prefixes.len() > 1 && end.prefixes.iter().any(|one| address_block(one).is_none()) {
        return None;
    }
    let mut members: Vec<Member> = several(port, ports, &end.ports).into_iter().collect();
    members.extend(several(prefix, prefixes, &end.prefixes));
    if !end.groups.is_empty() {
        members.push((groups, Hcl::Texts(end.groups.clone())));
    }
    Some(members)
}

/// The resource group: a member of what the command line prints, a part of the id elsewhere.
fn resource_group(list: &CloudList) -> Result<&str, ExportError> {
    let id = text(&list.body, "id").unwrap_or_default();
    let mut parts = id
        .split('/')
        .skip_while(|part| !part.eq_ignore_ascii_case("resourceGroups"));
    let group = parts.nth(1).or_else(|| text(&list.body, "resourceGroup"));
    let group = group.filter(|group| is_plain(group, "-_.()") && !group.starts_with('-'));
    group.ok_or_else(|| list.lacks("the answer does not say its resource group; give its `id` too"))
}

fn properties(object: &Value) -> &Value {
    object
        .get("properties")
        .filter(|inner| inner.is_object())
        .unwrap_or(object)
}

const SOURCE: [&str; 5] = [
    "source_port_range",
    "source_port_ranges",
    "source_address_prefix",
    "source_address_prefixes",
    "source_application_security_group_ids",
];
const DESTINATION: [&str; 5] = [
    "destination_port_range",
    "destination_port_ranges",
    "destination_address_prefix",
    "destination_address_prefixes",
    "destination_application_security_group_ids",
];
const TAGS: &str =
    "the provider takes no service tag among several prefixes; make it a rule of its own";
