//! Comparisons: a field, or several together, against a value, a set or a map of verdicts.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::bits::bit_test;
use super::cursor::{Cursor, split};
use super::element::{element, entry, verdict};
use super::field::{Field, PORTED, field, means_ports, one_of};
use super::lexer::Token;
use super::rule::RuleReader;
use super::value::{self, Kind};
use crate::program::{Element, Key, Part, Reason, Step, Test, Values, VerdictMap};

/// How a field is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Operator {
    /// No sign: equal, or for values made of bits, one bit in common.
    Implicit,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    /// `!`: no bit in common.
    NoneOf,
}

/// Reads one or more fields joined by `.`; `None`, with nothing read, when none begins here.
pub(super) fn fields(cursor: &mut Cursor<'_, '_>, rule: &RuleReader<'_, '_>) -> Option<Vec<Field>> {
    let start = cursor.at;
    let mut fields = vec![field(cursor, rule.family())?];
    while cursor.eat_sign(".") {
        let Some(next) = field(cursor, rule.family()) else {
            cursor.at = start;
            return None;
        };
        fields.push(next);
    }
    Some(fields)
}

/// Reads what follows the fields of a comparison and adds it to the rule.
pub(super) fn compare(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    fields: &[Field],
    start: usize,
) {
    rule.need(fields);
    let mask = mask(cursor, fields);
    let operator = operator(cursor);
    let value = cursor.value();
    let text = || cursor.spelled_since(start);
    let read = match mask {
        Ok(mask) if !value.is_empty() => test(fields, mask, operator, value, rule),
        Ok(_) | Err(Unread) => None,
    };
    let reason = fields.iter().find(|field| field.key.is_none());
    let reason = reason.map_or(Reason::Unsupported, |field| field.reason);
    rule.push_test(match read {
        Some(test) if unguarded(fields, rule) => guarded(test, text()),
        Some(test) => test,
        None => Test::Undecided {
            reason,
            text: text(),
        },
    });
}

/// Reads the map behind `vmap` and adds the look-up to the rule.
pub(super) fn look_up(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    fields: &[Field],
    start: usize,
) {
    rule.need(fields);
    let value = cursor.value();
    let key = keys(fields).filter(|key| !key.contains(&Key::ConnectionStatus));
    let map = verdict_map(fields, value);
    rule.steps.push(match (key, map) {
        (Some(key), Some(map)) if !unguarded(fields, rule) => Step::Lookup { key, map },
        _ => Step::Opaque {
            text: cursor.spelled_since(start),
        },
    });
}

/// The members of a set written in braces, or its name after `@`.
pub(super) fn set<'t, 'a>(value: &'t [Token<'a>]) -> Option<SetWords<'t, 'a>> {
    match value {
        [Token::Word(word)] => {
            let name = word.strip_prefix('@')?;
            Some(SetWords::Named(name.to_owned()))
        }
        [open, inner @ .., close] if open.is_sign("{") && close.is_sign("}") => {
            let members = split(inner, ",").into_iter().flat_map(opened);
            let members = members.filter(|member| !member.is_empty());
            Some(SetWords::Inline(members.collect()))
        }
        _ => None,
    }
}

/// The members of a set that stands in another one, as `define` puts it there.
fn opened<'t, 'a>(member: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    match member {
        [open, inner @ .., close] if open.is_sign("{") && close.is_sign("}") => split(inner, ","),
        one => vec![one],
    }
}

/// A set in the words of a rule.
pub(super) enum SetWords<'t, 'a> {
    Named(String),
    Inline(Vec<&'t [Token<'a>]>),
}

pub(super) fn keys(fields: &[Field]) -> Option<Vec<Key>> {
    fields.iter().map(|field| field.key).collect()
}

pub(super) fn kinds(fields: &[Field]) -> Vec<Kind> {
    fields.iter().map(|field| field.kind).collect()
}

