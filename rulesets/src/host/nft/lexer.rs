//! The words and signs of the nftables language (nft(8), `scanner.l`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::borrow::Cow;
use std::net::Ipv6Addr;

/// One word or sign.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    /// A bare word: a name, a number, an address, a range or prefix written without spaces.
    Word(Cow<'a, str>),
    /// Text in quotation marks, without them.
    Quoted(Cow<'a, str>),
    /// Punctuation.
    Sign(&'static str),
    /// An expression of a JSON listing that has no known spelling.
    Foreign(String),
}

/// What the lexer meets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Lexeme<'a> {
    Token(Token<'a>),
    Newline,
    /// The text after `#`.
    Comment(&'a str),
    /// A quotation mark without its fellow.
    Unclosed,
}

/// Reads a text word by word; a copy of it looks ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The position of the next character, in bytes.
    pub(super) at: usize,
    /// The line of the next character, from 1.
    pub(super) line: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, line: usize) -> Self {
        Self { text, at: 0, line }
    }

    /// The text between two positions.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The next word, sign, line end or comment; `None` at the end of the text.
    pub(super) fn next(&mut self) -> Option<Lexeme<'a>> {
        self.skip_blanks();
        let rest = self.text.get(self.at..)?;
        let first = rest.chars().next()?;
        match first {
            '\n' => {
                self.at += 1;
                self.line += 1;
                Some(Lexeme::Newline)
            }
            '#' => {
                let end = rest.find('\n').unwrap_or(rest.len());
                self.at += end;
                Some(Lexeme::Comment(rest[1..end].trim()))
            }
            '"' => Some(self.quoted(rest)),
            _ => Some(Lexeme::Token(
                self.sign(rest).unwrap_or_else(|| self.word(rest)),
            )),
        }
    }

    fn skip_blanks(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at..).unwrap_or_default() {
                [b' ' | b'\t' | b'\r', ..] => self.at += 1,
                [b'\\', b'\n', ..] => {
                    self.at += 2;
                    self.line += 1;
                }
                [b'\\', b'\r', b'\n', ..] => {
                    self.at += 3;
                    self.line += 1;
                }
                _ => return,
            }
        }
    }

    fn quoted(&mut self, rest: &'a str) -> Lexeme<'a> {
        let Some(end) = rest[1..].find('"') else {
            self.at = self.text.len();
            return Lexeme::Unclosed;
        };
        let inner = &rest[1..=end];
        self.line += inner.bytes().filter(|byte| *byte == b'\n').count();
        self.at += end + 2;
        Lexeme::Token(Token::Quoted(Cow::Borrowed(inner)))
    }

    fn sign(&mut self, rest: &str) -> Option<Token<'a>> {
        let found = SIGNS.iter().find(|sign| rest.starts_with(**sign))?;
        self.at += found.len();
        Some(Token::Sign(found))
    }

    fn word(&mut self, rest: &'a str) -> Token<'a> {
        let end = match rest.find(|c| ends_word(c) || c == ':') {
            Some(at) if rest[at..].starts_with(':') => address(rest).unwrap_or(at),
            Some(at) => at,
            None => rest.len(),
        };
        let end = end.max(rest.chars().next().map_or(1, char::len_utf8));
        let goes_on = end > 1 && rest[end..].starts_with(['\r', '\n']);
        let end = end - usize::from(goes_on && rest[..end].ends_with('\\'));
        let word = &rest[..end];
        self.at += end;
        match LONE.iter().find(|lone| **lone == word) {
            Some(lone) => Token::Sign(lone),
            None => Token::Word(Cow::Borrowed(word)),
        }
    }
}

impl Token<'_> {
    /// The word, bare or quoted.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Word(text) | Self::Quoted(text) => Some(text),
            Self::Sign(_) | Self::Foreign(_) => None,
        }
    }

    pub(super) fn is_sign(&self, wanted: &str) -> bool {
        matches!(self, Self::Sign(sign) if *sign == wanted)
    }

    pub(super) fn is_word(&self, wanted: &str) -> bool {
        matches!(self, Self::Word(word) if word == wanted)
    }
}

