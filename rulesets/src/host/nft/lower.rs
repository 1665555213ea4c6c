//! From the structure of a document to the model.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::{Cursor, Defines, closes, opens, put};
use super::draft::{ChainDraft, Data, Draft, RuleDraft, SetDraft, Source, TableDraft};
use super::element::{element, entry, verdict};
use super::lexer::{Lexeme, Lexer, Token};
use super::nat::{DataMap, data};
use super::rule::{RuleWords, rule};
use super::{Error, Listing};
use crate::host::{Backend, HostChain, Table, TableFamily};
use crate::program::{Chain, Element, NamedSet, Verdict};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What the rules of a table share while they are read.
pub(super) struct Scope<'s> {
    pub(super) family: TableFamily,
    /// The family and the table, such as `inet filter`.
    pub(super) set: String,
    /// The chains written inside of rules.
    pub(super) blocks: Vec<HostChain>,
    maps: &'s BTreeMap<String, DataMap>,
    changed: BTreeSet<String>,
    copies: usize,
}

/// The model of a document.
pub(super) fn listing(draft: Draft<'_>) -> Result<Listing, Error> {
    let mut gaps = draft.gaps;
    let tables: Vec<_> = draft
        .tables
        .into_iter()
        .filter(|table| !table.deleted)
        .collect();
    let mut sets = tables.iter().flat_map(|table| &table.sets).peekable();
    let terse = sets.peek().is_some() && sets.all(|set| set.elements.is_empty());
    if terse {
        gaps.push(TERSE.to_owned());
    }
    let mut reader = Reader {
        defines: &draft.defines,
        terse,
        members: 0,
        copies: 0,
    };
    let tables = tables
        .into_iter()
        .map(|table| reader.table(table))
        .collect::<Result<_, _>>()?;
    Ok(Listing { tables, gaps })
}

impl Scope<'_> {
    /// Notes that rules change the set.
    pub(super) fn changes(&mut self, name: &str) {
        self.changed.insert(name.trim_start_matches('@').to_owned());
    }

    /// A map of values, when it is all there and not too large to copy into a rule.
    pub(super) fn map(&mut self, name: &str) -> Option<DataMap> {
        let map = self.maps.get(name).filter(|map| map.complete)?;
        self.copies += map.entries.len();
        (self.copies <= COPIES).then(|| map.clone())
    }
}

struct Reader<'d, 'a> {
    defines: &'d Defines<'a>,
    /// True when no set of the document shows a member.
    terse: bool,
    members: usize,
    copies: usize,
}

