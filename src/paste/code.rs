//! The code for typing: 35 symbols of Crockford's base 32, in seven groups of five.
//!
//! 175 bits, highest first: the form (3), twelve numbers of findings (10 each, 0 for none), an IPv4
//! address (32, 0.0.0.0 for none) and a CRC of 20 bits. A wrong symbol changes at most five bits in a
//! row and neighbours that changed places at most ten, which no CRC of 20 bits lets pass; this one also
//! catches any two wrong symbols, wherever they stand.

use super::crockford::{is_filler, symbol, value};
use super::findings::Finding;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use thiserror::Error;

/// What a code says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Said {
    /// Up to [`MOST_FINDINGS`].
    pub(super) findings: Vec<Finding>,
    /// An address, where a finding says whose.
    pub(super) address: Option<Ipv4Addr>,
}

/// Why a text is not a code.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum CodeError {
    /// Something that is no symbol.
    #[error("the code has `{0}`, which no code has: look at the screen again")]
    Symbol(String),
    /// Too few or too many symbols.
    #[error("the code has {0} characters, and a code has {SYMBOLS}: look at the screen again")]
    Length(usize),
    /// The checksum is wrong.
    #[error(
        "a character of the code is wrong, or two changed places: compare it group by group with the screen"
    )]
    Checksum,
    /// The form of a later version.
    #[error(
        "the code is of form {0}, which a newer version made: use the same version of reachdx on both sides"
    )]
    Form(u8),
    /// A number that this version does not know.
    #[error(
        "the code says finding {0}, which a newer version made: use the same version of reachdx on both sides"
    )]
    Finding(u16),
    /// Two findings that exclude each other, or an address and no word whose.
    #[error("the code contradicts itself, so it is none of `reachdx inside`: make it again")]
    Contradiction,
}

/// Writes a code, in groups; findings beyond the most are left out.
pub(super) fn write(said: &Said) -> String {
    let mut bits = Vec::with_capacity(SYMBOLS * 5);
    push(&mut bits, u32::from(FORM), 3);
    for at in 0..MOST_FINDINGS {
        let number = said.findings.get(at).map_or(0, |finding| finding.number());
        push(&mut bits, u32::from(number), 10);
    }
    push(&mut bits, said.address.map_or(0, u32::from), 32);
    let sum = crc20(&bits);
    push(&mut bits, sum, 20);
    let mut text = String::new();
    for (at, group) in bits.chunks(5).enumerate() {
        if at > 0 && at % GROUP == 0 {
            text.push('-');
        }
        text.push(symbol(
            group
                .iter()
                .fold(0, |value, bit| value << 1 | u8::from(*bit)),
        ));
    }
    text
}

/// Reads a code as a person types it.
pub(super) fn read(text: &str) -> Result<Said, CodeError> {
    let mut bits = Vec::new();
    let mut count = 0;
    for character in text.chars().filter(|it| !is_filler(*it)) {
        count += 1;
        if count > LONGEST {
            break;
        }
        let Some(value) = value(character) else {
            let shown = probes::escape(character.encode_utf8(&mut [0; 4]).as_bytes(), 12);
            return Err(CodeError::Symbol(shown));
        };
        push(&mut bits, u32::from(value), 5);
    }
    if count != SYMBOLS {
        return Err(CodeError::Length(count));
    }
    let (said, sum) = bits.split_at(SYMBOLS * 5 - 20);
    if u32::try_from(number(sum)) != Ok(crc20(said)) {
        return Err(CodeError::Checksum);
    }
    let (form, rest) = said.split_at(3);
    let form = number(form);
    if form != u64::from(FORM) {
        return Err(CodeError::Form((form & 7) as u8));
    }
    let (numbers, address) = rest.split_at(10 * MOST_FINDINGS);
    let address = u32::try_from(number(address)).unwrap_or(0);
    let mut findings = Vec::new();
    for bits in numbers.chunks(10) {
        let number = (number(bits) & 1023) as u16;
        if number != 0 {
            findings.push(Finding::of(number).ok_or(CodeError::Finding(number))?);
        }
    }
    let address = (address != 0).then(|| Ipv4Addr::from(address));
    let said = Said { findings, address };
    consistent(&said)
        .then_some(said)
        .ok_or(CodeError::Contradiction)
}

fn consistent(said: &Said) -> bool {
    let subjects: BTreeSet<_> = said.findings.iter().map(|it| it.subject()).collect();
    let has = |wanted: fn(&Finding) -> bool| said.findings.iter().any(wanted);
    subjects.len() == said.findings.len()
        && has(|it| matches!(it, Finding::Root(_)))
        && has(|it| matches!(it, Finding::Address(_))) == said.address.is_some()
        && has(|it| matches!(it, Finding::TrackingFull(_)))
            == has(|it| matches!(it, Finding::TrackingDrops(_)))
}

fn push(bits: &mut Vec<bool>, value: u32, width: u32) {
    bits.extend((0..width).rev().map(|at| value >> at & 1 == 1));
}

fn number(bits: &[bool]) -> u64 {
    bits.iter()
        .fold(0, |value, bit| value << 1 | u64::from(*bit))
}

