//! The statements of a JSON listing in the words of the nftables language, so that one reader
//! understands both forms.
//!
//! nft 1.0.6 gives statements it has no JSON for as text; what has no spelling here is kept as a
//! foreign word.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::{Defines, tokens};
use super::lexer::Token;
use super::spell_value::{entries, expression, group, sign, text, word};
use crate::text::shown;
use serde_json::{Map, Value};

/// The words of a rule.
pub(super) fn statements(value: &Value) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        let start = out.len();
        if statement(item, &mut out).is_none() {
            out.truncate(start);
            if item.get("match").is_some() {
                out.push(Token::Sign("?"));
            }
            out.push(Token::Foreign(shown(&item.to_string(), FOREIGN)));
        }
    }
    out
}

/// The words of a member of a set or map.
pub(super) fn member(value: &Value) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    if entries(std::slice::from_ref(value), &mut out).is_none() {
        out.clear();
        out.push(Token::Foreign(shown(&value.to_string(), FOREIGN)));
    }
    out
}

/// The words of a value; none when it has no spelling.
pub(super) fn value(value: &Value) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    if expression(value, &mut out).is_none() {
        out.clear();
    }
    out
}

fn statement<'a>(item: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    if let Value::String(statement) = item {
        out.extend(tokens(statement, &Defines::default()));
        return Some(());
    }
    let (kind, value) = item.as_object()?.iter().next()?;
    match kind.as_str() {
        "match" => relation(value.as_object()?, out)?,
        "accept" | "drop" | "return" | "continue" | "notrack" | "jump" | "goto" => {
            expression(item, out)?;
        }
        "vmap" => {
            expression(value.get("key")?, out)?;
            word("vmap", out);
            expression(value.get("data")?, out)?;
        }
        "mangle" => {
            expression(value.get("key")?, out)?;
            word("set", out);
            expression(value.get("value")?, out)?;
        }
        "reject" => reject(value, out)?,
        "dnat" | "snat" | "masquerade" | "redirect" => {
            word(kind, out);
            translation(value, out)?;
        }
        "set" | "map" => change(value.as_object()?, out)?,
        "meter" => {
            word("meter", out);
            word(value.get("name")?.as_str()?, out);
            member_group(value.get("key")?, None, value.get("stmt"), out)?;
        }
        "xt" => {
            word("xt", out);
            word(value.get("type")?.as_str()?, out);
            text(value.get("name")?.as_str()?, out);
        }
        "limit" | "quota" | "ct count" => bounded(kind, value, out)?,
        "ct helper" | "ct timeout" | "ct expectation" => {
            out.extend(tokens(kind, &Defines::default()));
            word("set", out);
            expression(value, out)?;
        }
        "counter" | "log" | "last" | "flow" => word(kind, out),
        "dup" => {
            word(kind, out);
            word("to", out);
            expression(value.get("addr")?, out)?;
        }
        "secmark" => {}
        "queue" | "synproxy" | "tproxy" | "fwd" => {
            word(kind, out);
            out.push(Token::Foreign(shown(&value.to_string(), FOREIGN)));
        }
        _ => return None,
    }
    Some(())
}

fn relation<'a>(value: &'a Map<String, Value>, out: &mut Vec<Token<'a>>) -> Option<()> {
    let left = value.get("left")?;
    expression(left, out)?;
    match value.get("op")?.as_str()? {
        "in" => {}
        "==" if !says_equal(left) => {}
        op => sign(op, out)?,
    }
    expression(value.get("right")?, out)
}

/// True where no sign would mean something else than `==`: for values made of bits and masked ones.
fn says_equal(left: &Value) -> bool {
    let is = |kind: &str, name: &str, known: &[&str]| {
        let member = left.get(kind).and_then(|it| it.get(name));
        member
            .and_then(Value::as_str)
            .is_some_and(|it| known.contains(&it))
    };
    is("ct", "key", &["state", "status"])
        || is("payload", "field", &["flags"])
        || ["&", "|", "^", "<<", ">>"]
            .iter()
            .any(|sign| left.get(sign).is_some())
}

fn reject<'a>(value: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    word("reject", out);
    let Some(kind) = value.get("type") else {
        return Some(());
    };
    word("with", out);
    out.extend(tokens(kind.as_str()?, &Defines::default()));
    match value.get("expr") {
        Some(what) => expression(what, out),
        None => Some(()),
    }
}

fn translation<'a>(value: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    if let Some(family) = value.get("family") {
        word(family.as_str()?, out);
    }
    let flags = |name: &str| match value.get(name) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        one => one.and_then(Value::as_str).into_iter().collect::<Vec<_>>(),
    };
    if flags("type_flags").contains(&"prefix") {
        word("prefix", out);
    }
    let (address, port) = (value.get("addr"), value.get("port"));
    if address.is_some() || port.is_some() {
        word("to", out);
    }
    if let Some(address) = address {
        let six = address
            .as_str()
            .is_some_and(|address| address.contains(':'));
        group(six && port.is_some(), "[", "]", out, |out| {
            expression(address, out)
        })?;
    }
    if let Some(port) = port {
        sign(":", out)?;
        expression(port, out)?;
    }
    for (position, flag) in flags("flags").into_iter().enumerate() {
        if flag == "netmap" {
            continue;
        }
        if position > 0 {
            sign(",", out)?;
        }
        word(flag, out);
    }
    Some(())
}

/// A statement that changes a set or map.
fn change<'a>(value: &'a Map<String, Value>, out: &mut Vec<Token<'a>>) -> Option<()> {
    word(value.get("op")?.as_str()?, out);
    let name = value.get("set").or_else(|| value.get("map"))?;
    word(name.as_str()?, out);
    member_group(
        value.get("elem")?,
        value.get("data"),
        value.get("stmt"),
        out,
    )
}

fn member_group<'a>(
    key: &'a Value,
    data: Option<&'a Value>,
    statements: Option<&'a Value>,
    out: &mut Vec<Token<'a>>,
) -> Option<()> {
    group(true, "{", "}", out, |out| {
        expression(key, out)?;
        let many = match statements {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        many.iter().try_for_each(|item| statement(item, out))?;
        let Some(data) = data else {
            return Some(());
        };
        sign(":", out)?;
        expression(data, out)
    })
}

/// A statement that holds up to an amount, or beyond it.
fn bounded<'a>(kind: &str, value: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    out.extend(
        kind.split(' ')
            .map(|word| Token::Word(word.to_owned().into())),
    );
    if let Some(name) = value.as_str() {
        word("name", out);
        text(name, out);
        return Some(());
    }
    if kind == "limit" {
        word("rate", out);
    }
    if value.get("inv").and_then(Value::as_bool) == Some(true) {
        word("over", out);
    }
    let number = value.get("rate").or_else(|| value.get("val"))?.as_u64()?;
    let mut amount = number.to_string();
    for (name, before) in [("rate_unit", " "), ("val_unit", " "), ("per", "/")] {
        if let Some(unit) = value.get(name).and_then(Value::as_str) {
            amount = format!("{amount}{before}{unit}");
        }
    }
    out.push(Token::Word(amount.into()));
    Some(())
}

/// The most characters kept of what has no spelling.
const FOREIGN: usize = 300;
