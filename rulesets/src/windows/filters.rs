//! The filters of rules, joined to them by their `InstanceID`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::word::said;
use crate::json_document::{Node, ReadError};
use serde_json::Value;
use std::collections::BTreeMap;

/// The filters of every rule, one kind beside the other.
pub(super) struct Filters<'a> {
    kinds: BTreeMap<&'static str, BTreeMap<String, Found<'a>>>,
}

/// What there is of one kind for one rule.
#[derive(Clone)]
pub(super) enum Found<'a> {
    /// One filter, or several that say the same.
    One(Node<'a>),
    /// Several that differ: rules of one id in two policies.
    Several,
}

impl<'a> Filters<'a> {
    /// Reads every kind that the document has.
    pub(super) fn read(root: &Node<'a>) -> Result<Self, ReadError> {
        let mut kinds = BTreeMap::new();
        for kind in KINDS {
            let mut filters: BTreeMap<String, Found<'a>> = BTreeMap::new();
            for node in list(root, kind)? {
                let id = node.need("InstanceID", "the id of the filter's rule")?;
                let found = match filters.remove(id) {
                    None => Found::One(node),
                    Some(Found::One(own)) if own.value() == node.value() => Found::One(own),
                    Some(_) => Found::Several,
                };
                filters.insert(id.to_owned(), found);
            }
            kinds.insert(kind, filters);
        }
        Ok(Self { kinds })
    }

    /// The filter of one kind of the rule with this id.
    pub(super) fn of(&self, kind: &str, id: &str) -> Option<&Found<'a>> {
        self.kinds.get(kind)?.get(id)
    }
}

/// The items of a list. PowerShell 5 prints some lists as an object of `value` and `Count`, and a list of
/// one item as that item.
pub(super) fn list<'a>(node: &Node<'a>, name: &str) -> Result<Vec<Node<'a>>, ReadError> {
    let Some(member) = node.member(name)? else {
        return Ok(Vec::new());
    };
    match member.value() {
        Value::Array(_) => member.list(),
        Value::Object(inner) if inner.len() == 2 && inner.contains_key("Count") => {
            member.items("value")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            Ok(vec![member])
        }
    }
}

/// The words of a member that is one word or a list of them, each with its place; none when it is absent
/// or says `Any`.
pub(super) fn words<'a>(node: &Node<'a>, name: &str) -> Result<Vec<(Node<'a>, String)>, ReadError> {
    let mut words = Vec::new();
    for item in list(node, name)? {
        let text = said(item.value());
        for word in text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
        {
            if word.eq_ignore_ascii_case("any") || word == "*" {
                return Ok(Vec::new());
            }
            words.push((item.clone(), word.to_owned()));
        }
    }
    Ok(words)
}

/// The kinds of filters.
const KINDS: [&str; 7] = [
    "PortFilters",
    "AddressFilters",
    "ApplicationFilters",
    "ServiceFilters",
    "InterfaceFilters",
    "InterfaceTypeFilters",
    "SecurityFilters",
];
