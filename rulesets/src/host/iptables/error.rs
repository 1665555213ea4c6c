//! What can be wrong with a listing, in words that name the remedy.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::text::shown;

/// Why a text was not read as a listing of iptables.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is larger than any listing.
    #[error("larger than {limit} MB, which no listing is; give the listing of one host alone")]
    TooLarge {
        /// The most that is read, in megabytes.
        limit: usize,
    },
    /// The text has more rules than are read.
    #[error("more than {limit} rules; give the tables one at a time (`iptables-save -t filter`)")]
    TooManyRules {
        /// The most that is read.
        limit: usize,
    },
    /// The text is something else.
    #[error("not a listing of iptables-save, but {found}")]
    OtherText {
        /// What it is, and what to do.
        found: String,
    },
    /// One line is wrong.
    #[error("line {line}: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: Problem,
    },
}

/// What is wrong with one line.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// It is longer than iptables itself reads.
    #[error("longer than {limit} bytes, which iptables does not read; save the rules again")]
    LongLine {
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// A rule has more words than iptables itself reads.
    #[error("more than {limit} words, which iptables does not read; save the rules again")]
    ManyWords {
        /// The most that is read.
        limit: usize,
    },
    /// A quotation does not end.
    #[error("a quotation mark is not closed; save the rules again")]
    OpenQuote,
    /// It is no line of a listing.
    #[error("`{0}` is no line of iptables-save; give its output unchanged")]
    NotALine(String),
    /// It is a command that changes rules rather than listing them.
    #[error("`{0}` changes rules; load the file, then give the output of iptables-save")]
    Command(String),
    /// It names a table that iptables does not have.
    #[error("`{0}` is not raw, mangle, nat, filter or security")]
    Table(String),
    /// A policy is neither ACCEPT nor DROP.
    #[error("`{0}` is not a policy; ACCEPT or DROP belongs here, and - for a chain of the user's")]
    Policy(String),
    /// A rule stands in a chain that the table does not have.
    #[error("chain `{0}` is not declared above; give the whole listing of iptables-save")]
    NoChain(String),
    /// A chain is declared twice.
    #[error("chain `{0}` is declared twice; give each table once, from iptables-save")]
    ChainTwice(String),
    /// The listing ends in the middle of a table.
    #[error("table `{0}` does not end with COMMIT: the listing is cut short; save it again")]
    NoCommit(String),
    /// An option stands without its value.
    #[error("`{0}` has no value; save the rules again")]
    NoValue(String),
    /// An option that a rule has once stands twice.
    #[error("`{0}` stands twice in one rule, which iptables does not accept; save the rules again")]
    Twice(String),
    /// An address is of the other family.
    #[error(
        "`{text}` is not an {family} address; name the listing after its tool, as iptables-save or ip6tables-save"
    )]
    Address {
        /// The text.
        text: String,
        /// The family of the listing.
        family: Family,
    },
    /// An address has no such mask.
    #[error("`{0}` has a mask that no address has; save the rules again")]
    Mask(String),
}

impl Problem {
    pub(super) fn at(self, line: usize) -> Error {
        Error::Line {
            line,
            problem: self,
        }
    }
}

/// Input as an error quotes it.
pub(super) fn quoted(text: &str) -> String {
    shown(text, 50)
}
