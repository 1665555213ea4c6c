//! Reads the security-group rules of the Terraform provider `tencentcloudstack/tencentcloud` from JSON:
//! `terraform show -json` of a state or a plan, a state file, or configuration in JSON.
//!
//! The resources are `tencentcloud_security_group_rule_set`, `_lite_rule` and `_rule` (the provider's
//! resource pages). What only Terraform can work out is refused, or, for a far end, left undecided.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::account::Account;
use super::field::Fields;
use super::parse::{ParseError, RULES};
use super::problem::{Problem, Result, quoted};
use super::short_rule::short_rule;
use crate::flow::Direction;
use crate::rule::Rule;
use crate::security_group::SecurityGroup;
use crate::text::shown;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// True for a document that Terraform wrote, or that is written for it.
pub(super) fn is_own(members: &Map<String, Value>) -> bool {
    let with = |name| members.contains_key(name);
    with("terraform_version")
        || with("planned_values")
        || (with("format_version") && with("values"))
        || (with("resource") && members.values().all(Value::is_object))
}

/// The groups whose rules the document makes. A group that exists only after Terraform has run goes by
/// the name of its rules' resource.
pub(super) fn read(members: &Map<String, Value>, name: &str) -> Result<Account> {
    let mut found = Vec::new();
    let document = Value::Object(members.clone());
    for root in ["/planned_values/root_module", "/values/root_module"] {
        if let Some(module) = document.pointer(root) {
            modules(module, &mut found);
            break;
        }
    }
    state(&document, &mut found);
    configuration(&document, &mut found);
    groups(found, name)
}

/// One resource: its type, its address, its attributes.
pub(super) struct Resource {
    pub(super) kind: String,
    pub(super) address: String,
    pub(super) attributes: Map<String, Value>,
}

/// The rules of all resources, by group.
pub(super) fn groups(resources: Vec<Resource>, name: &str) -> Result<Account> {
    let mut groups: BTreeMap<String, SecurityGroup> = BTreeMap::new();
    let mut apart = Vec::new();
    for resource in resources {
        let fields = Fields::new(&resource.address, &resource.attributes);
        let (inbound, outbound) = match resource.kind.as_str() {
            RULE_SET => (blocks(&fields, "ingress")?, blocks(&fields, "egress")?),
            LITE => (shorts(&fields, "ingress")?, shorts(&fields, "egress")?),
            SINGLE => single(&fields)?,
            _ => continue,
        };
        let literal = literal(&fields, "security_group_id")?;
        let id = literal.unwrap_or_else(|| resource.address.clone());
        if resource.kind == SINGLE {
            apart.push(id.clone());
        }
        let group = groups.entry(id.clone()).or_insert_with(|| SecurityGroup {
            id,
            ..SecurityGroup::default()
        });
        group.ingress.extend(inbound);
        group.egress.extend(outbound);
        if group.ingress.len().max(group.egress.len()) > RULES {
            return Err(Problem::TooManyRules { limit: RULES }.at(&resource.address));
        }
    }
    if groups.is_empty() {
        return Err(ParseError::Unrecognised {
            expected: "a resource tencentcloud_security_group_rule_set, _lite_rule or _rule",
            found: format!("none in `{}`", shown(name, 60)),
        });
    }
    apart.sort_unstable();
    apart.dedup();
    let remark = |id: &String| {
        let id = shown(id, 60);
        format!("`{id}`: single rules stand in the document's order; the vendor may keep another")
    };
    Ok(Account {
        groups: groups.into_values().collect(),
        remarks: apart.iter().map(remark).collect(),
        ..Account::default()
    })
}

/// The resources of a module and of the modules below it, in document order.
fn modules(root: &Value, found: &mut Vec<Resource>) {
    let mut open = vec![root];
    while let Some(module) = open.pop() {
        for resource in array(module, "resources") {
            push(resource, "values", found);
        }
        open.extend(array(module, "child_modules").iter().rev());
    }
}

/// The resources of a state file, each with an object for every instance.
fn state(document: &Value, found: &mut Vec<Resource>) {
    for resource in array(document, "resources") {
        for instance in array(resource, "instances") {
            let mut one = resource.clone();
            one["attributes"] = instance.get("attributes").cloned().unwrap_or_default();
            push(&one, "attributes", found);
        }
    }
}

