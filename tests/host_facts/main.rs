//! What a snapshot tells of the host itself, held against runs of the lab: each fact where it shows a
//! cause, and where it must not.

#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod clients;
mod cloud;
mod links;
mod resources;

use reachdx::diagnosis::{Certainty, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{Datum, Host, Snapshot};
use std::path::Path;

fn scenario(name: &str) -> Run {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let text = std::fs::read_to_string(root.join(name).join("run.json")).unwrap();
    let mut run: Run = serde_json::from_str(&text).unwrap();
    inside(&mut run).host = Host::default();
    run
}

fn inside(run: &mut Run) -> &mut Snapshot {
    run.evidence.inside.as_mut().unwrap()
}

/// The first flow's cause.
fn leads(run: &Run) -> (String, Certainty) {
    let cause = diagnose(run).flows[0].cause.clone().unwrap();
    (cause.id, cause.certainty)
}

fn read<T>(value: T) -> Datum<T> {
    Datum::read("/proc", value)
}
