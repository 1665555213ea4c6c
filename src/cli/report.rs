use super::options::Color;
use super::pasted::{pairing_code, read_inside};
use crate::collect::{read_input, read_rules, shown, write_output};
use crate::diagnosis::diagnose;
use crate::paste::PairingCode;
use crate::report::{self, Format, Style};
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A report of `reachdx check --format json`, or - for standard input
    run: PathBuf,
    /// Security groups that arrived later; they take the place of those in the run
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// What `reachdx inside` printed, when it arrived later: a file, - for standard input, or
    /// `code:...` as typed
    #[arg(long, value_name = "WHAT")]
    inside: Option<PathBuf>,
    /// The pairing code that `reachdx inside --pair` was given; another snapshot is refused
    #[arg(long, value_name = "CODE", value_parser = pairing_code, requires = "inside")]
    pair: Option<PairingCode>,
    /// How to report
    #[arg(long, value_name = "FMT", value_enum, default_value_t)]
    format: Format,
    /// Where to write the report, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// When to colour
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    color: Color,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let text = read_input(&arguments.run)?;
    let mut run =
        report::read_run(&text).with_context(|| format!("run `{}`", shown(&arguments.run)))?;
    if let Some(groups) = read_rules(&arguments.rules)? {
        run.evidence.groups = Some(groups);
    }
    if let Some(path) = &arguments.inside {
        let given = read_inside(path, arguments.pair)?;
        run.evidence.inside = Some(given.snapshot);
        run.evidence.notes.extend(given.notes);
    }
    let diagnosis = diagnose(&run);
    let style = Style {
        color: arguments.color.wanted(arguments.output.is_some()),
        width: 80,
    };
    let mut bytes = Vec::new();
    report::write(arguments.format, &run, &diagnosis, style, &mut bytes)?;
    write_output(arguments.output.as_deref(), &bytes)?;
    Ok(report::exit_code(&diagnosis))
}