/// The resources of configuration in JSON, by type and name.
fn configuration(document: &Value, found: &mut Vec<Resource>) {
    let kinds = document.get("resource").and_then(Value::as_object);
    for (kind, named) in kinds.into_iter().flatten() {
        for (name, attributes) in named.as_object().into_iter().flatten() {
            let resource = json!({"type": kind, "name": name, "values": attributes});
            push(&resource, "values", found);
        }
    }
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn push(resource: &Value, attributes: &str, found: &mut Vec<Resource>) {
    let text = |name| resource.get(name).and_then(Value::as_str);
    let (Some(kind), Some(attributes)) = (
        text("type"),
        resource.get(attributes).and_then(Value::as_object),
    ) else {
        return;
    };
    if ![RULE_SET, LITE, SINGLE].contains(&kind) {
        return;
    }
    let plain = || format!("{kind}.{}", text("name").unwrap_or_default());
    let address = text("address").map_or_else(plain, str::to_owned);
    found.push(Resource {
        kind: kind.to_owned(),
        address: shown(&address, 120),
        attributes: attributes.clone(),
    });
}

/// The ordered blocks of a rule set; a single block may stand without its list.
fn blocks(fields: &Fields<'_>, name: &str) -> Result<Vec<Rule>> {
    let direction = direction(name);
    let list = match fields.members.get(name) {
        Some(Value::Object(_)) => vec![(
            format!("{}.{name}", fields.path),
            fields.object(name)?.unwrap_or(fields.members),
        )],
        Some(_) | None => fields.objects(name)?,
    };
    list.iter()
        .map(|(path, members)| rule(path, members, direction))
        .collect()
}

fn rule(path: &str, members: &Map<String, Value>, direction: Direction) -> Result<Rule> {
    let fields = Fields::new(path, members);
    let mut policy = Map::new();
    let mut open = None;
    for (own, vendor) in NAMES {
        let Some(text) = fields.text_or_number(own)? else {
            continue;
        };
        if own == "description" || !expression(&text) {
            put(&mut policy, vendor, json!(text));
        } else if FAR_ENDS.contains(&own) {
            open = Some(text);
        } else {
            return Err(fields.error(own, Problem::Expression(quoted(&text))));
        }
    }
    if !policy.contains_key("Protocol") && !policy.contains_key("ServiceTemplate") {
        policy.insert("Protocol".to_owned(), json!("ALL"));
    }
    let mut rule = Fields::new(path, &policy).rule(direction)?;
    if let Some(open) = open {
        rule.text = shown(&rule.text.replace("nothing named", &open), 200);
    }
    Ok(rule)
}

fn put(policy: &mut Map<String, Value>, vendor: &str, value: Value) {
    match vendor.split_once('.') {
        None => policy.insert(vendor.to_owned(), value),
        Some((outer, inner)) => policy.insert(outer.to_owned(), json!({inner: value})),
    };
}

/// The rules of the short form.
fn shorts(fields: &Fields<'_>, name: &str) -> Result<Vec<Rule>> {
    let direction = direction(name);
    let texts = fields.texts(name)?.into_iter().enumerate();
    texts
        .map(|(position, text)| {
            let path = format!("{}.{name}[{position}]", fields.path);
            short_rule(text, &path, direction)
        })
        .collect()
}

/// A rule that is a resource of its own.
fn single(fields: &Fields<'_>) -> Result<(Vec<Rule>, Vec<Rule>)> {
    let mut members = fields.members.clone();
    for (own, one) in SINGLE_NAMES {
        if let Some(value) = members.remove(own) {
            members.insert(one.to_owned(), value);
        }
    }
    for (own, template, group) in [
        (
            "address_template",
            "address_template_id",
            "address_template_group",
        ),
        (
            "protocol_template",
            "service_template_id",
            "service_template_group",
        ),
    ] {
        for (_, block) in fields.objects(own)? {
            for (inner, name) in [("template_id", template), ("group_id", group)] {
                if let Some(value) = block.get(inner) {
                    members.insert(name.to_owned(), value.clone());
                }
            }
        }
    }
    let kind = fields.needed("type")?;
    match kind {
        "ingress" => Ok((
            vec![rule(fields.path, &members, direction(kind))?],
            Vec::new(),
        )),
        "egress" => Ok((
            Vec::new(),
            vec![rule(fields.path, &members, direction(kind))?],
        )),
        other => Err(fields.error("type", Problem::Direction(quoted(other)))),
    }
}

fn direction(name: &str) -> Direction {
    if name == "egress" {
        Direction::Outbound
    } else {
        Direction::Inbound
    }
}

/// A text that holds no expression.
fn literal(fields: &Fields<'_>, name: &str) -> Result<Option<String>> {
    let text = fields.text(name)?;
    Ok(text
        .filter(|text| !expression(text))
        .map(|text| shown(text, 64)))
}

/// True for a text that Terraform fills in when it runs.
fn expression(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

const RULE_SET: &str = "tencentcloud_security_group_rule_set";
const LITE: &str = "tencentcloud_security_group_lite_rule";
const SINGLE: &str = "tencentcloud_security_group_rule";

/// The attributes of a rule, and the API's names of the same.
const NAMES: [(&str, &str); 11] = [
    ("action", "Action"),
    ("cidr_block", "CidrBlock"),
    ("ipv6_cidr_block", "Ipv6CidrBlock"),
    ("source_security_id", "SecurityGroupId"),
    ("address_template_id", "AddressTemplate.AddressId"),
    ("address_template_group", "AddressTemplate.AddressGroupId"),
    ("protocol", "Protocol"),
    ("port", "Port"),
    ("service_template_id", "ServiceTemplate.ServiceId"),
    ("service_template_group", "ServiceTemplate.ServiceGroupId"),
    ("description", "PolicyDescription"),
];

const FAR_ENDS: [&str; 5] = [
    "cidr_block",
    "ipv6_cidr_block",
    "source_security_id",
    "address_template_id",
    "address_template_group",
];

/// The attributes of a single rule that a block of a rule set calls otherwise.
const SINGLE_NAMES: [(&str, &str); 5] = [
    ("policy", "action"),
    ("cidr_ip", "cidr_block"),
    ("source_sgid", "source_security_id"),
    ("ip_protocol", "protocol"),
    ("port_range", "port"),
];
