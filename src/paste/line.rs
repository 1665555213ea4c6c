//! One line of a block: 79 characters that stand for themselves, wherever a paste puts them.
//!
//! `{` number (4 digits) set (3) data (64) checksum (6) `}`: nothing but digits, letters, `+` and `/`
//! between the braces, so that blanks, prompts and colours can be told from it. The set is the same in
//! every line of one block and differs between blocks. The checksum is CRC-32 (ISO-HDLC) over number,
//! set and data, in base64 as the data are.

use data_encoding::{BASE64, BASE64_NOPAD};

/// A line whose checksum is right.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Line {
    /// 0 is the heading, then the data, then what repairs them.
    pub(super) number: usize,
    /// Which block it is of.
    pub(super) set: String,
    /// What it carries.
    pub(super) data: [u8; LINE_BYTES],
}

impl Line {
    /// The line as it is printed, braces included.
    pub(super) fn text(&self) -> String {
        let data = BASE64.encode(&self.data);
        let body = format!("{:04}{}{data}", self.number, self.set);
        format!("{{{body}{}}}", checksum(body.as_bytes()))
    }

    /// Reads what stands between the braces.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body)
            .ok()
            .filter(|_| body.len() == BODY)?;
        let (said, sum) = text.split_at_checked(BODY - SUM)?;
        if checksum(said.as_bytes()) != sum {
            return None;
        }
        let (number, rest) = said.split_at_checked(NUMBER)?;
        let (set, data) = rest.split_at_checked(SET)?;
        let digits = number.bytes().all(|it| it.is_ascii_digit());
        Some(Self {
            number: number.parse().ok().filter(|_| digits)?,
            set: set.to_owned(),
            data: BASE64.decode(data.as_bytes()).ok()?.try_into().ok()?,
        })
    }

    /// Reads a line of this set that has one wrong character, where only one change makes it right.
    pub(super) fn mend(body: &[u8], set: &str) -> Option<Self> {
        if body.len() != BODY {
            return None;
        }
        let mut tried = body.to_vec();
        let mut found: Option<Self> = None;
        for at in 0..BODY {
            let was = tried[at];
            for other in ALPHABET.bytes().filter(|it| *it != was) {
                tried[at] = other;
                let line = Self::read(&tried).filter(|line| line.set == set);
                if line.is_some() && found.is_some() && line != found {
                    return None;
                }
                found = line.or(found);
            }
            tried[at] = was;
        }
        found
    }
}

/// The number that a damaged line seems to have.
pub(super) fn number_of(body: &[u8]) -> Option<usize> {
    let digits = body.get(..NUMBER)?;
    let text = std::str::from_utf8(digits).ok()?;
    let plain = digits.iter().all(u8::is_ascii_digit);
    text.parse().ok().filter(|_| plain)
}

/// Whether a character can stand between the braces.
pub(super) fn is_symbol(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '+' || character == '/'
}

fn checksum(bytes: &[u8]) -> String {
    let sum = crc32fast::hash(bytes).to_be_bytes();
    BASE64_NOPAD.encode(&sum)
}

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The highest number of a line.
pub(super) const MOST: usize = 9999;
/// Bytes that a line carries.
pub(super) const LINE_BYTES: usize = 48;
/// Characters between the braces.
pub(super) const BODY: usize = NUMBER + SET + 64 + SUM;
const NUMBER: usize = 4;
/// Characters that tell one block from another.
pub(super) const SET: usize = 3;
const SUM: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            number: 12,
            set: "kQ7".into(),
            data: std::array::from_fn(|at| u8::try_from(at * 37 % 251).unwrap()),
        }
    }

    #[test]
    fn a_line_has_79_characters_and_comes_back() {
        let text = line().text();
        assert_eq!(text.len(), 79);
        assert!(text.starts_with("{0012kQ7"));
        assert_eq!(Line::read(&text.as_bytes()[1..78]), Some(line()));
    }

    #[test]
    fn every_single_wrong_character_is_caught_and_mended() {
        let text = line().text();
        let body = &text.as_bytes()[1..78];
        for at in 0..BODY {
            for other in (0x20..0x7f).filter(|it| *it != body[at]) {
                let mut wrong = body.to_vec();
                wrong[at] = other;
                assert_eq!(Line::read(&wrong), None, "{at} {other}");
            }
            let mut wrong = body.to_vec();
            wrong[at] = b'!';
            assert_eq!(Line::mend(&wrong, "kQ7"), Some(line()), "{at}");
        }
    }

    #[test]
    fn two_wrong_characters_are_not_made_a_third_line() {
        let text = line().text();
        let body = &text.as_bytes()[1..78];
        for at in 0..BODY - 1 {
            let mut wrong = body.to_vec();
            wrong[at] = b'!';
            wrong[(at * 31 + 7) % BODY] = b'!';
            let mended = Line::mend(&wrong, "kQ7");
            assert!(mended.is_none() || mended == Some(line()), "{at}");
        }
    }
}