fn test(
    fields: &[Field],
    mask: Option<u128>,
    operator: Operator,
    value: &[Token<'_>],
    rule: &RuleReader<'_, '_>,
) -> Option<Test> {
    let key = keys(fields)?;
    let kinds = kinds(fields);
    let set = set(value);
    if let ([key], [kind]) = (key.as_slice(), kinds.as_slice())
        && kind.has_bits()
    {
        match &set {
            None => return bit_test((*key, *kind), mask, operator, value),
            Some(SetWords::Inline(members)) if members.len() == 1 => {
                return bit_test((*key, *kind), mask, folded(operator), members[0]);
            }
            Some(SetWords::Named(_) | SetWords::Inline(_)) => {}
        }
    }
    if key.contains(&Key::ConnectionStatus) || operator == Operator::NoneOf {
        return None;
    }
    let negated = operator == Operator::NotEqual;
    let equality = negated || matches!(operator, Operator::Implicit | Operator::Equal);
    let values = match set {
        Some(_) if !equality => return None,
        Some(SetWords::Named(name)) => rule.named(name),
        Some(SetWords::Inline(members)) => {
            let members = members.into_iter().map(|member| element(&kinds, member));
            Values::Inline(members.collect())
        }
        None => Values::Inline(compared(&kinds, operator, value)?),
    };
    match (mask, key.as_slice()) {
        (None, _) => Some(Test::In {
            key,
            values,
            negated,
        }),
        (Some(mask), [key]) => Some(Test::Masked {
            key: *key,
            mask,
            values,
            negated,
        }),
        (Some(_), _) => None,
    }
}

/// A set of one member is loaded as a plain comparison.
fn folded(operator: Operator) -> Operator {
    match operator {
        Operator::Equal | Operator::Implicit => Operator::Implicit,
        Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::More
        | Operator::MoreOrEqual
        | Operator::NoneOf => operator,
    }
}

/// The values that compare so with the one given.
fn compared(kinds: &[Kind], operator: Operator, value: &[Token<'_>]) -> Option<Vec<Element>> {
    let (first, last) = match operator {
        Operator::Implicit | Operator::Equal | Operator::NotEqual => {
            return Some(vec![element(kinds, value)]);
        }
        Operator::NoneOf => return None,
        Operator::Less => (false, None),
        Operator::LessOrEqual => (false, Some(())),
        Operator::More => (true, None),
        Operator::MoreOrEqual => (true, Some(())),
    };
    let ([kind], [limit]) = (kinds, value) else {
        return None;
    };
    let limit = value::number(*kind, limit.text()?)?;
    let span = match (first, last) {
        (false, None) => limit.checked_sub(1).map(|last| (0, last)),
        (false, Some(())) => Some((0, limit)),
        (true, None) => (limit < kind.max()).then(|| (limit + 1, kind.max())),
        (true, Some(())) => Some((limit, kind.max())),
    };
    let element = |(first, last)| Element::of(Part::Span { first, last });
    Some(span.map(element).into_iter().collect())
}

fn verdict_map(fields: &[Field], value: &[Token<'_>]) -> Option<VerdictMap> {
    let members = match set(value)? {
        SetWords::Named(name) => return Some(VerdictMap::Named(name)),
        SetWords::Inline(members) => members,
    };
    let kinds = kinds(fields);
    let mut entries = Vec::with_capacity(members.len());
    let mut otherwise = None;
    for member in members {
        let (key, value) = entry(&kinds, member)?;
        let verdict = verdict(value)?;
        if member.first().is_some_and(|token| token.is_word("*")) && member[1].is_sign(":") {
            otherwise = Some((key, verdict));
        } else {
            entries.push((key, verdict));
        }
    }
    entries.extend(otherwise);
    Some(VerdictMap::Inline(entries))
}

/// What cannot be read.
struct Unread;

fn mask(cursor: &mut Cursor<'_, '_>, fields: &[Field]) -> Result<Option<u128>, Unread> {
    let mut mask = Ok(None);
    loop {
        let masks = cursor.eat_sign("&") || cursor.eat("and");
        let other = cursor.eat_any(&["or", "xor", "lshift", "rshift"]).is_some()
            || ["|", "^", "<<", ">>"]
                .iter()
                .any(|sign| cursor.eat_sign(sign));
        if !masks && !other {
            return mask;
        }
        let start = cursor.at;
        if cursor.group().is_none() {
            cursor.advance();
        }
        let bits = match fields {
            [field] => value::bits(field.kind, cursor.since(start)),
            _ => None,
        };
        mask = match (mask, bits) {
            (Ok(None), Some(bits)) if masks => Ok(Some(bits)),
            _ => Err(Unread),
        };
    }
}

fn operator(cursor: &mut Cursor<'_, '_>) -> Operator {
    let found = OPERATORS
        .iter()
        .find(|(sign, word, _)| cursor.eat_sign(sign) || (!word.is_empty() && cursor.eat(word)));
    found.map_or(Operator::Implicit, |(.., operator)| *operator)
}

/// True when the ports may be read from a packet without any: `th` alone implies no protocol.
fn unguarded(fields: &[Field], rule: &RuleReader<'_, '_>) -> bool {
    let port = |field: &Field| {
        matches!(field.key, Some(Key::SourcePort | Key::DestinationPort)) && field.needs.is_empty()
    };
    fields.iter().any(port)
        && !fields.iter().any(|field| field.key == Some(Key::Protocol))
        && !rule.steps.iter().any(|step| match step {
            Step::Test(test) => means_ports(test),
            Step::Verdict(_)
            | Step::Lookup { .. }
            | Step::Translate(_)
            | Step::SetMark { .. }
            | Step::CopyMark { .. }
            | Step::Notrack
            | Step::Opaque { .. } => false,
        })
}

/// The test for packets with ports; for others the kernel compares other bytes.
fn guarded(test: Test, text: String) -> Test {
    let ported = one_of(Key::Protocol, PORTED);
    let mut others = ported.clone();
    if let Test::In { negated, .. } = &mut others {
        *negated = true;
    }
    let reason = Reason::Unsupported;
    Test::AnyOf(vec![
        vec![ported, test],
        vec![others, Test::Undecided { reason, text }],
    ])
}

const OPERATORS: &[(&str, &str, Operator)] = &[
    ("==", "eq", Operator::Equal),
    ("!=", "ne", Operator::NotEqual),
    ("<=", "le", Operator::LessOrEqual),
    (">=", "ge", Operator::MoreOrEqual),
    ("<", "lt", Operator::Less),
    (">", "gt", Operator::More),
    ("!", "", Operator::NoneOf),
];
