//! A rule set whose structure is known and whose rules are not read yet.
//!
//! Rules are read last, since they look up maps and sets that a file may give after them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Error;
use super::cursor::{Cursor, Defines, split, tokens};
use super::field::field;
use super::lexer::Token;
use super::value::Kind;
use crate::host::{Base, TableFamily};
use crate::text::shown;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The tables of a document.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    pub(super) tables: Vec<TableDraft<'a>>,
    pub(super) gaps: Vec<String>,
    pub(super) defines: Defines<'a>,
    places: BTreeMap<(TableFamily, String), usize>,
    /// How many tables, chains, sets and rules the document has so far.
    pub(super) objects: usize,
}

/// A table.
#[derive(Debug)]
pub(super) struct TableDraft<'a> {
    pub(super) family: TableFamily,
    pub(super) name: String,
    pub(super) dormant: bool,
    /// True when the document deletes it again.
    pub(super) deleted: bool,
    pub(super) chains: Vec<ChainDraft<'a>>,
    pub(super) sets: Vec<SetDraft<'a>>,
    /// The sets that rules change.
    pub(super) changed: BTreeSet<String>,
    chain_places: BTreeMap<String, usize>,
    set_places: BTreeMap<String, usize>,
}

/// A chain.
#[derive(Debug)]
pub(super) struct ChainDraft<'a> {
    pub(super) name: String,
    pub(super) base: Option<Base>,
    pub(super) rules: VecDeque<RuleDraft<'a>>,
}

/// A rule.
#[derive(Debug)]
pub(super) struct RuleDraft<'a> {
    pub(super) source: Source<'a>,
    pub(super) comment: Option<&'a str>,
    pub(super) handle: Option<u64>,
}

/// A set, a map of verdicts or a map of values.
#[derive(Debug)]
pub(super) struct SetDraft<'a> {
    pub(super) name: String,
    pub(super) types: SetTypes,
    pub(super) dynamic: bool,
    pub(super) elements: Vec<Source<'a>>,
}

/// What the members of a set are made of.
#[derive(Clone, Debug, Default)]
pub(super) struct SetTypes {
    pub(super) key: Vec<Kind>,
    pub(super) data: Data,
}

/// What the members of a set hold.
#[derive(Clone, Debug, Default)]
pub(super) enum Data {
    #[default]
    Nothing,
    Verdicts,
    Values(Vec<Kind>),
}

/// Where words are taken from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    Text(&'a str),
    Json(&'a Value),
}

