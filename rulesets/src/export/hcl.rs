//! Resources as HCL, the language of Terraform, laid out as `terraform fmt` does.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::text::unprintable;
use std::fmt::Write as _;

/// A value of a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Hcl {
    Text(String),
    Number(i64),
    Flag(bool),
    Texts(Vec<String>),
    Block(Vec<Member>),
}

/// A member by its name.
pub(super) type Member = (&'static str, Hcl);

/// A member that is text.
pub(super) fn text(name: &'static str, value: impl Into<String>) -> Member {
    (name, Hcl::Text(value.into()))
}

/// A resource of this kind; `label` is made a name that the language allows.
pub(super) fn resource(kind: &str, label: &str, members: &[Member]) -> String {
    let mut lines = vec![format!("resource \"{kind}\" \"{}\" {{", plain(label))];
    write_members(members, "  ", &mut lines);
    lines.push("}\n".to_owned());
    lines.join("\n")
}

/// A text as HCL writes it: no character in it ends it, begins an expression, or steers a terminal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '$' | '%' if rest.peek() == Some(&'{') => out.extend([c, c]),
            c if unprintable(c) => {
                write!(out, "\\U{:08x}", u32::from(c)).expect("a string takes all writes");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Members of one line each are aligned; a block stands apart from what is before it.
fn write_members(members: &[Member], indent: &str, lines: &mut Vec<String>) {
    let simple = members
        .iter()
        .filter(|(_, value)| !matches!(value, Hcl::Block(_)));
    let width = simple.map(|(name, _)| name.len()).max().unwrap_or(0);
    for (place, (name, value)) in members.iter().enumerate() {
        let value = match value {
            Hcl::Text(text) => quoted(text),
            Hcl::Number(number) => number.to_string(),
            Hcl::Flag(flag) => flag.to_string(),
            Hcl::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("[{}]", texts.join(", "))
            }
            Hcl::Block(inner) => {
                if place > 0 {
                    lines.push(String::new());
                }
                lines.push(format!("{indent}{name} {{"));
                write_members(inner, &format!("{indent}  "), lines);
                lines.push(format!("{indent}}}"));
                continue;
            }
        };
        lines.push(format!("{indent}{name:width$} = {value}"));
    }
}

/// A label of letters, digits, `-` and `_` that begins with none but a letter or `_`.
fn plain(label: &str) -> String {
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            c
        } else {
            '_'
        }
    };
    let label: String = label.chars().take(LABEL).map(kept).collect();
    let begins = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins { label } else { format!("_{label}") }
}

const LABEL: usize = 120;
