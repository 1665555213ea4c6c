//! Remote bytes made safe to print: what a peer sends must not steer a terminal or a reader's eye.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// Escapes bytes from a peer into at most `max_chars` characters, plus an ellipsis where cut.
///
/// Control characters, bidirectional and zero-width controls and invalid UTF-8 become `\n`,
/// `\xNN` or `\u{NNNN}`; a backslash is doubled, so that the result is unambiguous.
pub fn escape(bytes: &[u8], max_chars: usize) -> String {
    let mut text = String::new();
    let mut chars = 0;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid().chars().map(escape_char);
        let invalid = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
        for piece in valid.chain(invalid) {
            let length = piece.chars().count();
            if chars + length > max_chars {
                text.push('…');
                return text;
            }
            text.push_str(&piece);
            chars += length;
        }
    }
    text
}

fn escape_char(character: char) -> String {
    match character {
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\0'..='\x1f' | '\x7f' => format!("\\x{:02x}", u32::from(character)),
        unseen if is_unseen(unseen) => format!("\\u{{{:04x}}}", u32::from(unseen)),
        plain => plain.to_string(),
    }
}

/// C1 controls, soft hyphen, bidirectional and zero-width controls, separators, tags and private
/// use: characters that change what a reader sees without being seen themselves.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{10ffff}'
    )
}

/// Characters kept of a sample or a sentence a peer sent.
pub(crate) const SAMPLE_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_become_visible() {
        for (bytes, expected) in [
            (&b"SSH-2.0-OpenSSH_9.2"[..], "SSH-2.0-OpenSSH_9.2"),
            (b"a\r\nb\tc", "a\\r\\nb\\tc"),
            (b"\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            (b"nul\0del\x7f", "nul\\x00del\\x7f"),
            (b"bad \xff\xc3(", "bad \\xff\\xc3("),
            ("\u{202e}gpj.exe".as_bytes(), "\\u{202e}gpj.exe"),
            ("zero\u{200b}width".as_bytes(), "zero\\u{200b}width"),
            ("c1 \u{9b}31m".as_bytes(), "c1 \\u{009b}31m"),
            ("grüße 你好".as_bytes(), "grüße 你好"),
            (b"C:\\x41", "C:\\\\x41"),
        ] {
            assert_eq!(escape(bytes, 100), expected);
        }
    }

    #[test]
    fn a_cut_never_splits_an_escape() {
        assert_eq!(escape(b"abcdef", 6), "abcdef");
        assert_eq!(escape(b"abcdefg", 6), "abcdef…");
        assert_eq!(escape(b"abcde\x1b", 6), "abcde…");
        assert_eq!(escape(&[0xff; 1000], 10), "\\xff\\xff…");
    }
}
