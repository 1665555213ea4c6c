//! The members of sets and maps, and the verdicts that maps hold.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::split;
use super::lexer::{Token, spelled};
use super::value::{Kind, part};
use crate::program::{Element, Part, Verdict};
use crate::text::shown;

/// A member of a set with one part for each of these kinds; what cannot be read is
/// [`Part::Unread`].
pub(super) fn element(kinds: &[Kind], tokens: &[Token<'_>]) -> Element {
    let tokens = without_options(tokens);
    if let [Token::Word(word)] = tokens
        && word == "*"
    {
        return Element(kinds.iter().map(|kind| kind.everything()).collect());
    }
    if let [kind] = kinds {
        return Element::of(part(*kind, tokens));
    }
    let parts = split(tokens, ".");
    if parts.len() == kinds.len() {
        let pairs = kinds.iter().zip(parts);
        return Element(pairs.map(|(kind, tokens)| part(*kind, tokens)).collect());
    }
    let text = shown(&spelled(tokens), TEXT);
    Element(
        kinds
            .iter()
            .map(|_| Part::Unread { text: text.clone() })
            .collect(),
    )
}

/// A member of a map, with the words of its value.
pub(super) fn entry<'t, 'a>(
    kinds: &[Kind],
    tokens: &'t [Token<'a>],
) -> Option<(Element, &'t [Token<'a>])> {
    let colon = tokens.iter().rposition(|token| token.is_sign(":"))?;
    let value = without_options(tokens.get(colon + 1..)?);
    Some((element(kinds, tokens.get(..colon)?), value))
}

/// A verdict that a map can hold.
pub(super) fn verdict(tokens: &[Token<'_>]) -> Option<Verdict> {
    match tokens {
        [Token::Word(word)] => Some(match &**word {
            "accept" => Verdict::Accept,
            "drop" => Verdict::Drop,
            "return" => Verdict::Return,
            "continue" => Verdict::Continue,
            _ => return None,
        }),
        [Token::Word(word), target] => {
            let target = target.text()?.to_owned();
            match &**word {
                "jump" => Some(Verdict::Jump(target)),
                "goto" => Some(Verdict::Goto(target)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The value itself, without its timeout, counter, comment and the like.
fn without_options<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let option = |token: &Token<'_>| OPTIONS.iter().any(|option| token.is_word(option));
    let end = tokens.iter().skip(1).position(option);
    end.and_then(|end| tokens.get(..=end)).unwrap_or(tokens)
}

/// The most characters quoted of a member.
const TEXT: usize = 100;
const OPTIONS: &[&str] = &[
    "timeout", "expires", "counter", "comment", "limit", "quota", "last", "ct",
];
