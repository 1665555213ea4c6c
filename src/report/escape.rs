//! Text made safe to print, and measured and broken by the columns it takes.

/// The text with every character that a terminal or a reader's eye could be steered by made
/// visible. Text that is already escaped stays as it is.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\\' || (' '..='~').contains(&character) {
            safe.push(character);
        } else {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).as_bytes();
            safe.push_str(&probes::escape(bytes, ESCAPE_LIMIT));
        }
    }
    safe
}

/// The columns a terminal gives this text.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// The text in lines of at most `width` columns, broken at spaces; a word longer than a line is cut
/// into pieces. There is always one line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!line.is_empty());
        if columns(&line) + gap + columns(word) <= width {
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(word);
            continue;
        }
        if gap > 0 {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            if columns(&line) + column(character) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text cut to at most `width` columns, with three dots where it was cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        if columns(&kept) + column(character) + DOTS.len() > width {
            break;
        }
        kept.push(character);
    }
    kept.push_str(DOTS);
    kept
}

/// East Asian wide and fullwidth characters and emoji take two columns, combining marks none
/// (Unicode Standard Annex 11, by block).
fn column(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

const DOTS: &str = "...";
/// More than one escaped character takes.
const ESCAPE_LIMIT: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_visible_and_escapes_stay() {
        let cases = [
            ("plain `text`", "plain `text`"),
            ("a\x1b[31mb\r\nc", "a\\x1b[31mb\\r\\nc"),
            ("already \\x1b[31m", "already \\x1b[31m"),
            ("\u{202e}txt.exe\u{9b}", "\\u{202e}txt.exe\\u{009b}"),
            ("安全组", "安全组"),
        ];
        for (text, want) in cases {
            assert_eq!(printable(text), want);
        }
    }

    #[test]
    fn lines_break_at_spaces_and_count_columns() {
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("安全组 放通", 6), ["安全组", "放通"]);
        assert_eq!(wrap("安全组", 5), ["安全", "组"]);
    }

    #[test]
    fn a_cut_leaves_room_for_its_dots() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abc...");
        assert_eq!(cut("安全组放通", 8), "安全...");
    }
}
