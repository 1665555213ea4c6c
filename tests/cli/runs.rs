//! `reachdx check` against peers on the loopback interface: what it finds and how it ends.

use crate::peer::{Refusing, Turn, http, listen, smtp, ssh};
use crate::tool::{Output, Tool};
use serde_json::Value;
use std::time::Duration;

/// Runs a check of this machine with these services, as JSON.
pub(crate) fn check(services: &str, extra: &[&str]) -> Output {
    let words = [
        "check",
        "127.0.0.1",
        "--service",
        services,
        "--format",
        "json",
    ];
    Tool::new(words.into_iter().chain(extra.iter().copied())).run()
}

#[test]
fn healthy_services_are_reachable_and_the_document_holds_to_the_schema() {
    let (one, two, three) = (listen(ssh()), listen(http()), listen(vec![]));
    let services = format!("ssh={one},http={two},tcp/{three}");
    let document = check(&services, &[]).document(0);
    assert_eq!(document["status"], "reachable");
    assert_eq!(outcomes(&document), ["answered", "answered", "answered"]);
    assert_valid(&document);
    for flow in document["flows"].as_array().unwrap() {
        assert!(flow["cause"].is_null(), "{flow}");
    }
}

#[test]
fn a_refused_port_is_blocked_and_the_document_holds_to_the_schema() {
    let refusing = Refusing::new();
    let services = format!("http={},tcp/{}", listen(http()), refusing.port());
    let document = check(&services, &[]).document(2);
    assert_eq!(document["status"], "blocked");
    assert_eq!(outcomes(&document), ["answered", "refused"]);
    assert_valid(&document);
    let flow = &document["flows"][1];
    let cause = flow["cause"]["id"].as_str().unwrap();
    let candidates = flow["candidates"].as_array().unwrap();
    assert!(candidates.iter().any(|it| it["id"] == cause), "{flow}");
}

#[test]
fn expectations_decide_what_success_is() {
    let refusing = Refusing::new();
    let (open, shut) = (listen(ssh()), refusing.port());
    let services = format!("ssh={open},tcp/{shut}");
    let shut = format!("tcp/{shut}");
    let expected = check(&services, &["--expect", &format!("{shut}=closed")]);
    assert_eq!(expected.document(0)["status"], "reachable");
    let open_although = check(
        &services,
        &["--expect", &format!("ssh=closed,{shut}=blocked")],
    );
    let document = open_although.document(1);
    let findings = document["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|it| it["id"] == "open.unexpected"),
        "{findings:?}"
    );
    assert_valid(&document);
    let explicit = check(&services, &["--expect", &format!("{shut}=open")]);
    assert_eq!(explicit.document(2)["flows"][1]["expected"], true);
}

#[test]
fn peers_that_flood_or_write_escapes_are_bounded_and_made_visible() {
    let hostile = b"SSH-2.0-\x1b]0;owned\x07\xff\xfe\x9b31m \xe2\x80\xae\r\n".to_vec();
    let page = b"HTTP/1.1 200 \x1b[2J\r\nServer: \x1b[31m\xff\r\nLocation: \x9b\r\n\r\n".to_vec();
    let services = format!(
        "ssh={},ssh={},http={},http={},smtp={},rdp={},tcp/{}",
        listen(vec![Turn::Say(hostile.clone())]),
        listen(vec![Turn::Flood(vec![b'A'; 65_536])]),
        listen(vec![Turn::Hear, Turn::Say(page)]),
        listen(vec![Turn::Flood(
            b"HTTP/1.1 200 OK\r\nA: \x1b\r\n".repeat(999)
        )]),
        listen(vec![Turn::Flood(b"220-\x1b[31m\r\n".repeat(999))]),
        listen(vec![Turn::Say(hostile)]),
        listen(vec![Turn::Flood(b"\x1b\x9b\xff\0".repeat(9999))]),
    );
    let saved = check(&services, &[]);
    assert!(saved.took < Duration::from_secs(40), "{:?}", saved.took);
    assert_valid(&serde_json::from_str(&saved.stdout).unwrap());
    for format in ["json", "text", "markdown", "nagios"] {
        let words = ["report", "-", "--format", format];
        let report = Tool::new(words).stdin(saved.stdout.clone()).run();
        assert_eq!((report.code, report.stderr.as_str()), (saved.code, ""));
        let steers = |it: char| it != '\n' && (it.is_control() || it == '\u{202e}');
        assert!(
            !report.stdout.contains(steers),
            "{format}: {}",
            report.stdout
        );
        assert!(
            report.stdout.len() < 1 << 20,
            "{format}: {}",
            report.stdout.len()
        );
        if format == "json" {
            assert_eq!(report.stdout, saved.stdout);
        }
    }
}

