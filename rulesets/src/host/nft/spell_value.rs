//! The expressions of a JSON listing in the words of the nftables language.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::lexer::Token;
use serde_json::Value;

/// A field, a value or a set; `None`, with anything written, when it has no spelling here.
pub(super) fn expression<'a>(value: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    let (kind, inner) = match value {
        Value::String(word) => {
            text(word, out);
            return Some(());
        }
        Value::Number(number) => {
            out.push(Token::Word(number.to_string().into()));
            return Some(());
        }
        Value::Bool(found) => {
            word(if *found { "exists" } else { "missing" }, out);
            return Some(());
        }
        Value::Array(list) => return joined(list, ",", out),
        Value::Object(members) => members.iter().next()?,
        Value::Null => return None,
    };
    match kind.as_str() {
        "accept" | "drop" | "return" | "continue" | "notrack" => word(kind, out),
        "jump" | "goto" => {
            word(kind, out);
            text(inner.get("target")?.as_str()?, out);
        }
        "prefix" => {
            let (address, length) = (inner.get("addr")?.as_str()?, inner.get("len")?.as_u64()?);
            out.push(Token::Word(format!("{address}/{length}").into()));
        }
        "range" => range(inner.as_array()?, out)?,
        "set" => {
            let list = inner.as_array();
            let list = list.map_or_else(|| std::slice::from_ref(inner), Vec::as_slice);
            group(true, "{", "}", out, |out| entries(list, out))?;
        }
        "concat" => joined(inner.as_array()?, ".", out)?,
        "elem" => {
            expression(inner.get("val")?, out)?;
        }
        "map" => {
            expression(inner.get("key")?, out)?;
            word("map", out);
            expression(inner.get("data")?, out)?;
        }
        "&" | "|" | "^" | "<<" | ">>" => operation(kind, inner.as_array()?, out)?,
        _ => field(kind, inner, out)?,
    }
    Some(())
}

fn range<'a>(ends: &'a [Value], out: &mut Vec<Token<'a>>) -> Option<()> {
    let [first, last] = ends else {
        return None;
    };
    let start = out.len();
    expression(first, out)?;
    sign("-", out)?;
    expression(last, out)?;
    if let [Token::Word(first), _, Token::Word(last)] = &out[start..]
        && !first.contains('-')
    {
        let range = Token::Word(format!("{first}-{last}").into());
        out.truncate(start);
        out.push(range);
    }
    Some(())
}

/// The members of a set or map between its braces; those of a map are pairs.
pub(super) fn entries<'a>(list: &'a [Value], out: &mut Vec<Token<'a>>) -> Option<()> {
    for (position, item) in list.iter().enumerate() {
        if position > 0 {
            sign(",", out)?;
        }
        let Some(pair) = item.as_array() else {
            expression(item, out)?;
            continue;
        };
        let [key, value] = pair.as_slice() else {
            return None;
        };
        expression(key, out)?;
        sign(":", out)?;
        expression(value, out)?;
    }
    Some(())
}

/// Writes between two signs, where they are wanted.
pub(super) fn group<'a>(
    wanted: bool,
    open: &'static str,
    close: &'static str,
    out: &mut Vec<Token<'a>>,
    write: impl FnOnce(&mut Vec<Token<'a>>) -> Option<()>,
) -> Option<()> {
    out.extend(wanted.then_some(Token::Sign(open)));
    write(out)?;
    out.extend(wanted.then_some(Token::Sign(close)));
    Some(())
}

pub(super) fn word(word: &str, out: &mut Vec<Token<'_>>) {
    out.push(Token::Word(word.to_owned().into()));
}

/// A value's word, quoted where the language would take it for something else.
pub(super) fn text<'a>(text: &'a str, out: &mut Vec<Token<'a>>) {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_.:/-@*".contains(c);
    let plain = !text.is_empty() && text.chars().all(bare) && !KEYWORDS.contains(&text);
    out.push(if plain {
        Token::Word(text.into())
    } else {
        Token::Quoted(text.into())
    });
}

