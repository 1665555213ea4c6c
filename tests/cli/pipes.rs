//! What one command writes, another reads: snapshots through files and pipes, reports into files.

use crate::peer::{Refusing, http, listen, ssh};
use crate::tool::Tool;
use serde_json::Value;

#[test]
fn a_snapshot_is_taken_by_a_check_from_a_file_or_from_standard_input() {
    let refusing = Refusing::new();
    let far_end = format!("127.0.0.1:{}", listen(vec![]));
    let services = format!("ssh={},tcp/{}", listen(ssh()), refusing.port());
    let words = ["--service", &services, "--outbound", &far_end];
    let snapshot = Tool::inside(&words);
    let snapshot = snapshot.said(0);
    let taken: Value = serde_json::from_str(snapshot).unwrap();
    assert_eq!(taken["reachdx_inside"], 1);
    let probes = taken["probes"].as_array().unwrap();
    let probed = |label: &str| probes.iter().any(|it| it["probe"]["label"] == label);
    assert!(probed("ssh"), "{probes:?}");

    let words = [
        "check",
        "127.0.0.1",
        "--service",
        &services,
        "--format",
        "json",
        "--inside",
    ];
    for (what, stdin) in [("snapshot.json", ""), ("-", snapshot)] {
        let document = Tool::new(words.into_iter().chain([what]))
            .file("snapshot.json", snapshot)
            .stdin(stdin)
            .run()
            .document(2);
        let flows = document["flows"].as_array().unwrap();
        let inside: Vec<_> = flows
            .iter()
            .map(|it| it["outcome"]["inside"].as_str())
            .collect();
        assert_eq!(
            inside,
            [Some("answered"), Some("refused"), Some("answered")],
            "{what}"
        );
        assert_eq!(flows[2]["direction"], "outbound");
        assert_eq!(document["run"]["evidence"]["inside"], taken);
    }
}

#[test]
fn one_snapshot_from_standard_input_serves_every_target() {
    let services = format!("http={}", listen(http()));
    let words = ["--service", &services, "--outbound", "127.0.0.1:9"];
    let snapshot = Tool::inside(&words);
    let words = ["check", "127.0.0.1", "localhost", "--service", &services];
    let output = Tool::new(
        words
            .into_iter()
            .chain(["--inside", "-", "--format", "json"]),
    )
    .stdin(snapshot.said(0))
    .run();
    assert_eq!(output.stderr, "");
    let documents: Value = serde_json::from_str(&output.stdout).unwrap();
    for document in documents.as_array().unwrap() {
        assert_eq!(document["run"]["evidence"]["inside"]["reachdx_inside"], 1);
    }
}

#[test]
fn this_machine_can_be_seen_from_outside_and_inside_in_one_call() {
    let services = format!("ssh={}", listen(ssh()));
    let words = [
        "check",
        "127.0.0.1",
        "--service",
        &services,
        "--inside",
        "local",
    ];
    let document = Tool::new(words.into_iter().chain(["--format", "json"])).run();
    assert_eq!(document.stderr, "");
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    let outcome = &document["flows"][0]["outcome"];
    assert_eq!(
        (&outcome["outside"], &outcome["inside"]),
        (&"answered".into(), &"answered".into())
    );
}

#[test]
fn reports_and_snapshots_go_to_the_file_that_was_named() {
    let services = format!("ssh={}", listen(ssh()));
    let words = [
        "check",
        "127.0.0.1",
        "--service",
        &services,
        "--output",
        "out",
        "--format",
        "json",
    ];
    let output = Tool::new(words).run();
    assert_eq!(output.said(0), "");
    let written = std::fs::read_to_string(output.path("out")).unwrap();
    let document: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(document["status"], "reachable");

    let words = [
        "--service",
        &services,
        "--outbound",
        "127.0.0.1:9",
        "--output",
        "out",
    ];
    let output = Tool::inside(&words);
    assert_eq!(output.said(0), "");
    let written = std::fs::read_to_string(output.path("out")).unwrap();
    let snapshot: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(snapshot["reachdx_inside"], 1);

    let words = [
        "check",
        "127.0.0.1",
        "--service",
        &services,
        "--output",
        "-",
    ];
    assert!(Tool::new(words).run().said(0).contains("127.0.0.1"));
}
