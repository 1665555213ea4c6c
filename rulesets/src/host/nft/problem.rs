//! Why a document is refused.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// Why a document could not be read as an nftables rule set.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The document is too large.
    #[error(
        "larger than {limit} MB, the most that is read; give the tables one by one (`nft list table`)"
    )]
    TooLarge {
        /// The most that is read, in millions of bytes.
        limit: usize,
    },
    /// There are more rules, chains and sets than are read.
    #[error(
        "line {line}: more than {limit} rules, chains and sets, the most that is read; give the tables one by one (`nft list table`)"
    )]
    TooMany {
        /// The line, from 1; 0 in a JSON listing.
        line: usize,
        /// The most that is read.
        limit: usize,
    },
    /// There are more members of sets than are read.
    #[error(
        "more than {limit} members of sets, the most that is read; list without them (`nft -t list ruleset`)"
    )]
    TooManyMembers {
        /// The most that is read.
        limit: usize,
    },
    /// The document is no rule set.
    #[error(
        "line {line}: `{found}` begins no nftables rule set; give what `nft list ruleset` prints"
    )]
    OtherText {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// Braces or quotation marks do not pair, or something stands where it cannot.
    #[error("line {line}: {problem}; give the whole listing, as `nft list ruleset` prints it")]
    Broken {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The document is not JSON.
    #[error(
        "line {line}: not JSON: {problem}; give what `nft -j list ruleset` prints, or the listing as text"
    )]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// What the JSON reader met.
        problem: String,
    },
    /// The document is JSON of another kind.
    #[error("no `nftables` list in it; give what `nft -j list ruleset` prints")]
    OtherJson,
    /// A member of a JSON listing cannot be read.
    #[error("nftables[{place}]: {problem}; give the listing as text (`nft list ruleset`)")]
    Member {
        /// The position in the `nftables` list, from 0.
        place: usize,
        /// What is wrong there.
        problem: String,
    },
}
