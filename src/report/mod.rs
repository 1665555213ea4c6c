//! Renders a diagnosis. Every renderer is a pure function of a run and its diagnosis into a writer:
//! no clock, no environment, no terminal, so that a saved run reads the same everywhere.
//!
//! Names, rule texts and paths come from users, and a saved run may come from anybody: every
//! renderer passes all text through `escape`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod document;
mod escape;
mod exit;
mod group;
mod look_up;
mod markdown;
mod nagios;
mod paint;
mod read;
mod sarif;
mod text;
mod words;

pub use answer::{AnswerDocument, answer_document, answer_line, answer_text};
pub use document::schema;
pub(crate) use escape::{printable as printable_line, wrap};
pub use exit::exit_code;
pub use read::{ReadRunError, read_run};
pub use sarif::write_sarif;

use crate::diagnosis::Diagnosis;
use crate::evidence::Run;
use std::io::{self, Write};

/// The forms a report takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// The JSON document, with the run in it.
    Json,
    /// For a ticket.
    Markdown,
    /// One line for a monitoring system, after the Monitoring Plugins guidelines.
    Nagios,
}

/// How text is laid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Style {
    /// Whether to colour; meaning never hangs on colour alone.
    pub color: bool,
    /// The terminal's columns; text uses between 40 and 80 of them.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}

/// Writes the report of one run.
pub fn write(
    format: Format,
    run: &Run,
    diagnosis: &Diagnosis,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(run, diagnosis, style, out),
        Format::Json => document::write(run, diagnosis, out),
        Format::Markdown => markdown::write(run, diagnosis, out),
        Format::Nagios => nagios::write(run, diagnosis, out),
    }
}
