//! Texts, bounded.

use crate::inside::FileText;

/// The text of at most `limit` bytes; longer ones are cut after the last whole line.
pub(super) fn whole_lines(bytes: &[u8], limit: u64) -> FileText {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let truncated = bytes.len() > limit;
    let kept = if truncated {
        let head = &bytes[..limit];
        let end = head.iter().rposition(|byte| *byte == b'\n');
        &head[..end.map_or(limit, |end| end + 1)]
    } else {
        bytes
    };
    FileText {
        text: String::from_utf8_lossy(kept).into_owned(),
        truncated,
    }
}

/// Text from a stranger in one line: control characters escaped, cut at 200 characters.
pub(super) fn one_line(text: &str) -> String {
    text.trim()
        .chars()
        .take(200)
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            let plain = (!character.is_control()).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_after_a_whole_line() {
        let cases = [
            ("ab\ncd\n", 6, "ab\ncd\n", false),
            ("ab\ncd\n", 5, "ab\n", true),
            ("abcdef", 3, "abc", true),
            ("", 0, "", false),
        ];
        for (text, limit, kept, truncated) in cases {
            let cut = whole_lines(text.as_bytes(), limit);
            assert_eq!(
                (cut.text.as_str(), cut.truncated),
                (kept, truncated),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_strangers_text_becomes_one_printable_line() {
        assert_eq!(one_line(" a\nb\u{1b}[31m é\n"), "a\\nb\\u{1b}[31m é");
        assert_eq!(one_line(&"x".repeat(500)).len(), 200);
    }
}
