//! Snapshots in every form, out of `inside` and into `check` and `report`.

use crate::tool::{Output, Tool, turn};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const QUICK: [&str; 5] = ["inside", "--service", "tcp/1", "--outbound", "127.0.0.1:1"];

fn inside(arguments: &[&str]) -> Output {
    Tool::new(QUICK.iter().chain(arguments).copied()).run()
}

fn run_file() -> Vec<u8> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/saved_documents");
    fs::read(seeds.join("ok-run-healthy.json")).unwrap()
}

fn report(arguments: &[&str], text: &str) -> Output {
    let head = ["report", "run.json", "--format", "json", "--inside"];
    Tool::new(head.into_iter().chain(arguments.iter().copied()))
        .file("run.json", run_file())
        .file("pasted", text)
        .stdin(text)
        .run()
}

fn reported(output: &Output) -> String {
    assert_eq!(output.stderr, "");
    let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert!(document["run"]["evidence"]["inside"].is_object());
    document["run"]["evidence"]["notes"].to_string()
}

#[test]
fn every_form_is_read_from_a_file_and_from_standard_input() {
    for form in ["json", "block", "code", "auto"] {
        let text = inside(&["--format", form]).said(0).to_owned();
        for name in ["pasted", "-"] {
            reported(&report(&[name], &text));
        }
    }
    let typed = inside(&["--format", "code"]).said(0).to_owned();
    assert_eq!(typed.len(), "code:".len() + 42);
    reported(&report(&[typed.trim()], ""));
    reported(&report(
        &[&typed.trim().to_lowercase().replace('-', " ")],
        "",
    ));
}

#[test]
fn a_picture_fits_its_console_or_says_that_it_does_not() {
    let draw = |columns, lines, locale| {
        Tool::new(QUICK.iter().copied().chain(["--format", "qr"]))
            .variable("COLUMNS", columns)
            .variable("LINES", lines)
            .variable("TERM", "linux")
            .variable("LC_ALL", locale)
            .run()
    };
    for (columns, lines) in [("80", "25"), ("400", "200")] {
        let output = draw(columns, lines, "C.UTF-8");
        let picture = output.said(0);
        assert!(picture.contains('▀') && picture.lines().count() < lines.parse().unwrap());
    }
    let plain = draw("100", "37", "C");
    assert!(plain.said(0).contains("##") && plain.stdout.is_ascii());
    assert_eq!(
        draw("80", "25", "C").refusal(),
        "--format qr: a console of 80 columns and 25 rows is too small for the picture: use --format code"
    );
}

#[test]
fn a_pairing_is_kept_by_every_form_that_carries_one() {
    let pair = Tool::new(["pair"]).run().said(0).trim().to_owned();
    assert_eq!(pair.len(), 9);
    assert_ne!(Tool::new(["pair"]).run().said(0).trim(), pair);
    for form in ["json", "block"] {
        let text = inside(&["--format", form, "--pair", &pair])
            .said(0)
            .to_owned();
        let notes = reported(&report(&["pasted", "--pair", &pair.to_lowercase()], &text));
        assert!(
            notes.contains("the inside snapshot carries the pairing of this run"),
            "{notes}"
        );
        assert!(!reported(&report(&["pasted"], &text)).contains("pairing"));
        assert_eq!(
            report(&["pasted", "--pair", "00000000"], &text).refusal(),
            "inside `pasted`: the snapshot is not sealed with this pairing code, so it is of another run, or changed: take it again with `reachdx inside --pair` and this code"
        );
    }
    assert_eq!(
        report(&["pasted", "--pair", &pair], inside(&[]).said(0)).refusal(),
        "inside `pasted`: the snapshot carries no pairing: take it again with `reachdx inside --pair` and the same code"
    );
    let typed = inside(&["--format", "code"]).said(0).trim().to_owned();
    assert!(
        report(&[&typed, "--pair", &pair], "")
            .refusal()
            .starts_with("--inside: a typed code carries no pairing: ")
    );
    let local = Tool::new(["check", "localhost", "--inside", "local", "--pair", &pair]).run();
    assert!(local.refusal().starts_with("--pair goes with a snapshot"));
}

