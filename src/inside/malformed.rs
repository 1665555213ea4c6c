//! What the kernel's files have in common: rows, columns, hexadecimal numbers, and one way to be wrong.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use thiserror::Error;

/// A line of a kernel file that does not have the form the kernel documents.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("line {line}: {what}")]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// What was expected and not found.
    pub what: &'static str,
}

/// Numbers the lines of a file that starts with a heading, heading and empty lines left out.
pub(super) fn rows(text: &str, headings: usize) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .skip(headings)
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty())
}

/// Reads `digits` hexadecimal digits, no more and no fewer, without a sign.
pub(super) fn hex(text: &str, digits: usize) -> Option<u32> {
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(text, 16).ok()
}
