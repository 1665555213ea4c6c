//! The structure of a text: commands, tables and what is in them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Error;
use super::cursor::{closes, opens, tokens};
use super::draft::{Draft, RuleDraft, Source};
use super::lexer::{Lexeme, Lexer, Token};
use crate::host::TableFamily;
use crate::text::shown;
use std::borrow::Cow;

/// The tables of a text, their rules not read yet.
pub(super) fn draft(text: &str) -> Result<Draft<'_>, Error> {
    let mut document = Document {
        lexer: Lexer::new(text, 1),
        draft: Draft::default(),
        commands: 0,
    };
    while document.command()? {}
    Ok(document.draft)
}

/// Whether a text begins with an object, or with a command about one.
pub(super) fn begins(text: &str) -> bool {
    let mut lexer = Lexer::new(text, 1);
    let mut words = std::iter::from_fn(|| {
        loop {
            match lexer.next()? {
                Lexeme::Token(token) => return Some(token),
                Lexeme::Comment(_) | Lexeme::Newline => {}
                Lexeme::Unclosed => return None,
            }
        }
    });
    let (first, second) = (words.next(), words.next());
    let is = |token: Option<&Token<'_>>, known: &[&str]| {
        token.is_some_and(|token| known.iter().any(|word| token.is_word(word)))
    };
    is(first.as_ref(), &["table", "define", "include"])
        || is(first.as_ref(), VERBS) && is(second.as_ref(), &["ruleset", "table", "chain", "rule"])
}

/// A text that is being read.
pub(super) struct Document<'a> {
    pub(super) lexer: Lexer<'a>,
    pub(super) draft: Draft<'a>,
    commands: usize,
}

/// A line, or what takes a line's place: up to its end, a `;`, or the end of the block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    /// Where it begins, from 1.
    pub(super) number: usize,
    pub(super) handle: Option<u64>,
}

impl<'a> Document<'a> {
    /// Reads a command; false at the end of the text.
    fn command(&mut self) -> Result<bool, Error> {
        let Some(token) = self.next_token()? else {
            return Ok(false);
        };
        let line = self.lexer.line;
        let mut word = token.text().unwrap_or_default().to_owned();
        let verb = VERBS.contains(&word.as_str()).then(|| word.clone());
        if verb.is_some() {
            word = self.name()?;
        }
        match (verb.as_deref(), word.as_str()) {
            (None | Some("add" | "create"), _) if OBJECTS.contains(&word.as_str()) => {
                self.object(&word, false)?;
            }
            (Some("insert"), "rule") => self.object("rule", true)?,
            (Some("flush"), "ruleset") => {
                let family = self.line()?.text;
                self.draft.flush(TableFamily::of_word(family));
            }
            (Some("delete" | "destroy"), "table") => {
                let (family, name) = self.owner()?;
                self.draft.delete_table(family, &name);
                self.line()?;
            }
            (Some("flush"), "table" | "chain") => self.flush(&word)?,
            (None, "define" | "redefine") => self.define()?,
            (None, _) if !COMMANDS.contains(&word.as_str()) && self.commands == 0 => {
                let found = match &token {
                    Token::Sign(sign) => (*sign).to_owned(),
                    Token::Word(_) | Token::Quoted(_) | Token::Foreign(_) => shown(&word, 40),
                };
                return Err(Error::OtherText { line, found });
            }
            _ => {
                let rest = self.line()?.text;
                let verb = verb.map_or_else(String::new, |verb| format!("{verb} "));
                let what = format!("`{verb}{word} {rest}` is not followed; list the loaded rules");
                self.draft.gap(&format!("line {line}"), &what);
            }
        }
        self.commands += 1;
        self.draft.bounded(line)?;
        Ok(true)
    }

