//! Reads the listings of one host, whichever tools they come from, and combines them.
//!
//! A listing is recognised by its text: `iptables-save` and its sisters, `nft list ruleset` as text or
//! JSON, `ipset save`. The name it is given under is used in messages, and overrides what its header
//! says: `legacy` in it means the older back end, `nft` the newer, `ip6tables` IPv6.
//!
//! The sets are read first, because the rules that name them need their types. How the tables of
//! several listings become those of one host is told in `combine`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::combine::Host;
use super::ipset::{self, IpSet, Sets};
use super::iptables::{self, Context};
use super::{Backend, HostRules, nft};
use crate::flow::Family;
use crate::text::shown;

/// A listing with the name that messages call it by.
#[derive(Clone, Copy, Debug)]
pub struct NamedText<'a> {
    /// Its name, such as the file's or the tool's.
    pub name: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// Why a listing was not read; each begins with its name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// It is one of iptables, and wrong.
    #[error("{name}: {problem}")]
    Iptables {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: iptables::Error,
    },
    /// It is one of ipset, and wrong.
    #[error("{name}: {problem}")]
    Ipset {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: ipset::Error,
    },
    /// It is one of nft, and could not be read.
    #[error("{name}: {problem}")]
    Nft {
        /// Its name.
        name: String,
        /// What is wrong.
        problem: nft::Error,
    },
}

/// Which tool a text comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ListingKind {
    /// `iptables-save` and its sisters, or `iptables -S`.
    Iptables,
    /// `nft list ruleset`, as text.
    NftText,
    /// `nft -j list ruleset`.
    NftJson,
    /// `ipset save` or `ipset list`.
    Ipset,
}

/// The tool that a text comes from; `None` when it is none of those that list packet filters.
pub fn listing_kind(text: &str) -> Option<ListingKind> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        let named = text
            .get(..JSON_BEGINNING)
            .unwrap_or(text)
            .contains("\"nftables\"");
        return named.then_some(ListingKind::NftJson);
    }
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else {
        return iptables::is_listing(text).then_some(ListingKind::Iptables);
    };
    if iptables::is_listing(text) {
        Some(ListingKind::Iptables)
    } else if ipset::is_listing(text) {
        Some(ListingKind::Ipset)
    } else {
        let nft = NFT_BEGINNINGS.iter().any(|word| first.starts_with(word));
        nft.then_some(ListingKind::NftText)
    }
}

impl HostRules {
    /// Reads and combines the listings of one host.
    ///
    /// Fails on a text that is no listing, or a wrong one; an empty text lists nothing.
    pub fn read(listings: &[NamedText<'_>]) -> Result<Self, Error> {
        let mut host = Host::default();
        let kinds: Vec<_> = listings
            .iter()
            .map(|listing| (listing, listing_kind(listing.text)))
            .collect();
        let mut sets: Vec<IpSet> = Vec::new();
        for (listing, _) in kinds
            .iter()
            .filter(|(_, kind)| *kind == Some(ListingKind::Ipset))
        {
            let read = ipset::parse(listing.text).map_err(|problem| Error::Ipset {
                name: name(listing),
                problem,
            })?;
            sets.extend(read);
        }
        let sets: Sets = sets.into_iter().collect();
        for (listing, kind) in kinds {
            match kind {
                Some(ListingKind::Ipset) => {}
                Some(ListingKind::NftText | ListingKind::NftJson) => {
                    let read = if kind == Some(ListingKind::NftJson) {
                        nft::parse_json(listing.text)
                    } else {
                        nft::parse_text(listing.text)
                    };
                    let read = read.map_err(|problem| Error::Nft {
                        name: name(listing),
                        problem,
                    })?;
                    host.add_nft(&name(listing), read.tables, read.gaps);
                }
                Some(ListingKind::Iptables) | None => {
                    let context = context(listing, &sets);
                    let read = iptables::parse(listing.text, &context).map_err(|problem| {
                        Error::Iptables {
                            name: name(listing),
                            problem,
                        }
                    })?;
                    host.add_iptables(&name(listing), read);
                }
            }
        }
        Ok(host.combined(sets))
    }
}

/// What the name of a listing says of it.
fn context<'a>(listing: &NamedText<'_>, sets: &'a Sets) -> Context<'a> {
    let name = listing.name.to_ascii_lowercase();
    let backend = if name.contains("legacy") {
        Some(Backend::Legacy)
    } else {
        name.contains("nft").then_some(Backend::Nftables)
    };
    Context {
        family: name.contains("ip6tables").then_some(Family::V6),
        backend,
        sets: Some(sets),
    }
}

fn name(listing: &NamedText<'_>) -> String {
    shown(listing.name, NAME_SHOWN)
}

/// What a rule set of nft begins with.
const NFT_BEGINNINGS: &[&str] = &[
    "table ", "add ", "create ", "flush ", "destroy ", "delete ", "define ", "include ",
];

/// How far into a JSON document its kind is looked for, in bytes.
const JSON_BEGINNING: usize = 200;

const NAME_SHOWN: usize = 60;