impl<'a> Draft<'a> {
    /// The table of that name, made where there is none.
    pub(super) fn table(&mut self, family: TableFamily, name: &str) -> &mut TableDraft<'a> {
        let place = self.place(family, name);
        &mut self.tables[place]
    }

    fn place(&mut self, family: TableFamily, name: &str) -> usize {
        let key = (family, name.to_owned());
        let next = self.tables.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.objects += 1;
            self.tables.push(TableDraft {
                family,
                name: name.to_owned(),
                dormant: false,
                deleted: false,
                chains: Vec::new(),
                sets: Vec::new(),
                changed: BTreeSet::new(),
                chain_places: BTreeMap::new(),
                set_places: BTreeMap::new(),
            });
        }
        place
    }

    /// Adds a rule to a chain, at its end or in front.
    pub(super) fn rule(
        &mut self,
        chain: (TableFamily, &str, &str),
        rule: RuleDraft<'a>,
        first: bool,
    ) {
        self.objects += 1;
        let rules = &mut self.chain(chain.0, chain.1, chain.2).rules;
        if first {
            rules.push_front(rule);
        } else {
            rules.push_back(rule);
        }
    }

    /// Refuses a document of more objects than are read; `line` is 0 in a JSON listing.
    pub(super) fn bounded(&self, line: usize) -> Result<(), Error> {
        if self.objects > OBJECTS {
            return Err(Error::TooMany {
                line,
                limit: OBJECTS,
            });
        }
        Ok(())
    }

    /// The chain of that name, made where there is none.
    pub(super) fn chain(
        &mut self,
        family: TableFamily,
        table: &str,
        name: &str,
    ) -> &mut ChainDraft<'a> {
        let table_place = self.place(family, table);
        let table = &mut self.tables[table_place];
        let next = table.chains.len();
        let place = *table.chain_places.entry(name.to_owned()).or_insert(next);
        if place == next {
            self.objects += 1;
            table.chains.push(ChainDraft {
                name: name.to_owned(),
                base: None,
                rules: VecDeque::new(),
            });
        }
        &mut table.chains[place]
    }

    /// The set of that name, made where there is none.
    pub(super) fn set(
        &mut self,
        family: TableFamily,
        table: &str,
        name: &str,
    ) -> &mut SetDraft<'a> {
        let table_place = self.place(family, table);
        let table = &mut self.tables[table_place];
        let next = table.sets.len();
        let place = *table.set_places.entry(name.to_owned()).or_insert(next);
        if place == next {
            self.objects += 1;
            table.sets.push(SetDraft {
                name: name.to_owned(),
                types: SetTypes::default(),
                dynamic: false,
                elements: Vec::new(),
            });
        }
        &mut table.sets[place]
    }

    pub(super) fn delete_table(&mut self, family: TableFamily, name: &str) {
        if let Some(place) = self.places.remove(&(family, name.to_owned())) {
            self.tables[place].deleted = true;
        }
    }

    /// Forgets everything before, as `flush ruleset` does.
    pub(super) fn flush(&mut self, family: Option<TableFamily>) {
        let leaves = |it: TableFamily| family.is_none_or(|family| family == it);
        for table in self.tables.iter_mut().filter(|table| leaves(table.family)) {
            table.deleted = true;
        }
        self.places.retain(|(family, _), _| !leaves(*family));
    }

    /// Notes what was not understood; a flood of notes ends with one that says so.
    pub(super) fn gap(&mut self, place: &str, what: &str) {
        if self.gaps.len() < GAPS {
            self.gaps.push(format!("{place}: {}", shown(what, 200)));
        } else if self.gaps.len() == GAPS {
            self.gaps
                .push(format!("{place}: and more that was not understood"));
        }
    }
}

impl SetTypes {
    /// The types behind `type` or `typeof`.
    pub(super) fn read(words: &[Token<'_>], family: TableFamily) -> Self {
        let (key, data) = match split(words, ":").as_slice() {
            [key, data, ..] => (*key, Some(*data)),
            [key] => (*key, None),
            [] => (words, None),
        };
        Self {
            key: kinds(key, family),
            data: match data {
                None => Data::Nothing,
                Some([word]) if word.is_word("verdict") => Data::Verdicts,
                Some(data) => Data::Values(kinds(data, family)),
            },
        }
    }

    /// The types that a JSON listing names.
    pub(super) fn of_names(key: &[&str], data: Option<&str>) -> Self {
        let kinds = |names: &str| names.split(" . ").map(Kind::of_type).collect();
        Self {
            key: key.iter().map(|name| Kind::of_type(name)).collect(),
            data: match data {
                None => Data::Nothing,
                Some("verdict") => Data::Verdicts,
                Some(names) => Data::Values(kinds(names)),
            },
        }
    }
}

fn kinds(words: &[Token<'_>], family: TableFamily) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for part in split(words, ".") {
        let mut cursor = Cursor::new(part);
        kinds.push(match (field(&mut cursor, family), part) {
            (Some(field), _) if field.key.is_some() && cursor.done() => field.kind,
            (None, [one]) => one.text().map_or(Kind::Other, Kind::of_type),
            (Some(_) | None, _) => Kind::Other,
        });
    }
    kinds
}

impl<'a> Source<'a> {
    /// The words of a rule.
    pub(super) fn rule(self, defines: &Defines<'a>) -> Vec<Token<'a>> {
        match self {
            Self::Text(text) => tokens(text, defines),
            Self::Json(value) => super::spell::statements(value),
        }
    }
}

/// The most tables, chains, sets and rules read.
const OBJECTS: usize = 1_000_000;
/// The most notes kept of what was not understood.
const GAPS: usize = 1000;
