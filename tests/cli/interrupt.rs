//! Ctrl-C: what is known so far is told, and the rest is left open.

use crate::peer::{Turn, http, listen};
use crate::tool::{Output, Tool};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn what_is_known_is_told_at_once() {
    let (answers, output, waited) = interrupted(&["--format", "json"]);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(output.stderr, "");
    assert_eq!(document["run"]["interrupted"], true);
    let outside = document["run"]["evidence"]["outside"].as_array().unwrap();
    let seen: Vec<_> = outside
        .iter()
        .map(|it| it["probe"]["port"].as_u64())
        .collect();
    assert_eq!(
        seen,
        [Some(u64::from(answers))],
        "the silent one has no outcome"
    );
    let flows = document["flows"].as_array().unwrap();
    let told: Vec<_> = flows
        .iter()
        .map(|it| it["status"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["unknown", "reachable"]);
    assert_eq!(
        document["status"], "unknown",
        "what was not asked may be worse"
    );
    assert_eq!(output.code, 3);
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    crate::runs::assert_valid(&document);
}

#[test]
fn the_text_says_that_it_was_interrupted() {
    let (_, output, _) = interrupted(&[]);
    assert_eq!(output.stderr, "");
    assert!(output.stdout.contains("interrupted"), "{}", output.stdout);
}

#[test]
fn a_list_stays_a_list() {
    let (_, output, _) = interrupted(&["127.0.0.2", "--format", "json"]);
    let documents: Value = serde_json::from_str(&output.stdout).unwrap();
    let documents = documents.as_array().unwrap();
    assert_eq!(documents.len(), 1);
    let notes = documents[0]["run"]["evidence"]["notes"].to_string();
    assert!(notes.contains("not checked: 127.0.0.2"), "{notes}");
}

/// Checks a peer that never speaks beside one that answers, and interrupts the check when it has
/// the answer. Gives the answering port, the output and the wait for the end.
fn interrupted(extra: &[&str]) -> (u16, Output, Duration) {
    let (say, heard) = mpsc::channel();
    let answers = listen([http(), vec![Turn::Hear, Turn::Tell(say)]].concat());
    let silent = listen(vec![]);
    let services = format!("ssh={silent},http={answers}");
    let words = ["check", "127.0.0.1", "--service", &services];
    let running = Tool::new(words.into_iter().chain(extra.iter().copied())).start();
    heard.recv_timeout(Duration::from_mins(1)).unwrap();
    // The client has closed the connection; it needs a moment more to note the answer.
    thread::sleep(Duration::from_millis(300));
    let id = Pid::from_raw(running.id().try_into().unwrap());
    let clock = Instant::now();
    kill(id, Signal::SIGINT).unwrap();
    let output = running.end();
    (answers, output, clock.elapsed())
}
