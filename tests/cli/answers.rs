//! What the tool says of itself and of its data.

use crate::tool::Tool;
use expect_test::expect_file;
use std::path::PathBuf;

#[test]
fn help_and_tables_read_as_recorded() {
    for (name, arguments) in RECORDED {
        let output = Tool::new(arguments.iter().copied()).run();
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/cli")
            .join(name);
        expect_file![golden].assert_eq(output.said(0));
    }
}

#[test]
fn help_fits_a_terminal() {
    for (name, arguments) in RECORDED {
        if name.starts_with("help_") {
            let output = Tool::new(arguments.iter().copied()).run();
            let longest = output.said(0).lines().map(|it| it.chars().count()).max();
            assert!(longest <= Some(80), "{name}: {longest:?}");
        }
    }
}

#[test]
fn every_form_of_asking_for_help_succeeds() {
    let whole = Tool::new(["--help"]).run();
    for arguments in [["-h"].as_slice(), &["help"]] {
        assert_eq!(
            Tool::new(arguments.iter().copied()).run().said(0),
            whole.said(0)
        );
    }
    let version = format!("reachdx {}\n", env!("CARGO_PKG_VERSION"));
    for argument in ["--version", "-V"] {
        assert_eq!(Tool::new([argument]).run().said(0), version);
    }
}

#[test]
fn every_cause_has_a_page_of_its_own_name() {
    let all = Tool::new(["cause"]).run();
    let ids: Vec<&str> = all.said(0).lines().collect();
    assert!(ids.len() > 40, "{}", ids.len());
    for id in ids {
        let page = Tool::new(["cause", id]).run();
        assert!(page.said(0).starts_with("# "), "{id}");
        assert!(page.said(0).contains("## Fix"), "{id}");
    }
    let page = Tool::new(["cause", "listener.none"]).run();
    let written = include_str!("../../src/diagnosis/causes/listener/none.md");
    assert_eq!(page.said(0), written);
}

#[test]
fn every_listed_port_is_answered_once() {
    let entries = Tool::new(["ports", "--format", "json"]).run().document(0);
    let entries = entries.as_array().unwrap();
    let mut names: Vec<_> = entries
        .iter()
        .map(|entry| (entry["port"].as_u64(), entry["protocol"].as_str()))
        .collect();
    let listed = names.len();
    names.dedup();
    assert_eq!(names.len(), listed);
    assert!(names.is_sorted_by_key(|(port, _)| *port));
    let blocked = entries.iter().find(|it| it["port"] == 445).unwrap();
    assert!(blocked["blocked"]["since"].is_string(), "{blocked}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let output = std::process::Command::new("sh")
        .args(["-c", "\"$0\" schema | head -c 1; \"$0\" ports | true"])
        .arg(env!("CARGO_BIN_EXE_reachdx"))
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"{");
    assert_eq!(output.stderr, b"");
}

/// Golden files, and the arguments that print them.
const RECORDED: &[(&str, &[&str])] = &[
    ("help_reachdx.txt", &["--help"]),
    ("help_check.txt", &["check", "--help"]),
    ("help_inside.txt", &["inside", "--help"]),
    ("help_explain.txt", &["explain", "--help"]),
    ("help_who.txt", &["who", "--help"]),
    ("help_lint.txt", &["lint", "--help"]),
    ("help_diff.txt", &["diff", "--help"]),
    ("help_export.txt", &["export", "--help"]),
    ("help_clone.txt", &["clone", "--help"]),
    ("help_deletable.txt", &["deletable", "--help"]),
    ("help_ports.txt", &["ports", "--help"]),
    ("help_cause.txt", &["cause", "--help"]),
    ("help_pair.txt", &["pair", "--help"]),
    ("help_report.txt", &["report", "--help"]),
    ("help_schema.txt", &["schema", "--help"]),
    ("ports.txt", &["ports", "22", "tcp/445", "udp/53"]),
    ("ports.json", &["ports", "25", "--format", "json"]),
    ("cause.txt", &["cause"]),
];
