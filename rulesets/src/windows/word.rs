//! Values of enumerations, which PowerShell prints as numbers or as names.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::json_document::{Fault, Node, ReadError, quoted};
use serde_json::Value;

/// An enumeration's member: its number, its name, and what it means to us.
pub(super) type Words<T> = [(i64, &'static str, T)];

/// The meaning of a member of an object; `None` when absent or null.
pub(super) fn word<T: Copy>(
    node: &Node<'_>,
    name: &str,
    words: &Words<T>,
    expected: &'static str,
) -> Result<Option<T>, ReadError> {
    let Some(member) = node.member(name)? else {
        return Ok(None);
    };
    let said = said(member.value());
    let number: Option<i64> = said.trim().parse().ok();
    let found = words.iter().find(|(own, text, _)| {
        number.map_or_else(
            || said.trim().eq_ignore_ascii_case(text),
            |number| number == *own,
        )
    });
    let Some((.., meaning)) = found else {
        let value = quoted(&said);
        return Err(member.fault(Fault::Value { value, expected }));
    };
    Ok(Some(*meaning))
}

/// The value as PowerShell would print it.
pub(super) fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