impl<'a> Reader<'_, 'a> {
    fn table(&mut self, draft: TableDraft<'a>) -> Result<Table, Error> {
        let mut sets = Vec::new();
        let mut maps = BTreeMap::new();
        for set in &draft.sets {
            if let Data::Values(kinds) = &set.types.data {
                let changed = set.dynamic || draft.changed.contains(&set.name);
                maps.insert(set.name.clone(), self.map(set, kinds, changed)?);
            } else {
                sets.push(self.set(set)?);
            }
        }
        let mut scope = Scope {
            family: draft.family,
            set: format!("{} {}", draft.family.word(), draft.name),
            blocks: Vec::new(),
            maps: &maps,
            changed: draft.changed,
            copies: self.copies,
        };
        let mut chains = Vec::with_capacity(draft.chains.len());
        for chain in draft.chains {
            chains.push(self.chain(chain, &mut scope));
            chains.append(&mut scope.blocks);
        }
        self.copies = scope.copies;
        for set in &mut sets {
            set.dynamic |= scope.changed.contains(&set.name);
        }
        Ok(Table {
            backend: Backend::Nftables,
            family: draft.family,
            name: draft.name,
            chains,
            sets,
            dormant: draft.dormant,
        })
    }

    fn chain(&self, draft: ChainDraft<'a>, scope: &mut Scope<'_>) -> HostChain {
        let mut rules = Vec::with_capacity(draft.rules.len());
        for (index, from) in draft.rules.into_iter().enumerate() {
            let RuleDraft {
                source,
                comment,
                handle,
            } = from;
            let mut tokens = source.rule(self.defines);
            if let Some(comment) = comment {
                tokens.push(Token::Word(Cow::Borrowed("comment")));
                tokens.push(Token::Quoted(Cow::Borrowed(comment)));
            }
            let text = match source {
                Source::Text(text) => text,
                Source::Json(_) => "",
            };
            let words = RuleWords {
                tokens: &tokens,
                text,
                handle,
                chain: &draft.name,
                index,
                depth: 0,
            };
            rules.push(rule(&words, scope));
        }
        HostChain {
            base: draft.base,
            chain: Chain {
                set: scope.set.clone(),
                name: draft.name,
                rules,
            },
        }
    }

    fn set(&mut self, draft: &SetDraft<'a>) -> Result<NamedSet, Error> {
        let verdicts = matches!(draft.types.data, Data::Verdicts);
        let kinds = &draft.types.key;
        let mut incomplete = self.terse || kinds.is_empty();
        let mut elements: Vec<(Element, Option<Verdict>)> = Vec::new();
        let mut otherwise = None;
        self.members(&draft.elements, &mut |tokens| {
            if !verdicts {
                elements.push((element(kinds, tokens), None));
                return;
            }
            let found = entry(kinds, tokens);
            let found = found.and_then(|(key, value)| Some((key, Some(verdict(value)?))));
            match found {
                Some(found) if tokens[0].is_word("*") => otherwise = Some(found),
                Some(found) => elements.push(found),
                None => incomplete = true,
            }
        })?;
        elements.extend(otherwise);
        Ok(NamedSet {
            name: draft.name.clone(),
            elements,
            dynamic: draft.dynamic,
            incomplete,
        })
    }

    fn map(
        &mut self,
        draft: &SetDraft<'a>,
        kinds: &[super::value::Kind],
        changed: bool,
    ) -> Result<DataMap, Error> {
        let mut map = DataMap {
            entries: Vec::new(),
            kinds: kinds.to_vec(),
            complete: !changed && !self.terse,
        };
        let keys = &draft.types.key;
        self.members(&draft.elements, &mut |tokens| {
            let found = entry(keys, tokens);
            match found.and_then(|(key, value)| Some((key, data(kinds, value)?))) {
                Some(found) => map.entries.push(found),
                None => map.complete = false,
            }
        })?;
        Ok(map)
    }

    /// Gives the words of each member in turn.
    fn members(
        &mut self,
        sources: &[Source<'a>],
        each: &mut dyn FnMut(&[Token<'a>]),
    ) -> Result<(), Error> {
        let mut counted = |tokens: &[Token<'a>]| {
            self.members += 1;
            if self.members > MEMBERS {
                return Err(Error::TooManyMembers { limit: MEMBERS });
            }
            each(tokens);
            Ok(())
        };
        for source in sources {
            match source {
                Source::Text(text) => text_members(text, self.defines, &mut counted)?,
                Source::Json(Value::Array(list)) => {
                    for value in list {
                        counted(&super::spell::member(value))?;
                    }
                }
                Source::Json(value) => counted(&super::spell::member(value))?,
            }
        }
        Ok(())
    }
}

/// The members between the braces of a set, a set within it opened.
fn text_members<'a>(
    text: &'a str,
    defines: &Defines<'a>,
    each: &mut dyn FnMut(&[Token<'a>]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut lexer = Lexer::new(text, 1);
    let mut member = Vec::new();
    let mut depth = 0_usize;
    loop {
        let token = match lexer.next() {
            Some(Lexeme::Token(token)) => token,
            Some(Lexeme::Newline | Lexeme::Comment(_) | Lexeme::Unclosed) => continue,
            None => break,
        };
        if opens(&token) {
            depth += 1;
        } else if closes(&token) {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 && token.is_sign(",") {
            flat(&member, each)?;
            member.clear();
        } else {
            put(token, defines, &mut member);
        }
    }
    flat(&member, each)
}

/// Gives a member, or the members of the set that stands in its place.
fn flat<'a>(
    member: &[Token<'a>],
    each: &mut dyn FnMut(&[Token<'a>]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut cursor = Cursor::new(member);
    match cursor.group().filter(|_| cursor.done()) {
        Some(inner) => inner
            .split(|token| token.is_sign(","))
            .filter(|member| !member.is_empty())
            .try_for_each(each),
        None if member.is_empty() => Ok(()),
        None => each(member),
    }
}

/// The most members of sets in a document.
const MEMBERS: usize = 5_000_000;
/// The most members of maps copied into the rules of a document.
const COPIES: usize = 1_000_000;
const TERSE: &str = "no set shows a member; they are empty, or the listing was made with `-t`: \
                     list again without it";
