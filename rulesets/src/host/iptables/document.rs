//! The lines of a listing, sorted by table and chain; no rule is read yet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::error::{Error, Problem, quoted};
use super::header::{Header, foreign};
use super::table::{guess, is_table};
use super::{LINE_BYTES, RULES};
use crate::program::Verdict;
use std::collections::BTreeMap;

/// A listing by its lines.
#[derive(Default)]
pub(super) struct Document<'a> {
    /// The tables, in the order of their first line.
    pub sections: Vec<Section<'a>>,
    /// What the comments say.
    pub header: Header,
    rules: usize,
}

/// A table by its lines.
pub(super) struct Section<'a> {
    /// Its name; `None` while the listing has not said it.
    pub table: Option<&'a str>,
    /// Its chains, in the order of their first line.
    pub chains: Vec<Lines<'a>>,
    /// Where each chain stands.
    pub places: BTreeMap<&'a str, usize>,
    open: bool,
}

/// A chain by its lines.
pub(super) struct Lines<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its policy; `None` for a chain of the user's own, or one the listing does not declare.
    pub policy: Option<Verdict>,
    /// False for a built-in chain that has rules and no declaration.
    pub declared: bool,
    /// Its rules: the line, the text without counters, and the words after the chain's name.
    pub rules: Vec<(usize, &'a str, &'a str)>,
}

/// Sorts the lines of a listing.
pub(super) fn document(text: &str) -> Result<Document<'_>, Error> {
    let mut document = Document::default();
    for (at, line) in text.lines().enumerate() {
        let number = at + 1;
        if line.len() > LINE_BYTES {
            return Err(Problem::LongLine { limit: LINE_BYTES }.at(number));
        }
        let line = line.trim();
        if let Some(comment) = line.strip_prefix('#') {
            document.header.note(comment)?;
        } else if !line.is_empty() {
            if document.sections.is_empty() && !begins(line) {
                return Err(Error::OtherText {
                    found: foreign(line),
                });
            }
            document
                .line(number, line)
                .map_err(|problem| problem.at(number))?;
            if document.rules > RULES {
                return Err(Error::TooManyRules { limit: RULES });
            }
        }
    }
    let last = text.lines().count();
    for section in &mut document.sections {
        match section.table {
            Some(table) if section.open => {
                return Err(Problem::NoCommit(table.to_owned()).at(last));
            }
            Some(_) => {}
            None => section.name(),
        }
    }
    Ok(document)
}

/// Whether a listing may begin with this line.
pub(super) fn begins(line: &str) -> bool {
    let line = rule_of(line);
    line.starts_with('*')
        || ["-A ", "-P ", "-N ", "-I ", "--append "]
            .iter()
            .any(|command| line.starts_with(command))
}

impl<'a> Document<'a> {
    fn line(&mut self, number: usize, line: &'a str) -> Result<(), Problem> {
        if let Some(table) = line.strip_prefix('*') {
            return self.begin(table.trim());
        }
        if line == "COMMIT" {
            let section = self.section();
            section.open = false;
            return Ok(());
        }
        if let Some(declaration) = line.strip_prefix(':') {
            let (name, rest) = word(declaration);
            let (policy, _) = word(rest);
            return self.section().declare(name, self::policy(policy)?);
        }
        self.command(number, rule_of(line))
    }

    fn command(&mut self, number: usize, line: &'a str) -> Result<(), Problem> {
        let (command, rest) = word(line);
        let (name, options) = word(rest);
        match command {
            "-N" | "--new-chain" => self.section().declare(name, None),
            "-P" | "--policy" => {
                let (policy, _) = word(options);
                self.section().declare(name, self::policy(policy)?)
            }
            "-A" | "--append" => {
                self.rules += 1;
                self.section()
                    .chain(name)?
                    .rules
                    .push((number, line, options));
                Ok(())
            }
            "-I" | "--insert" => {
                self.rules += 1;
                let (place, after) = word(options);
                let (place, options) = match place.parse::<usize>() {
                    Ok(place) => (place.saturating_sub(1), after),
                    Err(_) => (0, options),
                };
                let rules = &mut self.section().chain(name)?.rules;
                rules.insert(place.min(rules.len()), (number, line, options));
                Ok(())
            }
            "-F" | "-X" | "-Z" | "--flush" | "--delete-chain" | "--zero"
                if self.section().is_new() =>
            {
                Ok(())
            }
            other if other.starts_with('-') => Err(Problem::Command(quoted(other))),
            _ => Err(Problem::NotALine(quoted(line))),
        }
    }

    fn begin(&mut self, table: &'a str) -> Result<(), Problem> {
        if let Some(Section {
            table: Some(table),
            open: true,
            ..
        }) = self.sections.last()
        {
            return Err(Problem::NoCommit((*table).to_owned()));
        }
        if !is_table(table) {
            return Err(Problem::Table(quoted(table)));
        }
        self.sections.push(Section::new(Some(table)));
        Ok(())
    }

    /// The table that a line belongs to; one without a name when the listing names none, as that of
    /// `iptables -S`.
    fn section(&mut self) -> &mut Section<'a> {
        if self.sections.last().is_none_or(|section| !section.open) {
            self.sections.push(Section::new(None));
        }
        let last = self.sections.len() - 1;
        &mut self.sections[last]
    }
}

impl<'a> Section<'a> {
    fn new(table: Option<&'a str>) -> Self {
        Self {
            table,
            chains: Vec::new(),
            places: BTreeMap::new(),
            open: true,
        }
    }

    fn is_new(&self) -> bool {
        self.chains.iter().all(|chain| chain.rules.is_empty())
    }

    fn declare(&mut self, name: &'a str, policy: Option<Verdict>) -> Result<(), Problem> {
        if self.places.contains_key(name) {
            return Err(Problem::ChainTwice(quoted(name)));
        }
        if name.is_empty() {
            return Err(Problem::NotALine(
                "the declaration of a chain without a name".to_owned(),
            ));
        }
        self.add(name, policy, true);
        Ok(())
    }

    /// The chain a rule stands in; a built-in one needs no declaration.
    fn chain(&mut self, name: &'a str) -> Result<&mut Lines<'a>, Problem> {
        let at = match self.places.get(name) {
            Some(at) => *at,
            None if BUILT_IN.contains(&name) => self.add(name, Some(Verdict::Accept), false),
            None => return Err(Problem::NoChain(quoted(name))),
        };
        Ok(&mut self.chains[at])
    }

    fn add(&mut self, name: &'a str, policy: Option<Verdict>, declared: bool) -> usize {
        self.places.insert(name, self.chains.len());
        self.chains.push(Lines {
            name,
            policy,
            declared,
            rules: Vec::new(),
        });
        self.chains.len() - 1
    }

    /// Names the table after its built-in chains.
    fn name(&mut self) {
        let built_in: Vec<&str> = self.places.keys().copied().collect();
        self.table = Some(guess(&built_in));
    }
}

fn policy(word: &str) -> Result<Option<Verdict>, Problem> {
    match word {
        "-" => Ok(None),
        "ACCEPT" => Ok(Some(Verdict::Accept)),
        "DROP" => Ok(Some(Verdict::Drop)),
        other => Err(Problem::Policy(quoted(other))),
    }
}

/// A rule without the counters before it.
fn rule_of(line: &str) -> &str {
    match line.strip_prefix('[').and_then(|line| line.split_once(']')) {
        Some((counters, rest)) if counters.chars().all(|c| c.is_ascii_digit() || c == ':') => {
            rest.trim_start()
        }
        Some(_) | None => line,
    }
}

fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (word, rest.trim_start())
}

const BUILT_IN: &[&str] = &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
