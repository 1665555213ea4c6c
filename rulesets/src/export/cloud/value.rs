//! Members of a document that its reader has accepted.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde_json::{Map, Value};

/// A member that holds text; `None` when absent or blank.
pub(super) fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    let text = item.get(name)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// A member that holds text or a whole number, as text.
pub(super) fn word(item: &Value, name: &str) -> Option<String> {
    match item.get(name)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) => text(item, name).map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A member that holds a whole number, or text that writes one.
pub(super) fn number(item: &Value, name: &str) -> Option<i64> {
    word(item, name)?.parse().ok()
}

/// The items of a member that is a list.
pub(super) fn items<'a>(item: &'a Value, name: &str) -> &'a [Value] {
    let list = item.get(name).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The texts in a member that is a list.
pub(super) fn texts(item: &Value, name: &str) -> Vec<String> {
    let texts = items(item, name).iter().filter_map(Value::as_str);
    texts.map(|text| text.trim().to_owned()).collect()
}

/// An object of those of these members that say something.
pub(super) fn picked(item: &Value, names: &[&str]) -> Map<String, Value> {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    };
    let members = names.iter().filter_map(|name| {
        let value = item.get(*name).filter(|value| says(value))?;
        Some(((*name).to_owned(), value.clone()))
    });
    members.collect()
}

/// True for a name that no command line takes for anything else: letters, digits, `-`, `_` and `.`,
/// a letter or digit first.
pub(in super::super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && is_plain(text, "-_.")
}

/// True for a text of letters, digits and these characters.
pub(super) fn is_plain(text: &str, others: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    !text.is_empty() && text.len() <= 300 && text.chars().all(plain)
}
