//! The command line from end to end: arguments, files and peers in; text, files and an exit code out.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod answers;
mod bad_arguments;
mod bad_files;
mod colour;
mod explain;
mod fixes;
mod interrupt;
mod lint_and_diff;
mod pasted;
mod peer;
mod pipes;
mod report;
mod rule_bounds;
mod rules;
mod runs;
mod seeds;
mod several;
mod tool;
