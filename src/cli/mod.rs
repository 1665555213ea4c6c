//! The command line: arguments in, a report and an exit code out.

mod cause;
mod check;
mod clone;
mod deletable;
mod diff;
mod explain;
mod export;
mod fix;
mod form;
mod healthy;
mod inside;
mod joined;
mod lint;
mod options;
mod pair;
mod pasted;
mod ports;
mod progress;
mod question;
mod report;
mod rule_files;
mod schema;
mod sets;
mod who;
mod witness;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Runs the command line that was given.
pub fn run(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let result = match cli.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Inside(arguments) => inside::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Who(arguments) => who::run(&arguments),
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Clone(arguments) => clone::run(&arguments),
        Command::Deletable(arguments) => deletable::run(&arguments),
        Command::Ports(arguments) => ports::run(&arguments),
        Command::Cause(arguments) => cause::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Pair => pair::run(),
        Command::Schema => schema::run(),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&format!("error: {error:#}"));
            ExitCode::from(CANNOT_TELL)
        }
    }
}

/// Help and version are answers; any other usage error leaves the question open.
fn usage(error: &clap::Error) -> ExitCode {
    let answer = !error.use_stderr();
    if let Err(error) = error.print() {
        complain(&format!("error: cannot write the help: {error}"));
        return ExitCode::from(CANNOT_TELL);
    }
    ExitCode::from(if answer { 0 } else { CANNOT_TELL })
}

#[expect(clippy::print_stderr, reason = "the one place that reports errors")]
fn complain(message: &str) {
    eprintln!("{}", message.replace(['\n', '\r'], " "));
}

/// Usage, our own network down, or an internal error.
const CANNOT_TELL: u8 = 3;

/// Finds out why a cloud instance cannot be reached, and the smallest safe fix.
#[derive(Debug, Parser)]
#[command(name = "reachdx", version, after_help = AFTER_HELP, max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Probe a target, correlate the evidence, explain
    Check(check::Arguments),
    /// On the instance: collect host facts, probe itself and outward
    Inside(inside::Arguments),
    /// Rules only: is this flow allowed, and which rule decides
    Explain(explain::Arguments),
    /// Rules only: who reaches a port, and what a source reaches
    Who(who::Arguments),
    /// Rules only: dead, redundant, conflicting and over-open rules
    Lint(lint::Arguments),
    /// Rules only: what fares differently under two rule sets
    Diff(diff::Arguments),
    /// Rules only: write rules in another form
    Export(export::Arguments),
    /// Rules only: what a clone of a security group would lack or change
    Clone(clone::Arguments),
    /// Rules only: what keeps a security group from being deleted
    Deletable(deletable::Arguments),
    /// Common name, blocked-port entry and advice for ports
    Ports(ports::Arguments),
    /// A page of the catalogue of causes
    Cause(cause::Arguments),
    /// Diagnose and render a saved run again
    Report(report::Arguments),
    /// A new pairing code, for `inside --pair` and `check --pair`
    Pair,
    /// The JSON Schema of the output
    Schema,
}

const AFTER_HELP: &str = "\
Examples:
  reachdx check 203.0.113.10
  reachdx check web-1.example --service ssh --rules sg-1.json --inside snap.json
  reachdx inside --from 198.51.100.7 > snap.json
  reachdx explain --rules sg-1.json --protocol tcp --port 22 --source 192.0.2.7

Exit codes:
  0  as expected
  1  reachable, but degraded or risky
  2  an expected service is not reachable
  3  cannot tell: usage, our own network down, internal error";
