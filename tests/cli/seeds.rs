//! Replays the seeds of saved runs: what is named `ok-run` is read, diagnosed and told; the rest is
//! refused.

use reachdx::diagnosis::diagnose;
use reachdx::report::{Format, Style, read_run, write};
use serde_json::Value;
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

/// Each value in turn is gone, or something else of a form that could be meant.
#[test]
fn saved_runs_with_any_value_changed_never_panic() {
    let values: Vec<Value> = serde_json::from_str(ODD_VALUES).unwrap();
    let mut told = 0;
    for (name, input) in seeds() {
        if !name.starts_with("ok-run") {
            continue;
        }
        let document: Value = serde_json::from_slice(&input).unwrap();
        for (turn, place) in places(&document["run"], "/run").iter().enumerate() {
            // Each place meets a few of them, and each of them many places.
            for value in values.iter().cycle().skip(turn * 7 % values.len()).take(3) {
                let mut changed = document.clone();
                *changed.pointer_mut(place).unwrap() = value.clone();
                told += usize::from(replay(&changed.to_string()));
            }
            let mut changed = document.clone();
            if let Some(list) = changed.pointer_mut(place).and_then(Value::as_array_mut) {
                list.extend(list.clone());
                told += usize::from(replay(&changed.to_string()));
            }
        }
    }
    assert!(told > 500, "only {told} documents were still runs");
}

/// The JSON pointers of every value within a value.
fn places(value: &Value, here: &str) -> Vec<String> {
    let mut all = vec![here.to_owned()];
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                all.extend(places(item, &format!("{here}/{index}")));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                all.extend(places(member, &format!("{here}/{name}")));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

const ODD_VALUES: &str = r#"[null, true, false, 0, 1, -1, 65535, 9223372036854775807, -1e308, 1e-320, "",
    "x", "\u001b[31m\u202e", "::1", "0.0.0.0", "127.0.0.1:0", "0.0.0.0/0", "ssh", "icmp", "http", "tcp",
    "read", "skipped", [], {}]"#;
