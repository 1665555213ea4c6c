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
    refuse_large(text, TEXT_MEGABYTES)?;
    lower::listing(document::draft(text.trim_start_matches('\u{feff}'))?)
}

/// Reads what `nft -j list ruleset` prints. Errors name the line or the member at fault.
pub fn parse_json(text: &str) -> Result<Listing, Error> {
    refuse_large(text, JSON_MEGABYTES)?;
    let document = json::document(text.trim_start_matches('\u{feff}'))?;
    lower::listing(json::draft(&document)?)
}

/// Whether a text looks like a listing or rule file of nftables, in either form.
pub fn is_listing(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('{') {
        return document::begins(text);
    }
    let start = text
        .char_indices()
        .nth(JSON_START)
        .map_or(text, |(at, _)| &text[..at]);
    start.contains("\"nftables\"")
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

fn refuse_large(text: &str, limit: usize) -> Result<(), Error> {
    if text.len() > limit * 1_000_000 {
        return Err(Error::TooLarge { limit });
    }
    Ok(())
}

/// The largest text read, in millions of bytes.
const TEXT_MEGABYTES: usize = 100;
/// The largest JSON listing read, which takes more memory, in millions of bytes.
const JSON_MEGABYTES: usize = 50;
/// How much of a JSON document is searched for its first member, in characters.
const JSON_START: usize = 200;
