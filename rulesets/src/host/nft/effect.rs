//! Statements that change the packet, a set, or only the log.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::Cursor;
use super::field::{Field, field};
use super::lexer::Token;
use super::relation::fields;
use super::rule::RuleReader;
use super::value::{Kind, bits};
use crate::packet::State;
use crate::program::{
    Element, Key, Marked, NewValue, Part, Reason, Step, Test, Translation, TranslationKind, Values,
    Verdict,
};

/// Reads the value behind `set`. Only what rules of the model can test has an effect here.
pub(super) fn assignment(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    fields: &[Field],
    start: usize,
) {
    rule.need(fields);
    let value = cursor.at;
    let Some(key) = fields.first().and_then(|field| field.key) else {
        return expression(cursor, rule);
    };
    let marks = [
        (Key::Mark, Marked::Packet),
        (Key::ConnectionMark, Marked::Connection),
    ];
    let to = marks.into_iter().find(|(mark, _)| *mark == key);
    if let Some((_, to)) = to
        && let Some((from, keep, flip)) = mark(cursor, rule)
    {
        return set_mark(rule, to, (from, keep, flip));
    }
    cursor.at = value;
    expression(cursor, rule);
    let text = cursor.spelled_since(start);
    rule.opaque(&text);
}

/// Reads a value with the maps and operators it is made of.
pub(super) fn expression(cursor: &mut Cursor<'_, '_>, rule: &RuleReader<'_, '_>) {
    loop {
        if fields(cursor, rule).is_none() {
            cursor.value();
        }
        if cursor.eat("map") {
            cursor.value();
        }
        let signs = ["&", "|", "^", "<<", ">>", "."];
        let sign = signs.iter().any(|sign| cursor.eat_sign(sign));
        if !sign
            && cursor
                .eat_any(&["and", "or", "xor", "lshift", "rshift"])
                .is_none()
        {
            return;
        }
    }
}

/// Sets a mark to some bits of one that was there, and others.
fn set_mark(rule: &mut RuleReader<'_, '_>, to: Marked, new: (Option<Marked>, u32, u32)) {
    let (from, keep, value) = new;
    if from == Some(Marked::Connection) {
        rule.push_test(connected());
    }
    let own = from == Some(to);
    rule.steps.push(match to {
        Marked::Packet if own || keep == 0 => Step::SetMark { mask: !keep, value },
        Marked::Packet | Marked::Connection => Step::CopyMark {
            to,
            mask: if own { !keep } else { u32::MAX },
            copied: if own { 0 } else { keep },
            value,
        },
    });
}

/// A rule that asks for the mark of a connection ends where there is none.
fn connected() -> Test {
    let lost = [State::Invalid, State::Untracked];
    let lost = lost.map(|state| Element::of(Part::one(state.bit())));
    Test::In {
        key: vec![Key::State],
        values: Values::Inline(lost.into()),
        negated: true,
    }
}

/// A new mark as one that was there, the bits of it to keep, and the bits to flip then; `None` when it
/// depends on more.
fn mark(
    cursor: &mut Cursor<'_, '_>,
    rule: &RuleReader<'_, '_>,
) -> Option<(Option<Marked>, u32, u32)> {
    let (from, mut keep, mut flip) = match field(cursor, rule.family()).map(|field| field.key) {
        Some(Some(Key::Mark)) => (Some(Marked::Packet), u32::MAX, 0),
        Some(Some(Key::ConnectionMark)) => (Some(Marked::Connection), u32::MAX, 0),
        Some(_) => return None,
        None => (None, 0, operand(cursor)?),
    };
    loop {
        if cursor.eat_sign("&") || cursor.eat("and") {
            let bits = operand(cursor)?;
            (keep, flip) = (keep & bits, flip & bits);
        } else if cursor.eat_sign("|") || cursor.eat("or") {
            let bits = operand(cursor)?;
            (keep, flip) = (keep & !bits, flip | bits);
        } else if cursor.eat_sign("^") || cursor.eat("xor") {
            flip ^= operand(cursor)?;
        } else {
            let more = cursor.word() == Some("map")
                || cursor
                    .peek()
                    .is_some_and(|token| matches!(token, Token::Sign(_)));
            return (!more).then_some((from, keep, flip));
        }
    }
}

