//! Finds the lines of a block in whatever a terminal, a log or an editor made of them.
//!
//! Colours and cursor movements go first. Then every stretch that one of the two braces of a line opens
//! or closes is read in each way that a paste can have been mangled: broken anywhere and joined again,
//! with a prompt or a time before each piece. The checksum says which way was the right one.

use super::line::{BODY, Line, is_symbol};
use std::iter::Peekable;
use std::str::Chars;

/// What stands between the braces of one line, read in every way that gives the right length; the most
/// likely way first.
pub(super) type Readings = Vec<Vec<u8>>;

/// The stretches that may be lines, in the order of the text.
pub(super) fn stretches(text: &str) -> Vec<Readings> {
    let clean = plain(text);
    let braces: Vec<usize> = clean
        .bytes()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'{' | b'}'))
        .map(|(at, _)| at)
        .collect();
    let opens = |at: usize| clean.as_bytes().get(at) == Some(&b'{');
    let closes = |at: usize| clean.as_bytes().get(at) == Some(&b'}');
    let mut found = Vec::new();
    let mut work = MOST_WORK;
    let mut start = 0;
    for end in braces.iter().copied().chain([clean.len()]) {
        let ends = (start > 0 && opens(start - 1), closes(end));
        let piece = match ends {
            (true, true) if end - start > LONGEST => "",
            (true, _) => head(&clean[start..end]),
            (false, true) => tail(&clean[start..end]),
            (false, false) => "",
        };
        if piece.len() >= BODY - 1 {
            found.push(readings(piece, ends, &mut work));
        }
        start = end + 1;
    }
    found.retain(|readings| !readings.is_empty());
    found
}

/// Every reading of one stretch; `ends` says whether a brace opens and closes it. With one of them
/// missing, the length says where the line begins or ends.
fn readings<'a>(piece: &'a str, ends: (bool, bool), work: &mut usize) -> Readings {
    let rows: Vec<&'a str> = piece
        .split('\n')
        .map(str::trim)
        .filter(|row| !row.is_empty())
        .collect();
    let own = |at: usize| at == 0 && ends.0;
    let words = |at: usize, row: &'a str| if own(at) { row } else { last_word(row) };
    let mut ways = vec![
        symbols(rows.iter().copied()),
        symbols(pieces(&rows, words)),
        as_it_is(rows.iter().copied()),
        as_it_is(pieces(&rows, words)),
        without_steering(&rows),
    ];
    let whole = |way: &Vec<u8>| cut(way, ends).and_then(Line::read).is_some();
    if rows.len() > 1 && !ways.iter().any(whole) {
        for length in 1..=LONGEST_PREFIX {
            if *work == 0 {
                break;
            }
            *work = work.saturating_sub(piece.len());
            let rest = |at: usize, row: &'a str| {
                let skipped = if own(at) { 0 } else { length };
                let from = row.char_indices().nth(skipped);
                from.map_or("", |(from, _)| &row[from..])
            };
            ways.push(symbols(pieces(&rows, rest)));
            ways.push(as_it_is(pieces(&rows, rest)));
        }
    }
    let mut fitting = Readings::new();
    for body in ways.iter().filter_map(|way| cut(way, ends)) {
        if !fitting.iter().any(|it| it == body) {
            fitting.push(body.to_vec());
        }
    }
    fitting
}

/// What is kept of each row.
fn pieces<'a>(
    rows: &[&'a str],
    keep: impl Fn(usize, &'a str) -> &'a str,
) -> impl Iterator<Item = &'a str> {
    rows.iter().enumerate().map(move |(at, row)| keep(at, row))
}

fn cut(way: &[u8], ends: (bool, bool)) -> Option<&[u8]> {
    match ends {
        (true, true) => (way.len() == BODY).then_some(way),
        (true, false) => way.get(..BODY),
        (false, _) => way.get(way.len().checked_sub(BODY)?..),
    }
}

fn symbols<'a>(rows: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let kept = rows
        .flat_map(str::chars)
        .filter(|it| is_symbol(*it) || is_stand_in(*it));
    kept.map(|it| u8::try_from(it).unwrap_or(b'?')).collect()
}

