//! Text that came from outside, made fit to print: one line, bounded, nothing a terminal obeys.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt::Write as _;

/// `text` with what a terminal would obey escaped, cut after `limit` characters (marked by `…`).
pub(crate) fn shown(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut left = limit;
    for c in text.chars() {
        let escaped = unprintable(c).then(|| c.escape_unicode());
        let width = escaped.as_ref().map_or(1, ExactSizeIterator::len);
        if width > left {
            out.push('…');
            break;
        }
        left -= width;
        match escaped {
            Some(escaped) => out.extend(escaped),
            None => out.push(c),
        }
    }
    out
}

/// `text` as a shell word: bare when nothing in it is special, quoted otherwise.
pub(crate) fn shell_word(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    if !text.chars().any(unprintable) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in text.chars() {
        if unprintable(c) {
            write!(out, "\\U{:08x}", u32::from(c)).expect("a string takes all writes");
        } else {
            if matches!(c, '\'' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out.push('\'');
    out
}

/// A JSON document on one line, with every character that a terminal would obey escaped.
pub(crate) fn json_line(value: &serde_json::Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        if unprintable(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").expect("a string takes all writes");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, line separators and the marks that reorder or hide text (Unicode Bidi).
pub(crate) fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_bounded_and_escaped() {
        assert_eq!(shown("plain 放通", 60), "plain 放通");
        assert_eq!(shown("a\u{1b}[31m\n", 60), r"a\u{1b}[31m\u{a}");
        assert_eq!(shown("abcdef", 3), "abc…");
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("a\u{7f}\u{7f}", 8), r"a\u{7f}…");
        assert_eq!(shown("\u{202e}x", 9), r"\u{202e}x");
    }

    #[test]
    fn a_shell_reads_one_word_back() {
        assert_eq!(shell_word("sg-1"), "sg-1");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("'; rm -rf $HOME"), r"''\''; rm -rf $HOME'");
        assert_eq!(shell_word("a\n'\\"), r"$'a\U0000000a\'\\'");
    }

    #[test]
    fn json_stays_json_when_escaped() {
        let value = serde_json::json!({"x": "a\u{7f}\u{202e}\n\"'"});
        let line = json_line(&value);
        assert_eq!(line, r#"{"x":"a\u007f\u202e\n\"'"}"#);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&line).unwrap(),
            value
        );
    }
}