/// A sign, when it is one of the language.
pub(super) fn sign(sign: &str, out: &mut Vec<Token<'_>>) -> Option<()> {
    let known = SIGNS.iter().find(|known| **known == sign)?;
    out.push(Token::Sign(known));
    Some(())
}

fn joined<'a>(list: &'a [Value], between: &str, out: &mut Vec<Token<'a>>) -> Option<()> {
    for (position, item) in list.iter().enumerate() {
        if position > 0 {
            sign(between, out)?;
        }
        expression(item, out)?;
    }
    Some(())
}

/// Two operands or more around an operator; a list or a further operation on the right is bracketed.
fn operation<'a>(operator: &str, list: &'a [Value], out: &mut Vec<Token<'a>>) -> Option<()> {
    for (position, item) in list.iter().enumerate() {
        if position > 0 {
            sign(operator, out)?;
        }
        let compound = position > 0 && (item.is_array() || item.is_object());
        let list = item.as_array().filter(|_| compound);
        group(compound, "(", ")", out, |out| match list {
            Some(list) => joined(list, "|", out),
            None => expression(item, out),
        })?;
    }
    Some(())
}

fn field<'a>(kind: &str, inner: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    let get = |name: &str| inner.get(name).and_then(Value::as_str);
    match kind {
        "payload" => match (get("protocol"), get("field"), get("base")) {
            (Some(protocol), Some(field), _) => {
                word(protocol, out);
                word(field, out);
            }
            (_, _, Some(base)) => {
                word(&format!("@{base}"), out);
                for name in ["offset", "len"] {
                    sign(",", out)?;
                    word(&inner.get(name)?.as_u64()?.to_string(), out);
                }
            }
            _ => return None,
        },
        "meta" => {
            word("meta", out);
            word(get("key")?, out);
        }
        "ct" => {
            word("ct", out);
            for name in ["dir", "family", "key"] {
                if let Some(part) = get(name) {
                    word(part, out);
                }
            }
        }
        "fib" => {
            word("fib", out);
            let flags = inner.get("flags")?;
            let list = flags.as_array();
            joined(
                list.map_or_else(|| std::slice::from_ref(flags), Vec::as_slice),
                ".",
                out,
            )?;
            word(get("result")?, out);
        }
        "rt" | "socket" | "osf" => {
            word(kind, out);
            if let Some(family) = get("family") {
                word(family, out);
            }
            word(get("key")?, out);
        }
        "exthdr" => {
            word("exthdr", out);
            named_field(inner, out)?;
        }
        "tcp option" | "ip option" | "sctp chunk" => {
            let (protocol, what) = kind.split_once(' ')?;
            word(protocol, out);
            word(what, out);
            named_field(inner, out)?;
        }
        "numgen" | "symhash" | "jhash" => generator(kind, inner, out)?,
        _ => return None,
    }
    Some(())
}

/// The name of an option or header with the field in it, as one word.
fn named_field(inner: &Value, out: &mut Vec<Token<'_>>) -> Option<()> {
    let get = |name: &str| inner.get(name).and_then(Value::as_str);
    match (get("name"), get("field")) {
        (Some(name), Some(field)) => word(&format!("{name} {field}"), out),
        (Some(name), None) => word(name, out),
        (None, _) => return None,
    }
    Some(())
}

fn generator<'a>(kind: &str, inner: &'a Value, out: &mut Vec<Token<'a>>) -> Option<()> {
    word(kind, out);
    if let Some(mode) = inner.get("mode") {
        word(mode.as_str()?, out);
    }
    if let Some(expr) = inner.get("expr") {
        expression(expr, out)?;
    }
    for name in ["mod", "seed", "offset"] {
        if let Some(number) = inner.get(name).and_then(Value::as_u64) {
            word(name, out);
            word(&number.to_string(), out);
        }
    }
    Some(())
}

const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "<<", ">>", "{", "}", "(", ")", "[", "]", ",", ":", ".", "-", "&", "|",
    "^", "!", "<", ">",
];
/// Words that mean something else where a value may stand.
const KEYWORDS: &[&str] = &[
    "timeout", "expires", "counter", "comment", "limit", "quota", "last", "ct", "-", ".", "/", ":",
];