/// A character that can only stand where another one was: it is kept, to keep the length.
fn is_stand_in(character: char) -> bool {
    !character.is_whitespace() && !SEPARATORS.contains(character)
}

fn last_word(row: &str) -> &str {
    row.rsplit(char::is_whitespace).next().unwrap_or(row)
}

/// Whatever is no blank: a bar in the place of an l, say.
fn as_it_is<'a>(rows: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let kept = rows.flat_map(str::chars).filter(|it| !it.is_whitespace());
    kept.map(|it| u8::try_from(it).unwrap_or(b'?')).collect()
}

/// Colours whose escape character was lost on the way: `[31m`.
fn without_steering(rows: &[&str]) -> Vec<u8> {
    let mut kept = Vec::new();
    for row in rows {
        let mut rest = row.chars().peekable();
        while let Some(character) = rest.next() {
            if character == '[' {
                while rest
                    .next_if(|it| it.is_ascii_digit() || matches!(it, ';' | '?'))
                    .is_some()
                {}
                rest.next_if(char::is_ascii_alphabetic);
            } else if is_symbol(character) {
                kept.extend(u8::try_from(character));
            }
        }
    }
    kept
}

/// The text without what steers a terminal; blanks of every kind as one kind, line ends as one kind.
fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\u{1b}' | '\u{241b}' => escape(&mut rest),
            '^' if rest.next_if_eq(&'[').is_some() => escape(&mut rest),
            '\u{9b}' => control_sequence(&mut rest),
            // A line end within a JSON string.
            '\\' if rest.next_if(|it| matches!(it, 'n' | 'r')).is_some() => clean.push('\n'),
            '\r' | '\n' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                clean.push('\n');
            }
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{ad}' => {}
            blank if blank.is_whitespace() => clean.push(' '),
            control if control.is_control() => {}
            other => clean.push(other),
        }
    }
    clean
}

/// An escape sequence (ECMA-48): a control sequence, a string, or two characters.
fn escape(rest: &mut Peekable<Chars<'_>>) {
    match rest.next_if(|it| !matches!(it, '\n' | '{' | '}')) {
        Some('[') => control_sequence(rest),
        Some(']' | 'P' | '_' | '^' | 'X') => {
            // A string without an end must not swallow the paste.
            for _ in 0..LONGEST_STRING {
                match rest.peek() {
                    None | Some('\n' | '{' | '}') => break,
                    Some('\u{7}' | '\u{9c}') => {
                        rest.next();
                        break;
                    }
                    Some('\u{1b}') => {
                        rest.next();
                        rest.next_if_eq(&'\\');
                        break;
                    }
                    Some(_) => {
                        rest.next();
                    }
                }
            }
        }
        Some('(' | ')' | '#' | '%' | ' ') => {
            rest.next_if(char::is_ascii_alphanumeric);
        }
        Some(_) | None => {}
    }
}

fn control_sequence(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|it| (' '..='?').contains(it)).is_some() {}
    rest.next_if(|it| ('@'..='~').contains(it) && !matches!(it, '{' | '}'));
}

fn head(piece: &str) -> &str {
    let end = piece
        .char_indices()
        .nth(LONGEST)
        .map_or(piece.len(), |(at, _)| at);
    &piece[..end]
}

fn tail(piece: &str) -> &str {
    let start = piece
        .char_indices()
        .rev()
        .nth(LONGEST)
        .map_or(0, |(at, _)| at);
    &piece[start..]
}

/// Characters that stand around a line's pieces, never in the place of one.
const SEPARATORS: &str = "<>|#$%&*,;:.'\"`[]()~=\\^-_@{}";
/// The most characters of a stretch that are looked at: a line at one character a row has 77 prefixes.
const LONGEST: usize = 4000;
const LONGEST_PREFIX: usize = 60;
const LONGEST_STRING: usize = 200;
/// Characters read in search of the length of a prefix, over all of a paste.
const MOST_WORK: usize = 4_000_000;