/// Words and signs as one line of the language.
pub(super) fn spelled(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    let mut glued = true;
    for token in tokens {
        let (text, quote) = match token {
            Token::Word(text) => (&**text, ""),
            Token::Quoted(text) => (&**text, "\""),
            Token::Sign(sign) => (*sign, ""),
            Token::Foreign(text) => (text.as_str(), ""),
        };
        if !glued && !matches!(text, "," | ";" | ")" | "]") {
            out.push(' ');
        }
        out.push_str(quote);
        out.push_str(text);
        out.push_str(quote);
        glued = matches!(token, Token::Sign("(" | "["));
    }
    out
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || ENDS.contains(c)
}

/// Where the IPv6 address, prefix or range, or the hardware address ends that the text begins with.
fn address(rest: &str) -> Option<usize> {
    let inside = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'-' | b'/');
    let window = rest.as_bytes().iter().take(ADDRESS + 1);
    let end = window.take_while(|byte| inside(byte)).count();
    let word = rest.get(..end).filter(|_| end <= ADDRESS)?;
    if !rest[end..].chars().next().is_none_or(ends_word) {
        return None;
    }
    let address = word.split_once('/').map_or(word, |(address, _)| address);
    let mut ends = address.split('-');
    let known = |end: &str| end.parse::<Ipv6Addr>().is_ok() || is_hardware_address(end);
    ends.all(known).then_some(end)
}

fn is_hardware_address(word: &str) -> bool {
    let octet = |part: &str| (1..=2).contains(&part.len()) && u8::from_str_radix(part, 16).is_ok();
    word.split(':').count() == 6 && word.split(':').all(octet)
}

/// Longest first.
const SIGNS: &[&str] = &[
    "==", "!=", "<=", ">=", "<<", ">>", "{", "}", "(", ")", "[", "]", ",", ";", "=", "&", "|", "^",
    "!", "<", ">",
];
/// What is a sign when it stands alone, and part of a word otherwise.
const LONE: &[&str] = &[".", "-", "+", "/", ":"];
/// The longest range of IPv6 addresses, in characters.
const ADDRESS: usize = 92;
/// What ends a word beside white space.
const ENDS: &str = "{}()[],;=&|^!<>\"#";

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        let mut lexer = Lexer::new(text, 1);
        let mut out = Vec::new();
        while let Some(lexeme) = lexer.next() {
            out.push(match lexeme {
                Lexeme::Token(Token::Word(word)) => word.to_string(),
                Lexeme::Token(Token::Quoted(text)) => format!("\"{text}\""),
                Lexeme::Token(Token::Sign(sign)) => format!("<{sign}>"),
                Lexeme::Token(Token::Foreign(text)) => text,
                Lexeme::Newline => "NL".to_owned(),
                Lexeme::Comment(text) => format!("#{text}"),
                Lexeme::Unclosed => "UNCLOSED".to_owned(),
            });
        }
        out.join(" ")
    }

    #[test]
    fn words_signs_and_colons_come_apart_as_the_scanner_of_nft_has_them() {
        let cases = [
            (
                "tcp dport 22 accept # handle 5\n",
                "tcp dport 22 accept #handle 5 NL",
            ),
            (
                "{22:accept,80 : drop}",
                "<{> 22 <:> accept <,> 80 <:> drop <}>",
            ),
            ("10.0.0.1:80-90", "10.0.0.1 <:> 80-90"),
            ("[2001:db8::1]:80", "<[> 2001:db8::1 <]> <:> 80"),
            ("to :1024-65535", "to <:> 1024-65535"),
            ("::/96, ::ffff:0.0.0.0/96", "::/96 <,> ::ffff:0.0.0.0/96"),
            ("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9"),
            ("00:11:22:33:44:55", "00:11:22:33:44:55"),
            (
                "flags & (fin|syn) == syn",
                "flags <&> <(> fin <|> syn <)> <==> syn",
            ),
            ("a != b\\\n c", "a <!=> b c"),
            ("\"10:00\"-\"18:00\"", "\"10:00\" <-> \"18:00\""),
            ("comment \"it's } odd; # x\"", "comment \"it's } odd; # x\""),
            ("priority mangle + 10", "priority mangle <+> 10"),
            ("\"open", "UNCLOSED"),
            ("a\u{a0}b \u{1}", "a \u{a0} b \u{1}"),
        ];
        for (text, want) in cases {
            assert_eq!(line(text), want, "{text}");
        }
    }
}
