//! Colours, in one place. The codes are asked of the `colored` crate one by one: its own strings
//! look at the environment and the terminal, and could drop what [`super::Style`] decided.

use colored::Color;

/// What a piece of text is, as far as colour goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Paint {
    /// Nothing special.
    Plain,
    /// It works.
    Good,
    /// It works, with a fault.
    Fair,
    /// It does not work.
    Bad,
    /// It could not be told.
    Unsure,
    /// The name of a part of the report.
    Label,
}

impl Paint {
    /// The text in this colour, or as it is when `color` is false.
    pub(super) fn apply(self, text: &str, color: bool) -> String {
        let code = match self {
            Self::Plain => None,
            Self::Good => Some(Color::Green),
            Self::Fair => Some(Color::Yellow),
            Self::Bad => Some(Color::Red),
            Self::Unsure => Some(Color::Magenta),
            Self::Label => Some(Color::Cyan),
        };
        match code.filter(|_| color && !text.is_empty()) {
            Some(code) => format!("\x1b[1;{}m{text}\x1b[0m", code.to_fg_str()),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_style_decides_on_colour() {
        assert_eq!(Paint::Bad.apply("[!!]", false), "[!!]");
        assert_eq!(Paint::Bad.apply("[!!]", true), "\x1b[1;31m[!!]\x1b[0m");
        assert_eq!(Paint::Plain.apply("text", true), "text");
        colored::control::set_override(false);
        assert_eq!(Paint::Good.apply("[OK]", true), "\x1b[1;32m[OK]\x1b[0m");
        colored::control::unset_override();
    }
}
