//! Text that stays text wherever Markdown is rendered.

use crate::report::escape::printable;
use std::io::{self, Write};

/// Text for a paragraph, a list or a table cell: on one line, with nothing in it that Markdown or
/// HTML would read as its own.
pub(super) fn inline(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '|' | '*' | '[' | ']' | '~' | '$' | '#' => {
                safe.push('\\');
                safe.push(character);
            }
            plain => safe.push(plain),
        }
    }
    safe
}

/// Commands in a fenced block, one a line, in a fence that none of them can close.
pub(super) fn fenced(commands: &[&str], out: &mut impl Write) -> io::Result<()> {
    let lines: Vec<_> = commands.iter().map(|command| printable(command)).collect();
    let longest = lines
        .iter()
        .flat_map(|line| line.split(|it| it != '`'))
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    writeln!(out, "{fence}")?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_user_or_a_peer_wrote_is_markup() {
        let cases = [
            ("a | b", "a \\| b"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("`code` [x](y)", "\\`code\\` \\[x\\](y)"),
            ("two\nlines", "two\\\\nlines"),
            ("security_group", "security_group"),
        ];
        for (text, want) in cases {
            assert_eq!(inline(text), want);
        }
    }

    #[test]
    fn a_fence_outlasts_its_content() {
        let mut out = Vec::new();
        fenced(&["echo ```` x"], &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "`````\necho ```` x\n`````\n"
        );
    }
}
