//! What can be wrong with one member of a document, in words that name the remedy.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::parse::ParseError;
use crate::flow::Family;
use crate::text::shown;
use serde_json::Value;

/// What is wrong with a member of a document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It has another JSON type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What belongs here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// It is not ACCEPT or DROP.
    #[error("`{0}` is not ACCEPT or DROP")]
    Action(String),
    /// There is no action.
    #[error("missing; expected ACCEPT or DROP")]
    NoAction,
    /// It is no protocol a rule can have.
    #[error("`{0}` is not TCP, UDP, ICMP, ICMPv6, GRE or ALL")]
    Protocol(String),
    /// There is neither a protocol nor a service template.
    #[error("missing, and there is no ServiceTemplate in its place")]
    NoProtocol,
    /// It is no set of ports.
    #[error("`{0}` is not a port, a range, a list or ALL")]
    Port(String),
    /// It is a range that ends before it begins.
    #[error("`{0}` runs backwards; write the lower port first")]
    ReversedPorts(String),
    /// It is above 65535.
    #[error("`{0}` is above 65535, the highest port")]
    PortTooHigh(String),
    /// The rule's protocol has no ports, or is all of them.
    #[error("`{port}` is given with protocol {protocol}; only TCP and UDP rules can name ports")]
    PortWithoutPorts {
        /// The ports.
        port: String,
        /// The protocol.
        protocol: String,
    },
    /// It is no address or block of the family its name says.
    #[error("`{text}` is not an {family} address or block")]
    Address {
        /// The text.
        text: String,
        /// The family.
        family: Family,
    },
    /// It is a word that the vendor's tools replace before they send it.
    #[error("MY_PUBLIC_IP stands for an address; write the address itself")]
    Placeholder,
    /// It is no id.
    #[error("`{0}` is not an id (letters, digits, `-` and `_`)")]
    Id(String),
    /// The rule names two things of which it can have one.
    #[error("names both {0} and {1}; a rule has one of them")]
    Both(&'static str, &'static str),
    /// It is not a whole number from 0.
    #[error("`{0}` is not a whole number from 0")]
    Index(String),
    /// Other rules of the list have an index and this one has none.
    #[error("missing, while other rules have one; their order cannot be told")]
    MissingIndex,
    /// Two rules of the list have the same index.
    #[error("{index} is taken by another rule; their order cannot be told")]
    RepeatedIndex {
        /// The index.
        index: u64,
    },
    /// The list is longer than any the vendor keeps.
    #[error("more than {limit} rules, which no security group has")]
    TooManyRules {
        /// The most that is read.
        limit: usize,
    },
}

pub(super) type Result<T> = std::result::Result<T, ParseError>;

impl Problem {
    pub(super) fn at(self, path: &str) -> ParseError {
        ParseError::Field {
            path: path.to_owned(),
            problem: self,
        }
    }

    pub(super) fn wrong(expected: &'static str, value: &Value) -> Self {
        let found = kind(value);
        Self::WrongType { expected, found }
    }
}

/// The kind of a JSON value, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Input as an error quotes it.
pub(super) fn quoted(text: &str) -> String {
    shown(text, 50)
}