/// The slowest probe decides: nothing is queued behind it, and little comes after it.
#[test]
fn six_services_take_as_long_as_the_slowest() {
    let late = |turns: Vec<Turn>| {
        let wait = Turn::Wait(Duration::from_millis(400));
        listen([vec![wait], turns].concat())
    };
    let services = format!(
        "ssh={},smtp={},http={},ssh={},http={},tcp/{}",
        late(ssh()),
        late(smtp()),
        late(http()),
        late(ssh()),
        late(http()),
        late(vec![]),
    );
    // A machine that is busy with something else may hold up any one run.
    let extra = (0..3).map(|_| {
        let document = check(&services, &[]).document(0);
        let probes = document["run"]["evidence"]["outside"].as_array().unwrap();
        assert_eq!(probes.len(), 6);
        let times = probes
            .iter()
            .map(|it| it["timing"]["total_s"].as_f64().unwrap());
        let slowest = times.fold(0.0, f64::max);
        assert!(slowest > 0.4, "{slowest}");
        document["duration_s"].as_f64().unwrap() - slowest
    });
    let extra: Vec<f64> = extra.collect();
    assert!(extra.iter().any(|it| *it <= 0.1), "{extra:?}");
}

#[test]
fn a_monitoring_line_is_one_line_with_the_exit_code_of_its_plugin() {
    let refusing = Refusing::new();
    let (open, shut) = (listen(ssh()), refusing.port());
    for (service, code, word) in [
        (format!("ssh={open}"), 0, "OK"),
        (format!("ssh={open},tcp/{shut}"), 2, "CRITICAL"),
    ] {
        let words = [
            "check",
            "127.0.0.1",
            "--service",
            &service,
            "--format",
            "nagios",
        ];
        let output = Tool::new(words).run();
        let line = output.said(code);
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert!(line.contains(word) && line.contains(" | "), "{line}");
    }
}

#[test]
fn a_proxy_variable_is_ignored_and_said_to_be() {
    let services = format!("ssh={}", listen(ssh()));
    for (name, value, noted) in [
        ("https_proxy", "http://192.0.2.1:3128", true),
        ("ALL_PROXY", "socks5://192.0.2.1", true),
        ("HTTP_PROXY", "", false),
    ] {
        let words = [
            "check",
            "127.0.0.1",
            "--service",
            &services,
            "--format",
            "json",
        ];
        let document = Tool::new(words).variable(name, value).run().document(0);
        let notes = document["run"]["evidence"]["notes"].as_array().unwrap();
        let said = notes.iter().any(|it| it.as_str().unwrap().contains(name));
        assert_eq!(said, noted, "{notes:?}");
        let words = ["check", "127.0.0.1", "--service", &services];
        let output = Tool::new(words).variable(name, value).run();
        assert_eq!(output.said(0).contains(name), noted, "{}", output.stdout);
    }
}

#[test]
fn controls_are_probed_beside_the_target_and_are_no_flows() {
    let refusing = Refusing::new();
    let open = listen(vec![]);
    let control = format!("127.0.0.1:{open},bücher:80");
    let services = format!("tcp/{}", refusing.port());
    let output = check(&services, &["--control", &control, "--timeout", "1s"]);
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let controls = document["run"]["evidence"]["controls"].as_array().unwrap();
    let asked: Vec<_> = controls
        .iter()
        .map(|it| it["probe"]["port"].as_u64())
        .collect();
    assert_eq!(asked, [Some(u64::from(open))]);
    assert_eq!(document["flows"].as_array().unwrap().len(), 1);
    assert_eq!(
        document["status"], "blocked",
        "a control that answers blames no network"
    );
    assert_valid(&document);
}

/// Asserts that the document is what `reachdx schema` says it is.
pub(crate) fn assert_valid(document: &Value) {
    let schema = Tool::new(["schema"]).run().document(0);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let faults = validator.iter_errors(document).map(|it| it.to_string());
    assert_eq!(faults.collect::<Vec<_>>(), Vec::<String>::new());
}

fn outcomes(document: &Value) -> Vec<&str> {
    let flows = document["flows"].as_array().unwrap();
    let outcome = |flow: &'_ Value| flow["outcome"]["outside"].is_string();
    assert!(flows.iter().all(outcome), "{flows:?}");
    flows
        .iter()
        .map(|flow| flow["outcome"]["outside"].as_str().unwrap())
        .collect()
}
