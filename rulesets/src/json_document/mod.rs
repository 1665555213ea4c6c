//! JSON documents from outside: read within bounds, taken apart with the place of every member at hand.
//!
//! The bounds are on bytes, on nesting and on the memory that the values take, so that no document
//! costs more than a large honest one.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bounded;
mod node;
mod text;

pub(crate) use node::{Node, kind};
pub(crate) use text::{address_block, ip_protocol, number_span, quoted};

use crate::text::shown;
use serde_json::Value;

/// Why a document could not be read. One line, naming the place and the remedy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// It has more bytes than are read.
    #[error("larger than 100 MB; ask for fewer objects at a time")]
    TooLarge,
    /// Its values would take more memory than is spent on one document.
    #[error("holds more values than are read from one document; ask for fewer objects at a time")]
    TooManyValues,
    /// It is not JSON.
    #[error("not JSON: {problem} at line {line} column {column}; give the answer whole, as JSON")]
    Syntax {
        /// What the reader met.
        problem: String,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON of another kind.
    #[error("{found} is none of the documents read here; give {expected}")]
    OtherDocument {
        /// What it is.
        found: String,
        /// What is read.
        expected: &'static str,
    },
    /// It is an answer that reports an error.
    #[error("the API answered with the error `{code}`, not with rules; ask it again")]
    Api {
        /// The vendor's error code.
        code: String,
    },
    /// A member cannot be read.
    #[error("{place}: {fault}")]
    Member {
        /// Where it stands, such as `SecurityGroups[0].IpPermissions[2].FromPort`.
        place: String,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with a member of a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// It has another JSON type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What belongs here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// It is not there.
    #[error("missing; expected {0}, give the vendor's answer unabridged")]
    Missing(&'static str),
    /// It is not there, and the vendor's answer does not have it either.
    #[error("missing: {what}; {remedy}")]
    Absent {
        /// What it is.
        what: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// It is none of the values it can have.
    #[error("`{value}` is not {expected}")]
    Value {
        /// The value.
        value: String,
        /// What belongs here.
        expected: &'static str,
    },
    /// It is a range that ends before it begins.
    #[error("`{0}` runs backwards; write the lower end first")]
    Reversed(String),
    /// Two things are named of which there can be one.
    #[error("names both {0} and {1}; a rule has one of them")]
    Both(&'static str, &'static str),
    /// Another object has the same id.
    #[error("`{0}` is there twice; give each once")]
    Repeated(String),
    /// There are more than are read.
    #[error("more than {0} of them; ask for fewer at a time")]
    TooMany(usize),
}

/// Reads a document. A byte order mark is skipped; a member named twice in one object is refused,
/// since readers differ in which they take.
pub fn read_json(text: &str) -> Result<Value, ReadError> {
    if text.len() > DOCUMENT_BYTES {
        return Err(ReadError::TooLarge);
    }
    bounded::read(text.trim_start_matches('\u{feff}'))
}

/// What a document of another kind is, by its first members.
pub(crate) fn found(value: &Value) -> String {
    let Value::Object(members) = value else {
        return kind(value).to_owned();
    };
    if members.is_empty() {
        return "an empty object".to_owned();
    }
    let mut names: Vec<String> = members.keys().take(4).map(|name| shown(name, 40)).collect();
    if names.len() > 3 {
        names.truncate(3);
        names.push("…".to_owned());
    }
    format!("an object of {}", names.join(", "))
}

/// The most rule lists read from one document.
pub(crate) const LISTS: usize = 20_000;

/// The largest document read, in bytes.
const DOCUMENT_BYTES: usize = 100_000_000;
