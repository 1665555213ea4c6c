//! Files through their parsers.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::inside::{Datum, FileText, Malformed, Source};
use std::io::{self, ErrorKind};

/// A datum, and how it was taken.
pub(super) fn noted<T>(source: &dyn Source, datum: Datum<T>) -> Datum<T> {
    datum.taken(source.taken())
}

/// One file through its parser, with a note of how it was taken.
pub(super) fn parsed<T>(
    source: &dyn Source,
    path: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Datum<T> {
    let datum = match source.text(path) {
        Ok(FileText { text, truncated }) => match parse(&text) {
            Some(value) => Datum::read_up_to(path, value, truncated),
            None => Datum::skipped(path, "does not have the form the kernel documents"),
        },
        Err(error) => Datum::skipped(path, error.to_string()),
    };
    noted(source, datum)
}

/// The rows of a table of the network namespace, and whether it was cut; a kernel without IPv6 has no
/// tables for it.
pub(super) fn table<T>(
    source: &dyn Source,
    file: &str,
    parse: impl FnOnce(&str) -> Result<Vec<T>, Malformed>,
) -> Result<(Vec<T>, bool), String> {
    let path = format!("/proc/net/{file}");
    match source.text(&path) {
        Ok(table) => match parse(&table.text) {
            Ok(rows) => Ok((rows, table.truncated)),
            Err(error) => Err(format!("{path}, {error}")),
        },
        Err(error) if error.kind() == ErrorKind::NotFound && file.contains('6') => {
            Ok((Vec::new(), false))
        }
        Err(error) => Err(what_failed(&path, &error)),
    }
}

/// A file and what became of it.
pub(super) fn what_failed(path: &str, error: &io::Error) -> String {
    format!("{path}: {error}")
}
