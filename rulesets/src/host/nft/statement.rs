//! The statements of a rule, one after another.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::{Cursor, split};
use super::effect::{assignment, extension, set_change, words_of_log};
use super::field::{family_test, protocol_test};
use super::lexer::Token;
use super::nat::translation;
use super::relation::{compare, fields, look_up};
use super::rule::{RuleReader, RuleWords, rule};
use crate::flow::Family;
use crate::host::{HostChain, TableFamily};
use crate::program::{Chain, Reason, Step, TranslationKind, Verdict};

/// Reads one statement and adds its steps; reads nothing when it is not understood.
pub(super) fn statement(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>) {
    let start = cursor.at;
    let bracketed = cursor.peek().is_some_and(|token| token.is_sign("("));
    let Some(word) = cursor.word().or_else(|| bracketed.then_some("(")) else {
        unspelled(cursor, rule);
        return;
    };
    if word == "ct" && cursor.word_after(1) == Some("count") {
        cursor.at += 2;
        cursor.eat_any(&["over", "until"]);
        cursor.take_text();
        rule.undecided(Reason::RateLimit, cursor.spelled_since(start));
        return;
    }
    if let Some(fields) = fields(cursor, rule) {
        if cursor.eat("set") {
            assignment(cursor, rule, &fields, start);
        } else if cursor.eat("vmap") {
            look_up(cursor, rule, &fields, start);
        } else {
            compare(cursor, rule, &fields, start);
        }
        return;
    }
    match word {
        "accept" | "drop" | "return" | "continue" | "jump" | "goto" | "reject" => {
            cursor.at += 1;
            verdict(cursor, rule, word);
        }
        "dnat" => translation(cursor, rule, TranslationKind::Destination),
        "snat" => translation(cursor, rule, TranslationKind::Source),
        "masquerade" => translation(cursor, rule, TranslationKind::Masquerade),
        "redirect" => translation(cursor, rule, TranslationKind::Redirect),
        "limit" | "quota" => {
            cursor.at += 1;
            amount(cursor);
            rule.undecided(Reason::RateLimit, cursor.spelled_since(start));
        }
        "notrack" => {
            cursor.at += 1;
            rule.steps.push(Step::Notrack);
        }
        "add" | "update" | "delete" | "set" | "meter" => set_change(cursor, rule),
        "xt" => extension(cursor, rule),
        _ => without_effect(cursor, word),
    }
}

/// What a JSON listing has no words for: a condition behind `?`, a statement otherwise.
fn unspelled(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>) {
    let condition = cursor.eat_sign("?");
    if let Some(Token::Foreign(text)) = cursor.peek() {
        cursor.at += 1;
        if condition {
            rule.undecided(Reason::Unsupported, text.clone());
        } else {
            rule.opaque(text);
        }
    }
}

fn verdict(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>, word: &str) {
    let start = cursor.at - 1;
    let verdict = match word {
        "accept" => Verdict::Accept,
        "drop" => Verdict::Drop,
        "return" => Verdict::Return,
        "continue" => Verdict::Continue,
        "reject" => reject(cursor, rule),
        _ => {
            let target = match cursor.group() {
                Some(block) => anonymous_chain(block, rule),
                None => cursor.take_text().map(str::to_owned),
            };
            match target {
                Some(target) if word == "jump" => Verdict::Jump(target),
                Some(target) => Verdict::Goto(target),
                None => {
                    let text = cursor.spelled_since(start);
                    return rule.opaque(&text);
                }
            }
        }
    };
    rule.steps.push(Step::Verdict(verdict));
}