/// The remainder of a row of bits modulo the generator, begun with ones.
fn crc20(bits: &[bool]) -> u32 {
    bits.iter().fold(0xf_ffff, |sum, bit| {
        let carry = (sum >> 19 & 1 == 1) != *bit;
        (sum << 1 & 0xf_ffff) ^ if carry { POLYNOMIAL } else { 0 }
    })
}

/// How many findings a code has room for.
pub(super) const MOST_FINDINGS: usize = 12;
/// Symbols of a code.
pub(super) const SYMBOLS: usize = 35;
const GROUP: usize = 5;
const FORM: u8 = 1;
/// Where counting the characters of something that is no code ends.
const LONGEST: usize = 999;
/// The generator without its highest term: of 175 bits, any two wrong groups of five are caught, which
/// the tests hold against every pair.
const POLYNOMIAL: u32 = 0x6_b04f;

#[cfg(test)]
mod tests {
    use super::super::findings::Whose;
    use super::*;

    fn samples() -> Vec<Said> {
        let full = (32..=71).step_by(8).chain([80, 84, 88, 92, 96]);
        vec![
            Said {
                findings: vec![Finding::Root(true)],
                address: None,
            },
            Said {
                findings: [1, 3]
                    .into_iter()
                    .chain(full)
                    .filter_map(Finding::of)
                    .collect(),
                address: Some(Ipv4Addr::new(198, 51, 100, 7)),
            },
            Said {
                findings: vec![Finding::Root(false), Finding::Address(Whose::Instance)],
                address: Some(Ipv4Addr::BROADCAST),
            },
        ]
    }

    #[test]
    fn a_code_has_seven_groups_and_comes_back() {
        for said in samples() {
            let text = write(&said);
            assert_eq!(text.len(), 41);
            assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [5; 7]);
            assert_eq!(read(&text), Ok(said.clone()));
            let typed = text
                .to_lowercase()
                .replace('0', "o")
                .replace('1', "l")
                .replace('-', " ");
            assert_eq!(read(&typed), Ok(said));
        }
    }

    #[test]
    fn every_wrong_character_and_every_swap_of_neighbours_is_caught() {
        for said in samples() {
            let text: Vec<char> = write(&said).chars().filter(|it| *it != '-').collect();
            for at in 0..SYMBOLS {
                for other in (0..32).map(symbol).filter(|it| *it != text[at]) {
                    let mut wrong = text.clone();
                    wrong[at] = other;
                    let wrong: String = wrong.into_iter().collect();
                    assert_eq!(read(&wrong), Err(CodeError::Checksum), "{wrong}");
                }
                for other in (at + 1..SYMBOLS).filter(|it| text[*it] != text[at]) {
                    let mut wrong = text.clone();
                    wrong.swap(at, other);
                    let wrong: String = wrong.into_iter().collect();
                    assert_eq!(read(&wrong), Err(CodeError::Checksum), "{wrong}");
                }
            }
        }
    }

    /// A CRC is linear: two wrong characters pass where their remainders are equal, whatever the code.
    #[test]
    fn any_two_wrong_characters_are_caught() {
        let plain = crc20(&[false; SYMBOLS * 5]);
        let mut seen = BTreeSet::new();
        for at in 0..SYMBOLS {
            for error in 1..32 {
                let mut bits = vec![false; at * 5];
                push(&mut bits, error, 5);
                bits.resize(SYMBOLS * 5, false);
                let remainder = crc20(&bits) ^ plain;
                assert!(remainder != 0 && seen.insert(remainder), "{at} {error}");
            }
        }
        assert_eq!(seen.len(), SYMBOLS * 31);
    }

    #[test]
    fn what_is_no_code_says_what_to_do() {
        let good = write(&samples()[0]);
        let with = |bits: &[(usize, u32, u32)]| {
            let mut all: Vec<bool> = Vec::new();
            push(&mut all, 1, 3);
            push(&mut all, 1, 10);
            all.resize(155, false);
            for (at, value, width) in bits {
                let mut piece = Vec::new();
                push(&mut piece, *value, *width);
                all.splice(*at..*at + piece.len(), piece);
            }
            let sum = crc20(&all);
            push(&mut all, sum, 20);
            all.chunks(5)
                .map(|group| symbol(u8::try_from(number(group)).unwrap()))
                .collect::<String>()
        };
        let cases = [
            (String::new(), CodeError::Length(0)),
            (good[1..].to_owned(), CodeError::Length(34)),
            (format!("{good}7"), CodeError::Length(36)),
            ("x".repeat(9_000_000), CodeError::Length(1000)),
            (good.replacen('-', "U", 1), CodeError::Symbol("U".into())),
            (
                format!("\u{202e}{good}"),
                CodeError::Symbol("\\u{202e}".into()),
            ),
            (with(&[(0, 7, 3)]), CodeError::Form(7)),
            (with(&[(13, 1000, 10)]), CodeError::Finding(1000)),
            (with(&[(13, 2, 10)]), CodeError::Contradiction),
            (with(&[(13, 3, 10)]), CodeError::Contradiction),
            (with(&[(123, 9, 32)]), CodeError::Contradiction),
            (with(&[(3, 0, 10)]), CodeError::Contradiction),
        ];
        for (text, error) in cases {
            let said = error.to_string();
            assert!(
                !said.contains(char::is_control) && said.len() < 130,
                "{said}"
            );
            assert_eq!(read(&text), Err(error));
        }
    }
}
