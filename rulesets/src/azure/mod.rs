//! Microsoft Azure: network security groups and what their rules refer to, as `az network … --output json`
//! prints them or as the API answers (with `properties`).
//!
//! The rules of a group are read by priority, lowest number first, and the first match decides; the
//! default rules come last. Replies pass by themselves. A packet to an instance meets the group of the
//! subnet and the group of the interface, and must pass both
//! (<https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview>,
//! <https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works>).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod inventory;
mod prefix;
mod rule;
mod security_group;

use crate::document::{Document, Members};
use crate::json_document::{Fault, LISTS, Node, ReadError, found};
use crate::text::shown;
use serde_json::Value;

/// True when the document is one that [`read`] reads, or an error of the same API.
pub fn recognise(document: &Value) -> bool {
    let objects = objects(document);
    error_code(document).is_some()
        || is_service_tags(document)
        || (!objects.is_empty() && objects.iter().all(|object| Kind::of(object).is_some()))
}

/// Reads the answer of `az network nsg show` or `list`, and, for what rules refer to, of `az network nic
/// list`, `az network vnet show` and `az network list-service-tags`. Errors name the member at fault.
pub fn read(document: &Value) -> Result<Document, ReadError> {
    if let Some(code) = error_code(document) {
        return Err(ReadError::Api {
            code: shown(code, 60),
        });
    }
    let root = Node::root(document);
    let (mut out, mut members) = (Document::default(), Members::default());
    if is_service_tags(document) {
        inventory::read_service_tags(&root, &mut members)?;
        out.sets = members.into_sets();
        return Ok(out);
    }
    let nodes = nodes(&root)?;
    let other = || ReadError::OtherDocument {
        found: found(document),
        expected: EXPECTED,
    };
    if nodes.is_empty() {
        return Err(other());
    }
    if nodes.len() > LISTS {
        return Err(root.fault(Fault::TooMany(LISTS)));
    }
    let whole = !document.get("nextLink").is_some_and(Value::is_string);
    let listed = whole && (root.value().is_array() || document.get("value").is_some());
    let mut networks = Vec::new();
    for node in &nodes {
        match Kind::of(node.value()).ok_or_else(other)? {
            Kind::SecurityGroup => security_group::read(node, &mut out)?,
            Kind::Interface => inventory::read_interface(node, listed, &mut members, &mut out)?,
            Kind::Network => networks.push(node),
        }
    }
    inventory::read_networks(&networks, &mut members, &mut out)?;
    if !whole {
        out.remarks.push(PAGE.to_owned());
    }
    if listed && !out.instances.is_empty() {
        out.closed.push("/subscriptions/".to_owned());
        out.remarks.push(LISTED.to_owned());
    }
    out.sets = members.into_sets();
    Ok(out)
}

enum Kind {
    SecurityGroup,
    Interface,
    Network,
}

impl Kind {
    fn of(object: &Value) -> Option<Self> {
        let inner = object.get("properties").unwrap_or(object);
        let has = |name: &str| inner.get(name).is_some_and(Value::is_array);
        if has("securityRules") || has("defaultSecurityRules") {
            Some(Self::SecurityGroup)
        } else if has("ipConfigurations") {
            Some(Self::Interface)
        } else if inner.get("addressSpace").is_some() {
            Some(Self::Network)
        } else {
            None
        }
    }
}

/// True for a network security group.
pub(crate) fn is_group(object: &Value) -> bool {
    matches!(Kind::of(object), Some(Kind::SecurityGroup))
}

/// The objects of a document: it is one, a list, or an answer with `value`.
pub(crate) fn objects(document: &Value) -> Vec<&Value> {
    let list = document
        .as_array()
        .or_else(|| document.get("value")?.as_array());
    list.map_or_else(|| vec![document], |list| list.iter().collect())
}

fn nodes<'a>(root: &Node<'a>) -> Result<Vec<Node<'a>>, ReadError> {
    if root.value().is_array() {
        root.list()
    } else if root.value().get("value").is_some_and(Value::is_array) {
        root.items("value")
    } else {
        Ok(vec![root.clone()])
    }
}

/// The members of an object, which the API keeps under `properties`.
fn properties<'a>(node: &Node<'a>) -> Result<Node<'a>, ReadError> {
    Ok(node.member("properties")?.unwrap_or_else(|| node.clone()))
}

fn is_service_tags(document: &Value) -> bool {
    let values = document.get("values").and_then(Value::as_array);
    let tag = |value: &Value| {
        value
            .get("properties")
            .and_then(|inner| inner.get("addressPrefixes"))
            .is_some()
    };
    values.is_some_and(|values| !values.is_empty() && values.iter().all(tag))
}

/// The code of an error, which names a word where other clouds have a number.
fn error_code(document: &Value) -> Option<&str> {
    document.get("error")?.get("code")?.as_str()
}

const PAGE: &str = "this answer is one page of several: give the others too";

const LISTED: &str = "the interfaces are taken as all of the subscription: a listing of one resource group \
                      leaves members of application security groups out";

const EXPECTED: &str =
    "the answer of `az network nsg show` or `az network nsg list` (`--output json`)";
