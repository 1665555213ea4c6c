//! Listings and rule files of nftables as the model has them.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod compact;
mod constructs;
mod documents;
mod limits;
mod pairs;

use rulesets::host::nft::{Error, Listing, parse_json, parse_text};

/// The steps of one rule in a chain of this table, beside nothing else.
pub(crate) fn rule(family: &str, rule: &str) -> String {
    let listing = parse_text(&format!(
        "table {family} t {{\n chain c {{\n  {rule}\n }}\n}}\n"
    ));
    compact::rule(&listing.unwrap().tables[0].chains[0].chain.rules[0])
}

/// What a document in either form says.
pub(crate) fn read(text: &str) -> Result<Listing, Error> {
    if text.starts_with('{') {
        parse_json(text)
    } else {
        parse_text(text)
    }
}