#[test]
fn what_cannot_be_read_names_its_place_and_the_remedy() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/pasted");
    let cases = [
        (
            "bad-lines",
            "inside `pasted`: lines 1, 3 of the block are missing or damaged: copy the block again, or only the lines that begin with `{0001`, `{0003`",
        ),
        (
            "bad-heading",
            "inside `pasted`: line 0 of the block is missing or damaged: ",
        ),
        (
            "bad-bomb",
            "inside `pasted`: the block unpacks to more than 64 MiB",
        ),
        ("bad-bomb-inside", "inside `pasted`: the block is damaged"),
        (
            "bad-version",
            "inside `pasted`: the block is packed in form 9",
        ),
        ("bad-two", "inside `pasted`: it holds lines of 2 blocks"),
        (
            "bad-empty-block",
            "inside `pasted`: no line of the block is whole: copy it again, from BEGIN to END",
        ),
        (
            "bad-not-a-snapshot",
            "inside `pasted`: not a snapshot of `reachdx inside`",
        ),
        (
            "bad-code-checksum",
            "inside `pasted`: a character of the code is wrong",
        ),
        (
            "bad-picture-symbol",
            "inside `pasted`: the text of the QR picture has `U`",
        ),
    ];
    for (seed, error) in cases {
        let text = fs::read_to_string(seeds.join(seed)).unwrap();
        let output = report(&["pasted"], &text);
        assert!(output.refusal().starts_with(error), "{seed}: {output:?}");
    }
    let typed = |text| report(&[text], "").refusal().to_owned();
    assert_eq!(
        typed("code:ABCDE"),
        "--inside: the code has 5 characters, and a code has 35: look at the screen again"
    );
    let wrong = Tool::new(["inside", "--pair", "7K3M"]).run();
    assert!(
        wrong
            .stderr
            .contains("a pairing code is 8 digits and letters"),
        "{wrong:?}"
    );
}

#[test]
fn a_limit_holds_or_is_refused() {
    let text = inside(&["--format", "block", "--limit", "3000"])
        .said(0)
        .to_owned();
    assert!(text.len() <= 3000);
    reported(&report(&["-"], &text));
    let json = inside(&["--limit", "100"]);
    assert_eq!(
        json.refusal(),
        "--limit: no snapshot fits 100 bytes: use --format code"
    );
    let code = inside(&["--format", "code", "--limit", "20"]);
    assert_eq!(
        code.refusal(),
        "--limit: this form takes 47 bytes, more than 20"
    );
}

#[test]
fn each_channel_has_a_script_that_prints_a_block() {
    let tool = PathBuf::from(env!("CARGO_BIN_EXE_reachdx"));
    for (channel, limit) in [("tat", 24 * 1024), ("aws", 24_000), ("azure", 4096)] {
        let script = inside(&[
            "--script",
            channel,
            "--from",
            "127.0.0.1",
            "--pair",
            "7K3M9QXZ",
        ]);
        let script = script.said(0);
        let shell = |path: &str| {
            let _turn = turn();
            Command::new("/bin/sh")
                .args(["-c", script])
                .env("PATH", path)
                .output()
                .unwrap()
        };
        let done = shell(&format!(
            "{}:/usr/bin:/bin",
            tool.parent().unwrap().display()
        ));
        let text = String::from_utf8(done.stdout).unwrap();
        assert!(
            done.status.success() && text.len() <= limit,
            "{channel}: {text}"
        );
        assert!(text.ends_with("-----END REACHDX SNAPSHOT-----\n"));
        let notes = reported(&report(&["-", "--pair", "7K3M-9QXZ"], &text));
        assert!(notes.contains("pairing of this run"));
    }
    let odd = inside(&["--script", "tat", "--user", "a'b; c"]);
    assert!(odd.said(0).contains(r"--user 'a'\''b; c'"));
}

#[test]
fn the_shell_script_needs_no_program_and_its_output_is_read() {
    let refused = inside(&["--script", "sh"]);
    assert_eq!(refused.code, 3);
    assert!(refused.stderr.contains("--service"), "{}", refused.stderr);
    let script = Tool::new(["inside", "--script", "sh", "--from", "192.0.2.7"]).run();
    let said = Command::new("sh")
        .args(["-c", script.said(0)])
        .output()
        .unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let notes = reported(&report(&["pasted"], &text));
    assert!(notes.contains("taken by the shell script"), "{notes}");
    let cut = text.split_once("=begin resolvers").unwrap().0;
    let notes = reported(&report(&["-"], cut));
    assert!(notes.contains("copy all of it"), "{notes}");
    let paired = report(&["pasted", "--pair", "7K3M-9QXZ"], &text);
    assert!(
        paired.stderr.contains("leave --pair out"),
        "{}",
        paired.stderr
    );
}
