//! Runs that were taken in the lab, each judged again: evidence in, report out.
//!
//! `tests/scenarios/<name>/run.json` is what was collected; `report.txt` is what a person reads of
//! it, and `judgement.json` what a program does. `UPDATE_EXPECT=1` writes the last two anew.

#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use expect_test::expect_file;
use reachdx::diagnosis::{Certainty, Diagnosis, Status, catalogue, diagnose};
use reachdx::evidence::Run;
use reachdx::report::{Format, Style, write};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn every_scenario_is_judged_as_recorded() {
    for directory in scenarios() {
        let run = run(&directory);
        let diagnosis = diagnose(&run);
        expect_file![directory.join("report.txt")].assert_eq(&text(&run, &diagnosis));
        let judgement = serde_json::to_string_pretty(&judgement(&diagnosis)).unwrap();
        expect_file![directory.join("judgement.json")].assert_eq(&(judgement + "\n"));
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes() {
    for directory in scenarios() {
        let run = run(&directory);
        let again: Run = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
        assert_eq!(again, run, "{}", directory.display());
        assert_eq!(diagnose(&again), diagnose(&run), "{}", directory.display());
    }
}

#[test]
fn every_cause_that_fires_somewhere_is_silent_on_a_healthy_machine() {
    let mut fired = BTreeSet::new();
    let mut healthy = 0;
    for directory in scenarios() {
        let diagnosis = diagnose(&run(&directory));
        if diagnosis.status == Status::Reachable {
            healthy += 1;
            assert!(
                diagnosis
                    .flows
                    .iter()
                    .filter(|flow| flow.counts)
                    .all(|flow| flow.cause.is_none() && flow.candidates.is_empty()),
                "{}",
                directory.display()
            );
        }
        fired.extend(
            diagnosis
                .flows
                .into_iter()
                .filter_map(|flow| flow.cause)
                .filter(|cause| cause.certainty > Certainty::Possible)
                .map(|cause| cause.id),
        );
    }
    assert!(healthy >= 8, "{healthy} healthy scenarios");
    let expected = catalogue().filter(|cause| {
        let layer = cause.id.split('.').next().unwrap();
        ["prober", "security_group", "listener", "service"].contains(&layer)
            && !NOT_IN_THE_LAB.contains(&cause.id)
    });
    for cause in expected {
        assert!(fired.contains(cause.id), "{} never fires", cause.id);
    }
}

#[test]
fn a_source_of_the_provider_explains_an_opening() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut run = run(&root.join("open_against_the_rules_full"));
    let findings = |run: &Run| -> Vec<String> {
        let findings = diagnose(run).findings;
        findings.into_iter().map(|it| it.id).collect()
    };
    assert_eq!(findings(&run), ["open.unexplained"]);
    // A login over the console comes from the provider's own range.
    run.plan.from = Some("81.69.102.5".parse().unwrap());
    assert_eq!(findings(&run), ["open.provider_service"]);
    run.plan.provider = "generic".into();
    assert_eq!(findings(&run), ["open.unexplained"]);
}

/// Causes without a scenario in which they lead: what they need is not collected yet, or they are
/// told beside the flow.
const NOT_IN_THE_LAB: &[&str] = &[
    "security_group.not_in_effect",
    "service.login_refused",
    "service.nla_required",
];

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut directories: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    directories.sort();
    assert!(directories.len() >= 100, "{} scenarios", directories.len());
    directories
}

fn run(directory: &Path) -> Run {
    let text = std::fs::read_to_string(directory.join("run.json")).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
}

fn text(run: &Run, diagnosis: &Diagnosis) -> String {
    let mut bytes = Vec::new();
    let style = Style {
        color: false,
        width: 80,
    };
    write(Format::Text, run, diagnosis, style, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// What a program reads first: status, cause, certainty, later blockers, candidates, promises.
fn judgement(diagnosis: &Diagnosis) -> Value {
    let flows: Vec<_> = diagnosis
        .flows
        .iter()
        .map(|flow| {
            json!({
                "id": flow.id,
                "status": flow.status,
                "outcome": flow.outcome,
                "cause": flow.cause.as_ref().map(|it| json!([it.id, it.certainty])),
                "also": flow.also.iter().map(|it| &it.id).collect::<Vec<_>>(),
                "candidates": flow.candidates.iter().map(|it| &it.id).collect::<Vec<_>>(),
                "excluded": flow.excluded.len(),
                "after": flow
                    .fixes
                    .iter()
                    .map(|it| json!([it.id, it.after.status, it.after.next_cause]))
                    .collect::<Vec<_>>(),
            })
        })
        .collect();
    let findings: Vec<_> = diagnosis.findings.iter().map(|it| &it.id).collect();
    json!({"status": diagnosis.status, "flows": flows, "findings": findings})
}
