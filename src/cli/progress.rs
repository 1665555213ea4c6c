//! One line on standard error while probes are under way.

use crate::collect::Progress;
use probes::Observation;
use std::io::Write as _;

/// Says nothing.
pub(super) struct Quiet;

impl Progress for Quiet {
    fn sent(&mut self, _: usize) {}
    fn ended(&mut self, _: &Observation) {}
}

/// Rewrites one line of the terminal.
#[derive(Debug, Default)]
pub(super) struct Line {
    sent: usize,
    ended: usize,
}

impl Drop for Line {
    fn drop(&mut self) {
        draw("");
    }
}

impl Progress for Line {
    fn sent(&mut self, probes: usize) {
        self.sent = probes;
        draw(&format!("probing: 0 of {probes}"));
    }

    fn ended(&mut self, observation: &Observation) {
        self.ended += 1;
        draw(&format!(
            "probing: {} of {}, last {}",
            self.ended, self.sent, observation.probe.label
        ));
    }
}

/// A terminal that cannot be written to misses its progress, nothing else.
fn draw(text: &str) {
    let written = write!(std::io::stderr(), "\r\u{1b}[K{text}");
    drop(written);
}
