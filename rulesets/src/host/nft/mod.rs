//! Reads what `nft list ruleset` prints, as text or as JSON, and rule files as `nft -f` takes them.
//!
//! Both forms come to the same words, and one reader makes the model of them. The structure must be
//! whole; a rule that is not understood stays in its chain with undecided steps.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bits;
mod block;
mod cursor;
mod document;
mod draft;
mod effect;
mod element;
mod field;
mod header;
mod json;
mod lexer;
mod lower;
mod names;
mod nat;
mod problem;
mod relation;
mod rule;
mod spell;
mod spell_value;
mod statement;
mod value;

pub use problem::Error;

use super::{Table, TableFamily};

/// What a listing says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listing {
    /// The tables, in the order of the listing.
    pub tables: Vec<Table>,
    /// What was read but not understood outside of rules, with its place, one line each.
    pub gaps: Vec<String>,
}

/// Reads what `nft list ruleset` prints, with or without handles (`-a`), with names or numbers (`-n`,
/// `-y`, `-s`), or a rule file. An empty text is an empty rule set. Errors name the line at fault.
pub fn parse_text(text: &str) -> Result<Listing, Error> {
    refuse_large(text)?;
    lower::listing(document::draft(text.trim_start_matches('\u{feff}'))?)
}

/// Reads what `nft -j list ruleset` prints. Errors name the line or the member at fault.
pub fn parse_json(text: &str) -> Result<Listing, Error> {
    refuse_large(text)?;
    let document = json::document(text.trim_start_matches('\u{feff}'))?;
    lower::listing(json::draft(&document)?)
}

impl TableFamily {
    /// The word nftables has for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Inet => "inet",
            Self::Arp => "arp",
            Self::Bridge => "bridge",
            Self::Netdev => "netdev",
        }
    }

    /// The family of that word.
    fn of_word(word: &str) -> Option<Self> {
        let all = [
            Self::Ip,
            Self::Ip6,
            Self::Inet,
            Self::Arp,
            Self::Bridge,
            Self::Netdev,
        ];
        all.into_iter().find(|family| family.word() == word)
    }
}

fn refuse_large(text: &str) -> Result<(), Error> {
    if text.len() > MEGABYTES * 1_000_000 {
        return Err(Error::TooLarge { limit: MEGABYTES });
    }
    Ok(())
}

/// The largest document read, in millions of bytes.
const MEGABYTES: usize = 100;
/// The most rules read.
const RULES: usize = 1_000_000;
