//! Listings of the host's firewall, compared rule by rule in their own words.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Found;
use crate::inside::{Datum, RulesText};
use std::collections::{BTreeMap, BTreeSet};

type Listings = BTreeMap<String, Datum<RulesText>>;

/// Adds what differs in the listings of each tool.
pub(super) fn compare(found: &mut Found, then: &Listings, now: &Listings) {
    fn text<'a>(listings: &'a Listings, tool: &str) -> Option<&'a str> {
        let listing = listings.get(tool).and_then(Datum::whole);
        listing.map(|listing| listing.text.as_str())
    }
    let tools: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let by_nft = text(then, "nft").is_some() && text(now, "nft").is_some();
    for tool in tools {
        // What iptables puts into nftables is told by `nft`.
        if by_nft && tool.ends_with("-nft") {
            continue;
        }
        let part = format!("firewall ({tool})");
        match (text(then, tool), text(now, tool)) {
            (Some(then), Some(now)) => rules(found, &part, &lines(then), &lines(now)),
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => {
                found.not_compared.insert(part);
            }
        }
    }
}

fn rules(found: &mut Found, part: &str, then: &[String], now: &[String]) {
    let (before, after) = (counted(then), counted(now));
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).copied().collect();
    let times = |counts: &BTreeMap<&String, usize>, line| counts.get(line).copied().unwrap_or(0);
    let mut same = true;
    for line in all {
        let (was, is) = (times(&before, line), times(&after, line));
        same &= was == is;
        for _ in is..was {
            found.change(part, Some(line), None);
        }
        for _ in was..is {
            found.change(part, None, Some(line));
        }
    }
    if same && then != now {
        let (before, after) = ("rules in one order", "the same rules in another order");
        found.change(part, Some(&before.to_owned()), Some(&after.to_owned()));
    }
}

fn counted(lines: &[String]) -> BTreeMap<&String, usize> {
    let mut counted = BTreeMap::new();
    for line in lines {
        *counted.entry(line).or_default() += 1;
    }
    counted
}

/// The rules and policies of a listing, each behind the names of what holds it, without counters.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut within: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') || line == "COMMIT" {
            continue;
        }
        if let Some(table) = line.strip_prefix('*') {
            within = vec![table.to_owned()];
        } else if let Some(name) = line.strip_suffix('{').filter(|_| !line.contains('=')) {
            within.push(name.trim().to_owned());
        } else if line == "}" {
            within.pop();
        } else {
            let words = without_counters(line);
            // That an empty chain is there says nothing.
            let idle = words.ends_with(" ACCEPT") || words.ends_with(" -");
            if words.starts_with(':') && idle {
                continue;
            }
            lines.push(if within.is_empty() {
                words
            } else {
                format!("{}: {words}", within.join(" "))
            });
        }
    }
    lines
}

/// A rule without what packets and time change in it: its counters, the number the kernel gave it, the
/// rest of an element's time.
fn without_counters(line: &str) -> String {
    let bare = line.split(" # handle ").next().unwrap_or(line);
    let mut kept: Vec<&str> = Vec::new();
    let mut words = bare.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let number = |next: Option<&&str>| {
            next.is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()))
        };
        if counter(word) {
            continue;
        }
        if COUNTED.contains(&word) && number(words.peek()) {
            words.next();
            continue;
        }
        kept.push(word);
    }
    kept.join(" ")
}

/// The counters of iptables: `[12:3456]`.
fn counter(word: &str) -> bool {
    let inner = word.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let numbers = inner.and_then(|inner| inner.split_once(':'));
    numbers.is_some_and(|(packets, bytes)| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        digits(packets) && digits(bytes)
    })
}

/// Words of nft and ipset behind which a number stands that moves by itself.
const COUNTED: [&str; 4] = ["packets", "bytes", "expires", "timeout"];
