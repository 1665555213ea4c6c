//! What lies in the braces of a table, a chain or a set.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Error;
use super::cursor::tokens;
use super::document::{Document, Line, inner};
use super::draft::{SetTypes, Source};
use super::header::{base, policy};
use super::lexer::{Lexeme, Token};
use crate::host::TableFamily;
use crate::text::shown;

impl<'a> Document<'a> {
    /// Reads a table, its opening brace having been read.
    pub(super) fn table(&mut self, family: TableFamily, table: &str) -> Result<(), Error> {
        loop {
            self.draft.bounded(self.lexer.line)?;
            let before = self.lexer;
            let word = match self.next_token()? {
                Some(Token::Sign("}")) => return Ok(()),
                Some(Token::Word(word)) => word,
                Some(Token::Quoted(_) | Token::Sign(_) | Token::Foreign(_)) => {
                    return Err(self.broken("neither a chain nor a set begins here"));
                }
                None => {
                    let problem = format!("table `{}` is not closed", shown(table, 60));
                    return Err(self.broken(&problem));
                }
            };
            match &*word {
                "chain" => {
                    let chain = self.name()?;
                    self.draft.chain(family, table, &chain);
                    if self.opens() {
                        self.chain(family, table, &chain)?;
                    }
                }
                "set" | "map" | "meter" => {
                    let set = self.name()?;
                    self.draft.set(family, table, &set);
                    if self.opens() {
                        self.set(family, table, &set)?;
                    }
                }
                "flags" => {
                    let line = self.line()?;
                    let dormant = line.text.split([',', ' ']).any(|flag| flag == "dormant");
                    self.draft.table(family, table).dormant |= dormant;
                }
                "comment" | "flowtable" | "counter" | "quota" | "limit" | "ct" | "synproxy"
                | "secmark" | "tunnel" => {
                    self.line()?;
                }
                _ => {
                    self.lexer = before;
                    self.misunderstood(&format!("table {} {table}", family.word()))?;
                }
            }
        }
    }

    /// Reads a chain, its opening brace having been read.
    pub(super) fn chain(
        &mut self,
        family: TableFamily,
        table: &str,
        chain: &str,
    ) -> Result<(), Error> {
        loop {
            let Some(line) = self.block_line()? else {
                return Ok(());
            };
            let mut words = line.text.split_whitespace();
            match (words.next().unwrap_or_default(), words.next()) {
                ("type", Some("filter" | "nat" | "route")) => {
                    let words = tokens(line.text, &self.draft.defines);
                    let base = base(&words, family);
                    if base.is_none() {
                        self.unknown(line, &format!("chain {chain}"));
                    }
                    let policy = self.draft.chain(family, table, chain).base.take();
                    let base = base.map(|mut base| {
                        if let Some(earlier) = policy {
                            base.policy = earlier.policy;
                        }
                        base
                    });
                    self.draft.chain(family, table, chain).base = base;
                }
                ("policy", Some(word)) => {
                    let base = self.draft.chain(family, table, chain).base.as_mut();
                    match (base, policy(word)) {
                        (Some(base), Some(policy)) => base.policy = policy,
                        (None, _) | (_, None) => self.unknown(line, &format!("chain {chain}")),
                    }
                }
                ("comment" | "flags", _) => {}
                _ => self.rule((family, table), chain, line, false)?,
            }
        }
    }

    /// Reads a set or map, its opening brace having been read.
    pub(super) fn set(&mut self, family: TableFamily, table: &str, set: &str) -> Result<(), Error> {
        loop {
            let Some(line) = self.block_line()? else {
                return Ok(());
            };
            let (word, rest) = line
                .text
                .split_once([' ', '\t', '='])
                .unwrap_or((line.text, ""));
            match word {
                "type" | "typeof" => {
                    let words = tokens(rest, &self.draft.defines);
                    let types = SetTypes::read(&words, family);
                    self.draft.set(family, table, set).types = types;
                }
                "flags" => {
                    let dynamic = rest.split([',', ' ']).any(|flag| flag == "dynamic");
                    self.draft.set(family, table, set).dynamic |= dynamic;
                }
                "elements" => {
                    let text = rest.trim_start_matches([' ', '\t', '=']);
                    let members = Source::Text(inner(text));
                    self.draft.set(family, table, set).elements.push(members);
                }
                "size" | "timeout" | "gc-interval" | "comment" | "policy" | "auto-merge"
                | "counter" | "quota" | "limit" | "ct" | "last" => {}
                _ => self.unknown(line, &format!("set {set}")),
            }
        }
    }

    /// The next line of a block; `None` at its end.
    fn block_line(&mut self) -> Result<Option<Line<'a>>, Error> {
        loop {
            let before = self.lexer;
            match self.lexer.next() {
                None => return Err(self.broken("the text ends inside of braces")),
                Some(Lexeme::Token(Token::Sign("}"))) => return Ok(None),
                Some(Lexeme::Newline | Lexeme::Comment(_) | Lexeme::Token(Token::Sign(";"))) => {}
                Some(Lexeme::Token(token)) => {
                    if matches!(token, Token::Sign(")" | "]")) {
                        return Err(self.broken("a bracket closes that was not opened"));
                    }
                    self.lexer = before;
                    return self.line().map(Some);
                }
                Some(Lexeme::Unclosed) => {
                    return Err(self.broken("a quotation mark has no fellow"));
                }
            }
        }
    }

    fn misunderstood(&mut self, place: &str) -> Result<(), Error> {
        self.next_token()?;
        let before = self.lexer.at;
        let line = self.line()?;
        if self.lexer.at == before {
            return Ok(());
        }
        self.unknown(line, place);
        Ok(())
    }

    fn unknown(&mut self, line: Line<'a>, place: &str) {
        let what = format!("`{}` is not understood", shown(line.text, 120));
        let place = format!("line {}, {}", line.number, shown(place, 80));
        self.draft.gap(&place, &what);
    }
}
