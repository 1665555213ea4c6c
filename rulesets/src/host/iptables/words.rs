//! The words of a line, as iptables-restore splits them: blanks part them, double quotes join them,
//! and a backslash between the quotes takes the next character as it is.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::error::Problem;
use std::borrow::Cow;

/// A word of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::host) struct Word<'a> {
    /// What it says, without quotes.
    pub text: Cow<'a, str>,
    /// The word as it was written.
    pub written: &'a str,
}

impl Word<'_> {
    /// Whether the word begins an option, or negates the next.
    pub(super) fn opens(&self) -> bool {
        self.written == "!" || self.written.len() > 1 && self.written.starts_with('-')
    }
}

/// The words of a line.
pub(in crate::host) fn words(line: &str) -> Result<Vec<Word<'_>>, Problem> {
    let mut words = Vec::new();
    let mut rest = line.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        if words.len() == WORDS {
            return Err(Problem::ManyWords { limit: WORDS });
        }
        let length = length(rest).ok_or(Problem::OpenQuote)?;
        let (written, after) = rest.split_at(length);
        words.push(Word {
            text: unquoted(written),
            written,
        });
        rest = after.trim_start_matches(BLANKS);
    }
    Ok(words)
}

/// The bytes of the first word; `None` when a quotation in it does not end.
fn length(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if !quoted && BLANKS.contains(&c) => return Some(at),
            _ => {}
        }
    }
    (!quoted).then_some(text.len())
}

fn unquoted(written: &str) -> Cow<'_, str> {
    if !written.contains('"') {
        return Cow::Borrowed(written);
    }
    let mut text = String::with_capacity(written.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in written.chars() {
        match c {
            '\\' if quoted && !escaped => escaped = true,
            '"' if !escaped => quoted = !quoted,
            _ => {
                escaped = false;
                text.push(c);
            }
        }
    }
    Cow::Owned(text)
}

const BLANKS: &[char] = &[' ', '\t'];

/// The most words iptables takes from one line (`MAX_ARGC`).
const WORDS: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        let words = words(line).unwrap();
        words
            .into_iter()
            .map(|word| word.text.into_owned())
            .collect()
    }

    #[test]
    fn quotes_join_and_backslashes_escape() {
        let line = r#"-A INPUT  -m comment --comment "a \"b\" \\ c" -j LOG --log-prefix "-x: ""#;
        let expected = [
            "-A",
            "INPUT",
            "-m",
            "comment",
            "--comment",
            r#"a "b" \ c"#,
            "-j",
            "LOG",
            "--log-prefix",
            "-x: ",
        ];
        assert_eq!(texts(line), expected);
        assert_eq!(texts(r#"a\b "" c"#), [r"a\b", "", "c"]);
        assert_eq!(texts(" \t "), [""; 0]);
    }

    #[test]
    fn a_quoted_word_opens_no_option() {
        let words = words(r#"-j "-j" ! - --x"#).unwrap();
        let opens: Vec<bool> = words.iter().map(Word::opens).collect();
        assert_eq!(opens, [true, false, true, false, true]);
    }

    #[test]
    fn a_line_that_iptables_would_not_read_is_refused() {
        assert_eq!(words(r#"--comment "a"#), Err(Problem::OpenQuote));
        let many = "a ".repeat(256);
        assert_eq!(words(&many), Err(Problem::ManyWords { limit: 255 }));
    }
}
