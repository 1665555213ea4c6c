//! Our own JSON: the bound groups in order, with every rule as it was read.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::security_group::{SecurityGroup, SecurityGroups};
use crate::tencent::ParseError;
use crate::text::{shown, unprintable};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The groups as JSON that [`crate::tencent::read`] reads back unchanged.
pub fn json(groups: &SecurityGroups) -> String {
    let document = json!({MARK: VERSION, "groups": groups.groups});
    printable(&document)
}

/// A document on lines of its own, with every character that a terminal would obey escaped.
pub(super) fn printable(document: &Value) -> String {
    let mut out = String::new();
    for c in format!("{document:#}\n").chars() {
        // Within texts a line break is escaped already: those left part the document's lines.
        if c == '\n' || !unprintable(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("a string takes all writes");
            }
        }
    }
    out
}

/// True for a document that [`json()`] wrote.
pub(crate) fn is_own(members: &Map<String, Value>) -> bool {
    members.contains_key(MARK)
}

/// The groups of such a document.
pub(crate) fn groups(document: &Value) -> Result<SecurityGroups, ParseError> {
    let version = document.get(MARK).and_then(Value::as_u64);
    if version != Some(u64::from(VERSION)) {
        return Err(ParseError::Unrecognised {
            expected: "a document with reachdx_rules 1",
            found: "another version; read it with the tool that wrote it".to_owned(),
        });
    }
    let groups = document.get("groups").cloned().unwrap_or_default();
    let mut groups: Vec<SecurityGroup> =
        serde_json::from_value(groups).map_err(|error| ParseError::Unrecognised {
            expected: "groups with their rules, as reachdx writes them",
            found: shown(&error.to_string(), 120),
        })?;
    for group in &mut groups {
        group.id = shown(&group.id, 200);
        for rule in group.ingress.iter_mut().chain(&mut group.egress) {
            rule.text = shown(&rule.text, 200);
            rule.description = shown(&rule.description, 200);
        }
    }
    Ok(SecurityGroups { groups })
}

const MARK: &str = "reachdx_rules";
const VERSION: u32 = 1;