/// `reject` tests what it needs to answer in that way: TCP for a reset, the family for its ICMP.
fn reject(cursor: &mut Cursor<'_, '_>, rule: &mut RuleReader<'_, '_>) -> Verdict {
    if !cursor.eat("with") {
        let with = match rule.family() {
            TableFamily::Ip => "icmp port-unreachable",
            TableFamily::Ip6 => "icmpv6 port-unreachable",
            TableFamily::Inet | TableFamily::Arp | TableFamily::Bridge | TableFamily::Netdev => {
                "icmpx port-unreachable"
            }
        };
        return Verdict::Reject {
            with: with.to_owned(),
        };
    }
    let protocol = cursor.take_text().unwrap_or_default();
    let needs = match protocol {
        "tcp" => vec![protocol_test(6)],
        "icmp" => family_test(Family::V4, rule.family()),
        "icmpv6" => family_test(Family::V6, rule.family()),
        _ => Vec::new(),
    };
    for test in needs {
        rule.require(test);
    }
    cursor.eat("type");
    let what = cursor.take_text().unwrap_or_default();
    Verdict::Reject {
        with: format!("{protocol} {what}"),
    }
}

/// The rules in the braces after `jump` or `goto`, as a chain of a name that no chain of the kernel
/// can have.
fn anonymous_chain(block: &[Token<'_>], outer: &mut RuleReader<'_, '_>) -> Option<String> {
    if outer.depth >= DEPTH {
        return None;
    }
    let mut name = format!("{} rule {}", outer.chain, outer.index);
    if outer.blocks > 0 {
        name = format!("{name} block {}", outer.blocks);
    }
    outer.blocks += 1;
    let lines = split(block, ";").into_iter();
    let lines = lines.filter(|tokens| !tokens.is_empty());
    let mut rules = Vec::new();
    for (index, tokens) in lines.enumerate() {
        let words = RuleWords {
            tokens,
            text: "",
            handle: None,
            chain: &name,
            index,
            depth: outer.depth + 1,
        };
        rules.push(rule(&words, outer.scope));
    }
    outer.scope.blocks.push(HostChain {
        base: None,
        chain: Chain {
            set: outer.scope.set.clone(),
            name: name.clone(),
            rules,
        },
    });
    Some(name)
}

/// The rest of `limit` and `quota`: a name, or a rate or amount with its units.
fn amount(cursor: &mut Cursor<'_, '_>) {
    if cursor.eat("name") {
        cursor.value();
        return;
    }
    cursor.eat("rate");
    cursor.eat_any(&["over", "until"]);
    cursor.value();
    unit(cursor);
    while cursor.eat_any(&["burst", "used"]).is_some() {
        cursor.take_text();
        unit(cursor);
    }
}

fn unit(cursor: &mut Cursor<'_, '_>) {
    let is_unit = |word: &str| UNITS.contains(&word.split('/').next().unwrap_or_default());
    if cursor.word().is_some_and(is_unit) {
        cursor.at += 1;
        if cursor.eat_sign("/") {
            cursor.take_text();
        }
    }
}

/// Statements after which the packet goes on as it was.
fn without_effect(cursor: &mut Cursor<'_, '_>, word: &str) {
    let start = cursor.at;
    cursor.at += 1;
    match word {
        "counter" => {
            if cursor.eat("name") {
                cursor.value();
            }
            while cursor.eat_any(&["packets", "bytes"]).is_some() {
                cursor.take_text();
            }
        }
        "log" => words_of_log(cursor),
        "comment" | "secmark" => {
            cursor.eat("name");
            cursor.take_text();
        }
        "last" => {
            if cursor.eat("used") {
                cursor.take_text();
            }
        }
        "flow" => {
            cursor.eat_any(&["add", "offload"]);
            cursor.take_text();
        }
        "dup" => {
            cursor.eat("to");
            cursor.value();
            if cursor.eat("device") {
                cursor.value();
            }
        }
        "reset" => {
            cursor.eat("tcp");
            cursor.eat("option");
            cursor.take_text();
        }
        _ => cursor.at = start,
    }
}

/// How deep anonymous chains may lie in one another; the kernel allows 16 jumps.
const DEPTH: usize = 16;
const UNITS: &[&str] = &[
    "bytes", "kbytes", "mbytes", "gbytes", "packets", "second", "minute", "hour", "day", "week",
];
