//! The listings of iptables: `iptables-save` and its sisters for both families and both back ends,
//! `iptables -S`, and files for `iptables-restore`.
//!
//! The words of a rule are split as iptables-restore splits them (`words`), taken apart into the
//! rule's own options, its matches and its target (`draft`), and turned into steps one by one. A
//! match or target that is not evaluated stays in the rule, in the user's own words, as an undecided
//! test or an opaque step.
//!
//! A set of ipset is looked up with directions that the rule gives (`src,dst`) and fields that the
//! set's type gives (`hash:ip,port`), so that the sets must be at hand when the rules are read:
//! [`Context::sets`].
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod address;
mod build;
mod connection;
mod document;
mod draft;
mod error;
mod header;
mod matches;
mod names;
mod place;
mod rule;
mod sets;
mod table;
mod target;
mod translation;
mod transport;
mod words;

pub use error::{Error, Problem};

pub(super) use address::{full, number, range, span};
pub(super) use build::has_ports;
pub(super) use names::protocol;
pub(super) use place::{mac, word};
pub(super) use table::is_table;
pub(super) use words::words;

use super::ipset::Sets;
use super::{Backend, HostChain, Table, TableFamily};
use crate::flow::Family;
use crate::program::{Chain, Rule};
use crate::text::shown;
use document::{Document, Lines, Section, document};
use rule::{Reading, Scope};
use std::collections::BTreeSet;
use table::base;

/// What is known of a listing beside its text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The family, when the caller knows it; otherwise the text tells it, and IPv4 is assumed of a
    /// text that does not.
    pub family: Option<Family>,
    /// The back end, when the caller knows it; otherwise the header tells it, and nftables is assumed
    /// of a text without one.
    pub backend: Option<Backend>,
    /// The sets of ipset that are at hand.
    pub sets: Option<&'a Sets>,
}

/// What a listing says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listing {
    /// Which part of the kernel runs its tables.
    pub backend: Backend,
    /// The family of its rules.
    pub family: Family,
    /// Its tables, in the order read.
    pub tables: Vec<Table>,
    /// The sets of ipset that its rules add members to, or take them from.
    pub fed: BTreeSet<String>,
    /// What was read but not understood, one line each.
    pub gaps: Vec<String>,
    /// The tables that its tool could not show whole, each with the tool's own words.
    pub unshown: Vec<(String, String)>,
    /// True when it says that the older back end has rules too, which it does not show.
    pub legacy_elsewhere: bool,
}

/// Reads a listing.
///
/// Fails on a text that is no listing, on one that is cut short, and on one larger than 100 MB or
/// 1,000,000 rules.
pub fn parse(text: &str, context: &Context<'_>) -> Result<Listing, Error> {
    if text.len() > MEGABYTES * 1_000_000 {
        return Err(Error::TooLarge { limit: MEGABYTES });
    }
    let text = text.trim_start_matches('\u{feff}');
    let document = document(text)?;
    let stated = context.family.or(document.header.family);
    let family = stated.unwrap_or_else(|| shown_family(text));
    let backend = context.backend.or(document.header.backend);
    let mut listing = Listing {
        backend: backend.unwrap_or(Backend::Nftables),
        family,
        tables: Vec::new(),
        fed: BTreeSet::new(),
        gaps: Vec::new(),
        unshown: document.header.unshown.clone(),
        legacy_elsewhere: document.header.legacy_elsewhere,
    };
    let none = Sets::default();
    listing.add(&document, context.sets.unwrap_or(&none))?;
    let told = listing.gaps.len();
    if told > GAPS {
        listing.gaps.truncate(GAPS);
        listing
            .gaps
            .push(format!("{} more places were not understood", told - GAPS));
    }
    Ok(listing)
}

/// Whether a text looks like a listing of iptables.
pub fn is_listing(text: &str) -> bool {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty());
    lines.find_map(|line| match line.strip_prefix('#') {
        None => Some(document::begins(line)),
        Some(comment) => header::is_of_iptables(comment).then_some(true),
    }) == Some(true)
}

impl Listing {
    fn add(&mut self, document: &Document<'_>, sets: &Sets) -> Result<(), Error> {
        for section in &document.sections {
            let name = section.table.unwrap_or_default();
            let mut table = Table {
                backend: self.backend,
                family: match self.family {
                    Family::V4 => TableFamily::Ip,
                    Family::V6 => TableFamily::Ip6,
                },
                name: name.to_owned(),
                chains: Vec::with_capacity(section.chains.len()),
                sets: Vec::new(),
                dormant: false,
            };
            for lines in &section.chains {
                let scope = Scope {
                    backend: self.backend,
                    family: self.family,
                    chain: lines.name,
                    chains: &section.places,
                    sets,
                };
                table.chains.push(self.chain(section, lines, &scope)?);
            }
            if let Some(earlier) = self.tables.iter().position(|table| table.name == name) {
                self.tables.remove(earlier);
                self.gaps
                    .push(format!("table `{name}` stands twice; the later one counts"));
            }
            self.tables.push(table);
        }
        Ok(())
    }

    fn chain(
        &mut self,
        section: &Section<'_>,
        lines: &Lines<'_>,
        scope: &Scope<'_>,
    ) -> Result<HostChain, Error> {
        let table = section.table.unwrap_or_default();
        let place = format!("table `{table}`, chain `{}`", shown(lines.name, NAME_SHOWN));
        let mut rules = Vec::with_capacity(lines.rules.len());
        for (line, text, options) in &lines.rules {
            let reading = rule::rule(text, options, scope).map_err(|problem| problem.at(*line))?;
            let Some(Reading { rule, fed, gap }) = reading else {
                continue;
            };
            self.fed.extend(fed);
            self.gaps.extend(gap.map(|gap| format!("{place}: {gap}")));
            let index = rules.len();
            rules.push(Rule { index, ..rule });
        }
        let base = lines
            .policy
            .clone()
            .and_then(|policy| base(table, lines.name, policy));
        match (&base, &lines.policy) {
            (None, Some(_)) => self.gaps.push(format!(
                "{place}: no such built-in chain; left as the user's own"
            )),
            (Some(_), _) if !lines.declared => {
                self.gaps.push(format!(
                    "{place}: its policy is not shown; ACCEPT is assumed"
                ));
            }
            (Some(_) | None, _) => {}
        }
        let family = match scope.family {
            Family::V4 => "ip",
            Family::V6 => "ip6",
        };
        Ok(HostChain {
            base,
            chain: Chain {
                set: format!("{family} {table}"),
                name: lines.name.to_owned(),
                rules,
            },
        })
    }
}

/// The family that the rules themselves tell: IPv6 when one names an address or a protocol of it.
fn shown_family(text: &str) -> Family {
    let of_six = |word: &str| {
        let address = word.split(['/', ',']).next().unwrap_or_default();
        address.contains(':') && address.parse::<std::net::Ipv6Addr>().is_ok()
            || matches!(word, "icmpv6" | "ipv6-icmp" | "--icmpv6-type")
            || word.starts_with("icmp6-")
    };
    let rules = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let mut words = rules.flat_map(str::split_ascii_whitespace);
    if words.any(of_six) {
        Family::V6
    } else {
        Family::V4
    }
}

/// The most that is read of one listing.
const MEGABYTES: usize = 100;

/// The most rules that are read of one listing; the largest known to us has 6,203.
const RULES: usize = 1_000_000;

/// The longest line that is read; iptables-restore itself reads 10,240 bytes.
const LINE_BYTES: usize = 65_536;

/// How many gaps of one listing are told.
const GAPS: usize = 50;

const NAME_SHOWN: usize = 40;
