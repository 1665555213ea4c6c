//! Replays the fuzz targets' seeds: what is named `ok-` is understood, what is named `bad-` refused.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use reachdx::inside::{read_snapshot, replay};
use std::fs;
use std::path::Path;

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut seeds: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    seeds
}

#[test]
fn kernel_files_are_understood_or_refused_as_their_names_say() {
    for (name, input) in seeds("proc_files") {
        assert_eq!(replay(&input).is_some(), name.starts_with("ok-"), "{name}");
    }
}

#[test]
fn kernel_files_cut_or_damaged_anywhere_never_panic() {
    for (_, input) in seeds("proc_files") {
        for at in 0..input.len() {
            replay(&input[..at]);
            for value in [0, b' ', b'\n', b'9', 0x80, 0xff] {
                let mut damaged = input.clone();
                damaged[at] = value;
                replay(&damaged);
            }
        }
    }
}

/// Saved documents of other kinds share the directory; a snapshot's seed says so in its name.
#[test]
fn saved_snapshots_are_read_or_refused_as_their_names_say() {
    for (name, input) in seeds("saved_documents") {
        let text = String::from_utf8(input).unwrap();
        let read = read_snapshot(&text);
        let expected = name.starts_with("ok-snapshot");
        assert_eq!(read.is_ok(), expected, "{name}: {:?}", read.err());
        if let Err(error) = read {
            assert_eq!(error.to_string().lines().count(), 1, "{name}");
        }
    }
}
