//! Cuts HCL text into words, texts and signs.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::parse::ParseError;
use super::problem::Result;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// A piece of HCL text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// A name with dots, or a number.
    Word(String),
    /// A quoted text with its escapes read; an expression in it stays as `${...}`.
    Text(String),
    /// An opening bracket.
    Open(char),
    /// A closing bracket.
    Close(char),
    /// Any other sign.
    Sign(char),
    /// The end of a line.
    Line,
}

/// The pieces of a text, each with its line, from 1.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>> {
    let mut scanner = Scanner {
        left: text.chars().peekable(),
        line: 1,
    };
    let mut all = Vec::new();
    loop {
        let line = scanner.line;
        match scanner.next()? {
            Some(token) => all.push((line, token)),
            None => return Ok(all),
        }
        if all.len() > TOKENS {
            return Err(scanner.error("more than 2,000,000 words; give the rules' file alone"));
        }
    }
}

struct Scanner<'a> {
    left: Peekable<Chars<'a>>,
    line: usize,
}

impl Scanner<'_> {
    fn next(&mut self) -> Result<Option<Token>> {
        loop {
            let Some(c) = self.take() else {
                return Ok(None);
            };
            return Ok(Some(match c {
                '\n' => Token::Line,
                c if c.is_whitespace() => continue,
                '#' => {
                    self.comment();
                    continue;
                }
                '/' if self.left.peek() == Some(&'/') => {
                    self.comment();
                    continue;
                }
                '/' if self.left.peek() == Some(&'*') => {
                    self.long_comment()?;
                    continue;
                }
                '"' => Token::Text(self.text()?),
                '{' | '[' | '(' => Token::Open(c),
                '}' | ']' | ')' => Token::Close(c),
                c if wordlike(c) => Token::Word(self.word(c)),
                c => Token::Sign(c),
            }));
        }
    }

    fn take(&mut self) -> Option<char> {
        let c = self.left.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    fn comment(&mut self) {
        while self.left.next_if(|c| *c != '\n').is_some() {}
    }

    fn long_comment(&mut self) -> Result<()> {
        let mut last = ' ';
        while let Some(c) = self.take() {
            if (last, c) == ('*', '/') {
                return Ok(());
            }
            last = c;
        }
        Err(self.error("a comment is not closed"))
    }

    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(c) = self
            .left
            .next_if(|c| wordlike(*c) || matches!(c, '.' | '-'))
        {
            word.push(c);
        }
        word
    }

    /// A quoted text. `$${` and `%%{` stand for themselves less one sign; a real `${` is kept whole
    /// with what it holds, quotes included.
    fn text(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut inside = 0_usize;
        let open = self.error("a text is not closed");
        loop {
            let Some(c) = self.take() else {
                return Err(open);
            };
            match c {
                '"' if inside == 0 => return Ok(text),
                '\n' if inside == 0 => return Err(open),
                '\\' if inside == 0 => text.push(self.escape()?),
                '$' | '%' => self.template(c, &mut text, &mut inside),
                '{' if inside > 0 => {
                    inside += 1;
                    text.push(c);
                }
                '}' if inside > 0 => {
                    inside -= 1;
                    text.push(c);
                }
                c => text.push(c),
            }
        }
    }

    /// What follows a `$` or `%` in a text.
    fn template(&mut self, sign: char, text: &mut String, inside: &mut usize) {
        let mut rest = self.left.clone();
        if *inside == 0 && (rest.next(), rest.next()) == (Some(sign), Some('{')) {
            self.take();
            self.take();
            text.push(sign);
            text.push('{');
        } else if self.left.next_if_eq(&'{').is_some() {
            *inside += 1;
            text.push(sign);
            text.push('{');
        } else {
            text.push(sign);
        }
    }

    fn escape(&mut self) -> Result<char> {
        let digits = match self.take() {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some(c @ ('"' | '\\')) => return Ok(c),
            Some('u') => 4,
            Some('U') => 8,
            Some(_) | None => return Err(self.error("an escape in a text is not known")),
        };
        let mut number = 0_u32;
        for _ in 0..digits {
            let digit = self.take().and_then(|c| c.to_digit(16));
            let Some(digit) = digit else {
                return Err(self.error("an escape in a text is cut short"));
            };
            number = number.wrapping_shl(4) | digit;
        }
        char::from_u32(number).ok_or_else(|| self.error("an escape in a text is no character"))
    }

    fn error(&self, problem: &str) -> ParseError {
        ParseError::Text {
            line: self.line,
            problem: problem.to_owned(),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) => f.write_str(text),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Open(c) | Self::Close(c) | Self::Sign(c) => write!(f, "{c}"),
            Self::Line => Ok(()),
        }
    }
}

fn wordlike(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

const TOKENS: usize = 2_000_000;
