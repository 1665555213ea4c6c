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
    /// A member that the rest cannot do without is not there.
    #[error("missing; save the whole answer")]
    Missing,
    /// The template holds more than any the vendor keeps.
    #[error("more than {limit} items, which no template has")]
    TooManyItems {
        /// The most that is read.
        limit: usize,
    },
    /// The list is a page of several, and the others decide too.
    #[error("lists {listed} of more rules, which decide too; ask for all of them (Limit, Offset)")]
    Part {
        /// How many it lists.
        listed: usize,
    },
    /// It is no IP address.
    #[error("`{0}` is not an IP address")]
    NoAddress(String),
    /// It is no range of ports as `22/22`.
    #[error("`{0}` is not a range of ports such as 22/22, or -1/-1 for all")]
    PortPair(String),
    /// It is neither of the two directions.
    #[error("`{0}` is not ingress or egress")]
    Direction(String),
    /// It is no priority.
    #[error("`{0}` is not a priority from 1 to 100")]
    Priority(String),
    /// It is no type of group.
    #[error("`{0}` is not normal or enterprise")]
    GroupType(String),
    /// The rule names several far ends.
    #[error("stands beside another far end; a rule has one of block, group and prefix list")]
    SeveralEnds,
    /// It is no rule of the short form.
    #[error("`{0}` is not ACTION#SOURCE#PORT#PROTOCOL, such as ACCEPT#10.0.0.0/8#22#TCP")]
    ShortRule(String),
    /// It is an expression that only Terraform can work out.
    #[error("`{0}` is an expression; give the output of `terraform show -json`")]
    Expression(String),
    /// It is a construct that stands for rules this tool cannot see.
    #[error("`{0}` makes rules when Terraform runs; give the output of `terraform show -json`")]
    Generated(String),
    /// The list is longer than any the vendor keeps.
    #[error("more than {limit} rules, which no security group has")]
    TooManyRules {
        /// The most that is read.
        limit: usize,
    },
}

pub(crate) type Result<T, E = ParseError> = std::result::Result<T, E>;

impl Problem {
    pub(crate) fn at(self, path: &str) -> ParseError {
        ParseError::Field {
            path: path.to_owned(),
            problem: self,
        }
    }

    pub(crate) fn wrong(expected: &'static str, value: &Value) -> Self {
        let found = kind(value);
        Self::WrongType { expected, found }
    }
}

/// The kind of a JSON value, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
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
pub(crate) fn quoted(text: &str) -> String {
    shown(text, 50)
}