fn operand(cursor: &mut Cursor<'_, '_>) -> Option<u32> {
    let start = cursor.at;
    cursor.advance()?;
    bits(Kind::Mark, cursor.since(start)).and_then(|bits| u32::try_from(bits).ok())
}

/// Reads a statement that adds to a set or deletes from it: it matters to later packets, and here
/// where a limit per member decides whether the rule goes on.
pub(super) fn set_change(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>) {
    let start = cursor.at;
    let word = cursor.take_text().unwrap_or_default();
    if word == "set" && cursor.eat_any(&["add", "update", "delete"]).is_some() {
        change(cursor, rule);
        if let Some(name) = cursor.take_text() {
            rule.scope.changes(name);
        }
        return;
    }
    let Some(name) = cursor.take_text().filter(|_| word != "set") else {
        cursor.at = start;
        return;
    };
    if cursor.eat("size") {
        cursor.take_text();
    }
    let Some(group) = cursor.group() else {
        cursor.at = start;
        return;
    };
    rule.scope.changes(name);
    change(&mut Cursor::new(group), rule);
    let limits = |token: &Token<'_>| {
        ["limit", "quota", "count"]
            .iter()
            .any(|it| token.is_word(it))
    };
    if group.iter().any(limits) {
        rule.undecided(Reason::RateLimit, cursor.spelled_since(start));
    }
}

/// The fields of the new member, which the packet must have.
fn change(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>) {
    if let Some(fields) = fields(cursor, rule) {
        rule.need(&fields);
        let families = fields.iter().filter_map(|field| match field.key {
            Some(Key::Source(family) | Key::Destination(family)) => Some(family),
            _ => None,
        });
        for family in families {
            for test in super::field::family_test(family, rule.family()) {
                rule.require(test);
            }
        }
    }
    if cursor.eat("timeout") {
        cursor.take_text();
    }
}

/// Reads a match or target of iptables that `nft` cannot spell out.
pub(super) fn extension(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>) {
    let start = cursor.at;
    cursor.at += 1;
    let kind = cursor.take_text().unwrap_or_default();
    let name = cursor.take_text().unwrap_or_default();
    let text = cursor.spelled_since(start);
    let translation = match (kind, name) {
        ("match", "rt" | "hbh" | "dst") => return rule.push_test(Test::AnyOf(Vec::new())),
        ("match", _) => return rule.undecided(reason(name), text),
        ("target", "LOG" | "NFLOG" | "TRACE" | "AUDIT" | "CHECKSUM" | "TCPMSS" | "SET" | "CT") => {
            return;
        }
        ("target", "REJECT") => {
            return rule
                .steps
                .push(Step::Verdict(Verdict::Reject { with: text }));
        }
        ("target", "DNAT" | "NETMAP") => TranslationKind::Destination,
        ("target", "REDIRECT") => TranslationKind::Redirect,
        ("target", "SNAT") => TranslationKind::Source,
        ("target", "MASQUERADE") => TranslationKind::Masquerade,
        _ => return rule.opaque(&text),
    };
    rule.steps.push(Step::Translate(Translation {
        kind: translation,
        address: NewValue::Unknown,
        port: NewValue::Unknown,
        text,
    }));
}

fn reason(name: &str) -> Reason {
    match name {
        "limit" | "hashlimit" | "connlimit" | "quota" => Reason::RateLimit,
        "recent" => Reason::History,
        "time" => Reason::Time,
        "owner" | "cgroup" => Reason::Owner,
        _ => Reason::Unsupported,
    }
}

/// The options of `log`.
pub(super) fn words_of_log(cursor: &mut Cursor<'_, '_>) {
    while let Some(option) = cursor.eat_any(LOG_OPTIONS) {
        if option != "flags" {
            cursor.take_text();
        } else if cursor.eat("tcp") {
            cursor.value();
        } else {
            cursor.eat("ip");
            cursor.eat_any(&["all", "skuid", "ether", "options"]);
        }
    }
}

const LOG_OPTIONS: &[&str] = &[
    "prefix",
    "group",
    "snaplen",
    "queue-threshold",
    "level",
    "flags",
];
