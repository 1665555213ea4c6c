//! A place in a rule's words.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::lexer::{Lexeme, Lexer, Token, spelled};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Reads a rule's words from first to last.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    /// The position of the next word.
    pub(super) at: usize,
}

/// What `define` gave a name to.
#[derive(Debug)]
pub(super) struct Defines<'a> {
    values: BTreeMap<String, Vec<Token<'a>>>,
    /// How many words may still be put in.
    left: Cell<usize>,
}

impl<'a> Defines<'a> {
    /// Gives a value a name; false when the document holds too much of that kind.
    pub(super) fn insert(&mut self, name: String, value: Vec<Token<'a>>) -> bool {
        let fits = self.take(value.len() + 1);
        if fits {
            self.values.insert(name, value);
        }
        fits
    }

    fn get(&self, name: &str) -> Option<&[Token<'a>]> {
        let value = self.values.get(name)?;
        self.take(value.len()).then_some(value)
    }

    fn take(&self, words: usize) -> bool {
        let left = self.left.get().checked_sub(words);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }
}

impl Default for Defines<'_> {
    fn default() -> Self {
        Self {
            values: BTreeMap::new(),
            left: Cell::new(EXPANDED),
        }
    }
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { tokens, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at)
    }

    /// The bare word that is next.
    pub(super) fn word(&self) -> Option<&'t str> {
        self.word_after(0)
    }

    /// The bare word that comes after `skipped` others.
    pub(super) fn word_after(&self, skipped: usize) -> Option<&'t str> {
        match self.tokens.get(self.at + skipped)? {
            Token::Word(word) => Some(word),
            Token::Quoted(_) | Token::Sign(_) | Token::Foreign(_) => None,
        }
    }

    pub(super) fn advance(&mut self) -> Option<&'t Token<'a>> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    /// Takes the next word, bare or quoted.
    pub(super) fn take_text(&mut self) -> Option<&'t str> {
        let text = self.peek()?.text()?;
        self.at += 1;
        Some(text)
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_sign(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_sign(sign));
        self.at += usize::from(found);
        found
    }

    /// Takes the word when it is one of these.
    pub(super) fn eat_any(&mut self, words: &[&str]) -> Option<&'t str> {
        let word = self.word().filter(|word| words.contains(word))?;
        self.at += 1;
        Some(word)
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// What was read since `start`.
    pub(super) fn since(&self, start: usize) -> &'t [Token<'a>] {
        self.tokens.get(start..self.at).unwrap_or_default()
    }

    /// What was read since `start`, on one line.
    pub(super) fn spelled_since(&self, start: usize) -> String {
        spelled(self.since(start))
    }

    /// Takes all that is left.
    pub(super) fn rest(&mut self) -> &'t [Token<'a>] {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        self.at = self.tokens.len();
        rest
    }

    /// Takes a braced, bracketed or parenthesised group and gives what is between its ends.
    pub(super) fn group(&mut self) -> Option<&'t [Token<'a>]> {
        let open = self.peek().filter(|token| opens(token)).map(|_| self.at)?;
        let mut depth = 0_usize;
        while let Some(token) = self.advance() {
            if opens(token) {
                depth += 1;
            } else if closes(token) {
                depth -= 1;
                if depth == 0 {
                    return self.tokens.get(open + 1..self.at - 1);
                }
            }
        }
        self.at = open;
        None
    }

    /// Takes a value: a group, or operands joined by signs such as `,` `|` `.` `-` `/`.
    pub(super) fn value(&mut self) -> &'t [Token<'a>] {
        let start = self.at;
        loop {
            if self.peek().is_some_and(opens) {
                if self.group().is_none() {
                    break;
                }
            } else if self
                .peek()
                .is_some_and(|token| !matches!(token, Token::Sign(_)))
            {
                self.at += 1;
            } else {
                break;
            }
            if !self.peek().is_some_and(joins) {
                break;
            }
            self.at += 1;
        }
        self.since(start)
    }
}

/// Splits at a sign, outside of groups.
pub(super) fn split<'t, 'a>(tokens: &'t [Token<'a>], sign: &str) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    let parts = tokens.split(|token| {
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is_sign(sign)
    });
    parts.collect()
}

/// The words of a piece of text, with what `define` named put in, and with line ends kept as `;`
/// inside the braces of an anonymous chain.
pub(super) fn tokens<'a>(text: &'a str, defines: &Defines<'a>) -> Vec<Token<'a>> {
    let mut lexer = Lexer::new(text, 1);
    let mut out: Vec<Token<'a>> = Vec::new();
    let mut blocks = Vec::new();
    while let Some(lexeme) = lexer.next() {
        match lexeme {
            Lexeme::Token(token) => {
                if token.is_sign("{") {
                    let jumps = |last: &Token<'_>| last.is_word("jump") || last.is_word("goto");
                    blocks.push(out.last().is_some_and(jumps));
                } else if token.is_sign("}") {
                    blocks.pop();
                }
                put(token, defines, &mut out);
            }
            Lexeme::Newline if blocks.last() == Some(&true) => out.push(Token::Sign(";")),
            Lexeme::Newline | Lexeme::Comment(_) | Lexeme::Unclosed => {}
        }
    }
    out
}

/// Adds a word, or what `define` put behind it.
pub(super) fn put<'a>(token: Token<'a>, defines: &Defines<'a>, out: &mut Vec<Token<'a>>) {
    let name = match &token {
        Token::Word(word) => word.strip_prefix('$'),
        Token::Quoted(_) | Token::Sign(_) | Token::Foreign(_) => None,
    };
    match name.and_then(|name| defines.get(name)) {
        Some(tokens) => out.extend_from_slice(tokens),
        None => out.push(token),
    }
}

pub(super) fn opens(token: &Token<'_>) -> bool {
    matches!(token, Token::Sign("{" | "(" | "["))
}

pub(super) fn closes(token: &Token<'_>) -> bool {
    matches!(token, Token::Sign("}" | ")" | "]"))
}

fn joins(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Sign("," | "|" | "." | "-" | "/" | "&" | "^" | "<<" | ">>" | ":")
    )
}

/// The most words that `define` keeps and puts in, in a whole document.
const EXPANDED: usize = 2_000_000;
