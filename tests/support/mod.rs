//! What the programs of tests that need root have in common.

pub(crate) mod remains;

use libtest_mimic::Trial;
use std::process::ExitCode;

/// A trial of this kind and name, which fails where `run` panics.
pub(crate) fn trial(kind: &str, name: &str, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(format!("{kind}::{name}"), move || {
        run();
        Ok(())
    })
}

/// Says that `what`, which the test of this name holds, needs root.
#[expect(
    clippy::print_stderr,
    reason = "the reader has to learn why nothing ran"
)]
pub(crate) fn needs_root(what: &str, test: &str) -> ExitCode {
    eprintln!(
        "error: {what} builds network namespaces and needs root: run `sudo -E cargo test --test {test}`"
    );
    ExitCode::FAILURE
}
