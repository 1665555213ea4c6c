//! The programs that write a host's packet filter rules: ufw, firewalld, fail2ban, Docker and others.
//!
//! A rule that such a program wrote is changed through that program; a change to the rule itself is
//! undone the next time it runs. Which one wrote a rule shows in the names of its chain and table.
//! What is said of a rule is in the program's own words, and the remedy is its own command. Where the
//! command needs what the rule does not say, `PORT/PROTOCOL` and the like stand in it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bans;
mod containers;
mod firewalld;
mod gist;
mod others;
mod ufw;

use crate::program::Rule;
use crate::text::shown;
use gist::Gist;
use serde::Serialize;

/// A rule in the words of the program that wrote it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FrontEnd {
    /// The program, such as `ufw`.
    pub name: String,
    /// What the rule says, such as "ufw: deny 22/tcp from anywhere".
    pub words: String,
    /// The program's own command that changes it, such as `ufw delete deny 22/tcp`; `None` where
    /// there is none.
    pub remedy: Option<String>,
}

/// The service that was asked about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// The protocol, by its IANA number.
    pub protocol: u8,
    /// The port.
    pub port: u16,
}

/// The program that wrote a rule, and the rule in its words; `None` when none is known to have.
///
/// `set` is the family and the table, such as `ip filter`. `wanted` lets the words name the service
/// that a rule stops without naming it.
pub fn front_end(set: &str, chain: &str, rule: &Rule, wanted: Option<Wanted>) -> Option<FrontEnd> {
    let case = Case {
        table: set.split_once(' ').map_or(set, |(_, table)| table),
        six: set.starts_with("ip6 "),
        chain,
        rule,
        gist: Gist::of(rule),
        wanted,
    };
    ufw::front_end(&case)
        .or_else(|| bans::front_end(&case))
        .or_else(|| firewalld::front_end(&case))
        .or_else(|| containers::front_end(&case))
        .or_else(|| others::front_end(&case))
}

/// A rule with everything a program's words are made of.
struct Case<'a> {
    table: &'a str,
    /// True when the table is for IPv6 alone.
    six: bool,
    chain: &'a str,
    rule: &'a Rule,
    gist: Gist,
    wanted: Option<Wanted>,
}

impl Case<'_> {
    /// The port asked about, as `22/tcp`.
    fn wanted_port(&self) -> Option<String> {
        let Wanted { protocol, port } = self.wanted?;
        Some(format!("{port}/{}", gist::protocol(protocol)?))
    }
}

fn said(name: &str, words: impl AsRef<str>, remedy: Option<String>) -> FrontEnd {
    FrontEnd {
        name: name.to_owned(),
        words: shown(&format!("{name}: {}", words.as_ref()), WORDS_SHOWN),
        remedy,
    }
}

/// How many characters are said of a rule.
const WORDS_SHOWN: usize = 240;
