//! The tool as a witness.

use std::io::{BufRead, BufReader};
use std::process::Child;

/// Waits until it says that packets are being watched.
pub(crate) fn until_watching(witness: &mut Child) {
    let mut ready = String::new();
    let mut errors = BufReader::new(witness.stderr.take().unwrap());
    errors.read_line(&mut ready).unwrap();
    assert!(ready.starts_with("reachdx witness: watching"), "{ready}");
}
