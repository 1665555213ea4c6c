//! Replays the seeds of saved runs: what is named `ok-run` is read, diagnosed and told; the rest is
//! refused.

use reachdx::diagnosis::diagnose;
use reachdx::report::{Format, Style, read_run, write};
use std::fs;
use std::path::PathBuf;

fn seeds() -> Vec<(String, Vec<u8>)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/saved_documents");
    let mut seeds: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect();
    seeds.sort();
    assert!(seeds.iter().any(|(name, _)| name.starts_with("ok-run")));
    seeds
}

/// Reads, diagnoses and tells a document as the fuzz target does; whether it was one.
fn replay(text: &str) -> bool {
    let run = match read_run(text) {
        Ok(run) => run,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(char::is_control), "{said:?}");
            assert!(said.chars().count() < 400, "{said}");
            return false;
        }
    };
    let diagnosis = diagnose(&run);
    for format in [Format::Text, Format::Markdown, Format::Nagios, Format::Json] {
        let mut report = Vec::new();
        write(format, &run, &diagnosis, Style::default(), &mut report).unwrap();
        let report = String::from_utf8(report).unwrap();
        let steers = |it: char| it != '\n' && it.is_control();
        assert!(!report.contains(steers), "{format:?}: {report}");
        if format == Format::Json {
            let again = read_run(&report).unwrap();
            assert_eq!(diagnose(&again), diagnosis);
        }
    }
    true
}

#[test]
fn saved_runs_are_told_or_refused_as_their_names_say() {
    for (name, input) in seeds() {
        let text = String::from_utf8_lossy(&input);
        assert_eq!(replay(&text), name.starts_with("ok-run"), "{name}");
    }
}

#[test]
fn saved_runs_cut_or_damaged_anywhere_never_panic() {
    for (name, input) in seeds() {
        if !name.starts_with("ok-run") {
            continue;
        }
        for at in (0..input.len()).step_by(37) {
            assert!(
                !replay(&String::from_utf8_lossy(&input[..at])),
                "{name} cut at {at}"
            );
            let mut damaged = input.clone();
            damaged[at] = b"09-e\"]},x\\"[at % 10];
            replay(&String::from_utf8_lossy(&damaged));
        }
    }
}