    /// Reads an object that is added, its kind having been read.
    fn object(&mut self, kind: &str, first: bool) -> Result<(), Error> {
        if !matches!(kind, "table" | "chain" | "rule" | "set" | "map" | "element") {
            self.line()?;
            return Ok(());
        }
        let (family, table) = self.owner()?;
        self.draft.table(family, &table);
        match kind {
            "table" => {
                if self.opens() {
                    self.table(family, &table)?;
                }
            }
            "rule" => {
                let chain = self.name()?;
                while matches!(self.peek_word(), Some("handle" | "index" | "position")) {
                    self.next_token()?;
                    self.next_token()?;
                }
                let line = self.line()?;
                self.rule((family, &table), &chain, line, first)?;
            }
            "chain" => {
                let chain = self.name()?;
                self.draft.chain(family, &table, &chain);
                if self.opens() {
                    self.chain(family, &table, &chain)?;
                }
            }
            "element" => {
                let set = self.name()?;
                let line = self.line()?;
                let members = Source::Text(inner(line.text));
                self.draft.set(family, &table, &set).elements.push(members);
            }
            _ => {
                let set = self.name()?;
                self.draft.set(family, &table, &set);
                if self.opens() {
                    self.set(family, &table, &set)?;
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self, kind: &str) -> Result<(), Error> {
        let (family, table) = self.owner()?;
        let chain = if kind == "chain" {
            Some(self.name()?)
        } else {
            None
        };
        let chains = &mut self.draft.table(family, &table).chains;
        for draft in chains
            .iter_mut()
            .filter(|it| chain.as_ref().is_none_or(|name| it.name == *name))
        {
            draft.rules.clear();
        }
        Ok(())
    }

    fn define(&mut self) -> Result<(), Error> {
        let name = self.name()?;
        let line = self.line()?;
        let value = line.text.trim_start_matches('=');
        let value = tokens(value, &self.draft.defines);
        if !self.draft.defines.insert(name, value) {
            return Err(self.broken("the values of `define` are too long"));
        }
        Ok(())
    }

    /// Adds a rule to a chain.
    pub(super) fn rule(
        &mut self,
        (family, table): (TableFamily, &str),
        chain: &str,
        line: Line<'a>,
        first: bool,
    ) -> Result<(), Error> {
        let rule = RuleDraft {
            source: Source::Text(line.text),
            comment: None,
            handle: line.handle,
        };
        self.draft.rule((family, table, chain), rule, first);
        if line.text.len() > RULE_BYTES {
            return Err(self.broken(&format!("a rule is longer than {RULE_BYTES} bytes")));
        }
        self.draft.bounded(line.number)
    }

    /// The next word or sign, past line ends, `;` and comments.
    pub(super) fn next_token(&mut self) -> Result<Option<Token<'a>>, Error> {
        loop {
            match self.lexer.next() {
                None => return Ok(None),
                Some(Lexeme::Newline | Lexeme::Comment(_) | Lexeme::Token(Token::Sign(";"))) => {}
                Some(Lexeme::Token(token)) => return Ok(Some(token)),
                Some(Lexeme::Unclosed) => return Err(self.broken("a quotation mark has no fellow")),
            }
        }
    }

    /// The name that must come next.
    pub(super) fn name(&mut self) -> Result<String, Error> {
        match self.lexer.next() {
            Some(Lexeme::Token(Token::Word(name) | Token::Quoted(name))) => Ok(name.into_owned()),
            _ => Err(self.broken("a name is missing")),
        }
    }

    /// A table's name with its family, which is `ip` when it is not said.
    fn owner(&mut self) -> Result<(TableFamily, String), Error> {
        let first = self.name()?;
        let mut ahead = self.lexer;
        let named = matches!(
            ahead.next(),
            Some(Lexeme::Token(Token::Word(_) | Token::Quoted(_)))
        );
        match TableFamily::of_word(&first).filter(|_| named) {
            Some(family) => Ok((family, self.name()?)),
            None => Ok((TableFamily::Ip, first)),
        }
    }

    fn peek_word(&self) -> Option<&'a str> {
        let mut ahead = self.lexer;
        match ahead.next()? {
            Lexeme::Token(Token::Word(Cow::Borrowed(word))) => Some(word),
            Lexeme::Token(_) | Lexeme::Newline | Lexeme::Comment(_) | Lexeme::Unclosed => None,
        }
    }

    /// Takes an opening brace when it is next.
    pub(super) fn opens(&mut self) -> bool {
        let mut ahead = self.lexer;
        let found = ahead.next() == Some(Lexeme::Token(Token::Sign("{")));
        if found {
            self.lexer = ahead;
        }
        found
    }

    /// Takes what is left of the line.
    pub(super) fn line(&mut self) -> Result<Line<'a>, Error> {
        let (mut start, mut end) = (None, self.lexer.at);
        let (mut number, mut depth, mut handle) = (self.lexer.line, 0_usize, None);
        loop {
            let before = self.lexer;
            let token = match self.lexer.next() {
                None if depth > 0 => return Err(self.broken("the text ends inside of braces")),
                Some(Lexeme::Unclosed) => return Err(self.broken("a quotation mark has no fellow")),
                Some(Lexeme::Newline | Lexeme::Comment(_)) if depth > 0 => continue,
                None | Some(Lexeme::Newline) => break,
                Some(Lexeme::Comment(text)) => {
                    let number = text.strip_prefix("handle ");
                    handle = number.and_then(|number| number.trim().parse().ok());
                    continue;
                }
                Some(Lexeme::Token(token)) => token,
            };
            if depth == 0 && (token.is_sign(";") || closes(&token)) {
                if closes(&token) {
                    self.lexer = before;
                }
                break;
            }
            if closes(&token) {
                depth -= 1;
            } else if opens(&token) {
                depth += 1;
                if depth > NESTING {
                    return Err(self.broken(&format!("braces lie deeper than {NESTING}")));
                }
            }
            end = self.lexer.at;
            if start.is_none() {
                start = Some(before.at);
                number = self.lexer.line;
            }
        }
        let text = self.lexer.between(start.unwrap_or(end), end).trim();
        Ok(Line {
            text,
            number,
            handle,
        })
    }

    pub(super) fn broken(&self, problem: &str) -> Error {
        Error::Broken {
            line: self.lexer.line,
            problem: problem.to_owned(),
        }
    }
}

/// What stands between the first brace of a text and its last; the whole text without braces.
pub(super) fn inner(text: &str) -> &str {
    match (text.find('{'), text.rfind('}')) {
        (Some(open), Some(close)) if open < close => &text[open + 1..close],
        _ => text,
    }
}

/// The longest rule read.
const RULE_BYTES: usize = 8_000_000;
/// How deep braces may lie in one another within a rule.
const NESTING: usize = 64;
const VERBS: &[&str] = &[
    "add", "create", "insert", "replace", "delete", "destroy", "flush", "reset", "rename", "list",
    "monitor", "describe",
];
const OBJECTS: &[&str] = &[
    "table",
    "chain",
    "rule",
    "set",
    "map",
    "element",
    "flowtable",
    "counter",
    "quota",
    "limit",
    "ct",
    "synproxy",
    "secmark",
    "tunnel",
];
const COMMANDS: &[&str] = &["include", "undefine", "import", "export"];
