//! Reading the kernel's files, bounded.

use crate::inside::{Datum, Modules};
use nix::sys::utsname::uname;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file's text.
pub(super) struct Text {
    pub(super) text: String,
    /// True when it was cut, at the end of a line, at the limit.
    pub(super) truncated: bool,
}

/// Reads at most 16 MiB of a text file.
pub(super) fn read_text(path: impl AsRef<Path>) -> io::Result<Text> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(whole_lines(&bytes, LIMIT))
}

/// The text of at most `limit` bytes; longer ones are cut after the last whole line.
pub(super) fn whole_lines(bytes: &[u8], limit: u64) -> Text {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let truncated = bytes.len() > limit;
    let kept = if truncated {
        let head = &bytes[..limit];
        let end = head.iter().rposition(|byte| *byte == b'\n');
        &head[..end.map_or(limit, |end| end + 1)]
    } else {
        bytes
    };
    Text {
        text: String::from_utf8_lossy(kept).into_owned(),
        truncated,
    }
}

/// The kernel's modules as its own files tell.
pub(super) fn modules() -> Modules {
    let loaded = read_text("/proc/modules").ok();
    let built_in = uname().ok().and_then(|uname| {
        let release = PathBuf::from(uname.release());
        ["/lib/modules", "/usr/lib/modules"]
            .iter()
            .find_map(|root| {
                let path = Path::new(root).join(&release).join("modules.builtin");
                read_text(path).ok()
            })
    });
    Modules::new(
        loaded.as_ref().map(|file| file.text.as_str()),
        built_in.as_ref().map(|file| file.text.as_str()),
    )
}

/// A fact that was read whole.
pub(super) fn read<T>(source: &str, value: T) -> Datum<T> {
    Datum::Read {
        source: source.to_owned(),
        value,
        truncated: false,
    }
}

/// A fact that was not read.
pub(super) fn skipped<T>(source: &str, reason: impl Into<String>) -> Datum<T> {
    Datum::Skipped {
        source: source.to_owned(),
        reason: reason.into(),
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

const LIMIT: u64 = 16 << 20;

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
