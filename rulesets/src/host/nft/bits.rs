//! Comparisons of values made of bits: TCP flags, the state and the status of a connection.
//!
//! Without a sign, `tcp flags syn,ack` asks for any of the bits; `==`, `!=` and sets of several
//! members compare the whole value; `syn / syn,ack` compares the masked value (checked against the
//! byte code of nft 1.0.6).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::split;
use super::lexer::Token;
use super::relation::Operator;
use super::value::{Kind, bits};
use crate::program::{Element, Key, Part, Test, Values};

/// The test on such a field; `None` when it cannot be said in the model, or when the words mean one
/// thing in a listing and another in a file.
pub(super) fn bit_test(
    (key, kind): (Key, Kind),
    mask: Option<u128>,
    operator: Operator,
    value: &[Token<'_>],
) -> Option<Test> {
    if let [value, slashed] = split(value, "/").as_slice() {
        let (value, slashed) = (bits(kind, value)?, bits(kind, slashed)?);
        let equal = matches!(operator, Operator::Implicit | Operator::Equal);
        let sound = mask.is_none() && (equal || operator == Operator::NotEqual);
        return sound.then(|| masked(key, slashed, value, !equal)).flatten();
    }
    let either = value.iter().any(|token| token.is_sign("|"));
    let value = bits(kind, value)?;
    match (mask, operator) {
        (Some(mask), Operator::Equal) => masked(key, mask, value, false),
        (Some(mask), Operator::NotEqual) => masked(key, mask, value, true),
        (None, Operator::Implicit) if !either => any_bit(key, value, false),
        (None, Operator::NoneOf) => any_bit(key, value, true),
        (None, Operator::Equal) => whole(key, value, false),
        (None, Operator::NotEqual) => whole(key, value, true),
        (
            _,
            Operator::Implicit
            | Operator::NoneOf
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::More
            | Operator::MoreOrEqual,
        ) => None,
    }
}

fn masked(key: Key, mask: u128, value: u128, negated: bool) -> Option<Test> {
    let known = key != Key::ConnectionStatus || mask & !TRANSLATED == 0;
    known.then(|| Test::Masked {
        key,
        mask,
        values: inline(vec![value]),
        negated,
    })
}

fn whole(key: Key, value: u128, negated: bool) -> Option<Test> {
    (key != Key::ConnectionStatus).then(|| Test::In {
        key: vec![key],
        values: inline(vec![value]),
        negated,
    })
}

fn any_bit(key: Key, value: u128, negated: bool) -> Option<Test> {
    if key != Key::State {
        return masked(key, value, 0, !negated);
    }
    let single = (0..32).map(|bit| value & 1 << bit);
    Some(Test::In {
        key: vec![key],
        values: inline(single.filter(|bit| *bit != 0).collect()),
        negated,
    })
}

fn inline(values: Vec<u128>) -> Values {
    let elements = values
        .into_iter()
        .map(|value| Element::of(Part::one(value)));
    Values::Inline(elements.collect())
}

/// The bits of `ct status` that the model knows: SNAT and DNAT.
const TRANSLATED: u128 = 16 | 32;
