//! `reachdx report`: a saved run reads the same whenever it is read, and takes what arrives later.

use crate::peer::{Refusing, listen, ssh};
use crate::runs::check;
use crate::tool::{Output, Tool};
use serde_json::Value;

/// Reads a saved run again.
fn report(run: &str, extra: &[&str]) -> Output {
    Tool::new(
        ["report", "run.json"]
            .into_iter()
            .chain(extra.iter().copied()),
    )
    .file("run.json", run)
    .file("shut.json", SHUT)
    .file("wide.json", WIDE)
    .run()
}

#[test]
fn a_saved_run_reads_the_same_every_time() {
    let refusing = Refusing::new();
    let services = format!("ssh={},tcp/{}", listen(ssh()), refusing.port());
    let saved = check(&services, &[]);
    let saved = saved.said(2);
    for format in ["text", "markdown", "nagios"] {
        let once = report(saved, &["--format", format]);
        let again = report(saved, &["--format", format]);
        assert_eq!(once.said(2), again.said(2), "{format}");
        assert!(!once.stdout.is_empty());
    }
    let json = report(saved, &["--format", "json"]);
    assert_eq!(json.said(2), saved);
    let piped = Tool::new(["report", "-", "--format", "json"])
        .stdin(saved)
        .run();
    assert_eq!(piped.said(2), saved);
}

#[test]
fn rules_that_arrive_later_change_the_diagnosis() {
    let saved = include_str!("../golden/report/outside_only_timeouts.json");
    let layer = |document: &Value| {
        let layers = document["flows"][0]["layers"].as_array().unwrap();
        let group = layers.iter().find(|it| it["layer"] == "security_group");
        group.unwrap()["state"].as_str().unwrap().to_owned()
    };
    let without = report(saved, &["--format", "json"]).document(2);
    let shut = report(saved, &["--format", "json", "--rules", "shut.json"]).document(2);
    let wide = report(saved, &["--format", "json", "--rules", "wide.json"]).document(2);
    let both = [
        "--format",
        "json",
        "--rules",
        "wide.json",
        "--rules",
        "shut.json",
    ];
    let both = report(saved, &both).document(2);
    assert_eq!(layer(&without), "unknown");
    assert_eq!(layer(&shut), "block");
    assert_eq!(layer(&wide), "pass");
    assert_eq!(layer(&both), "pass", "the first group decides");
    assert_eq!(shut["flows"][0]["cause"]["layer"], "security_group");
    assert_ne!(wide["flows"][0]["cause"]["layer"], "security_group");
    let later = ["--format", "json", "--rules", "wide.json"];
    let replaced = report(&shut.to_string(), &later).document(2);
    assert_eq!(
        replaced["flows"], wide["flows"],
        "later rules take the place of earlier ones"
    );
}

#[test]
fn a_snapshot_that_arrives_later_is_used() {
    let refusing = Refusing::new();
    let service = format!("tcp/{}", refusing.port());
    let saved = check(&service, &[]);
    let words = ["--service", &service, "--outbound", "127.0.0.1:9"];
    let snapshot = Tool::inside(&words);
    let snapshot = snapshot.said(0);
    let output = Tool::new(["report", "run.json", "--inside", "-", "--format", "json"])
        .file("run.json", saved.said(2))
        .stdin(snapshot)
        .run();
    let document = output.document(2);
    let flow = &document["flows"][0];
    assert_eq!(flow["outcome"]["inside"], "refused", "{flow}");
    assert_eq!(
        document["flows"].as_array().unwrap().len(),
        2,
        "and the outbound flow"
    );
}

#[test]
fn a_report_goes_to_the_file_that_was_named() {
    let saved = check(&format!("ssh={}", listen(ssh())), &[]);
    let output = report(saved.said(0), &["--output", "report.txt"]);
    assert_eq!(output.said(0), "");
    let written = std::fs::read_to_string(output.path("report.txt")).unwrap();
    assert_eq!(written, report(saved.said(0), &[]).said(0));
    let refused = report(saved.said(0), &["--output", "no/such/directory"]);
    assert_eq!(
        refused.refusal(),
        "cannot write `no/such/directory`: No such file or directory (os error 2)"
    );
}

const SHUT: &str = r#"{"Ingress": [], "Egress": []}"#;
const WIDE: &str = r#"{"Ingress": [
  {"Protocol": "ALL", "Port": "ALL", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT"}], "Egress": []}"#;
