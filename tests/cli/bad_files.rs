//! Files that are not what they should be: each is refused in one line that names it and the place.

use crate::tool::Tool;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

/// How a file comes in, with the words that stand before the name in errors about its content.
const READERS: &[(&[&str], &str)] = &[
    (
        &["explain", "--protocol", "tcp", "--port", "22", "--rules"],
        "rules",
    ),
    (
        &["check", "127.0.0.1", "--service", "ssh", "--rules"],
        "rules",
    ),
    (
        &["check", "127.0.0.1", "--service", "ssh", "--inside"],
        "inside",
    ),
    (&["report"], "run"),
];

#[test]
fn rules_that_cannot_be_read_name_the_member() {
    for (text, expected) in BAD_RULES {
        let output = Tool::new(READERS[0].0.iter().copied())
            .argument("sg-1.json")
            .file("sg-1.json", text)
            .run();
        assert_eq!(output.refusal(), format!("rules `sg-1.json`: {expected}"));
    }
}

#[test]
fn bulk_and_nesting_are_refused_at_once_everywhere() {
    let mut object = "{\"a\":".repeat(2_000_000);
    object.push('1');
    let texts = [
        "x".repeat(10_000_000),
        "[".repeat(10_000_000),
        "[".repeat(5000) + &"]".repeat(5000),
        object,
        format!("\"{}\"", "\u{1b}[31m\u{202e}".repeat(1_000_000)),
    ];
    for (arguments, kind) in READERS {
        for text in &texts {
            let output = Tool::new(arguments.iter().copied())
                .argument("file")
                .file("file", text)
                .run();
            let named = format!("{kind} `file`: ");
            assert!(output.refusal().starts_with(&named), "{output:?}");
        }
    }
}

#[test]
fn text_that_is_no_text_is_told_apart_from_text_of_another_kind() {
    for (arguments, _) in READERS {
        for (bytes, expected) in [
            (
                b"\xff\xfe{\0}\0".as_slice(),
                "`file` is not UTF-8 text: byte 0; save it as UTF-8",
            ),
            (
                b"{\"a\": \"\xe4\"}",
                "`file` is not UTF-8 text: byte 7; save it as UTF-8",
            ),
            (b"", "`file` is empty: write it again"),
            (b" \n\n", "`file` is empty: write it again"),
        ] {
            let output = Tool::new(arguments.iter().copied())
                .argument("file")
                .file("file", bytes)
                .run();
            assert_eq!(output.refusal(), expected, "{arguments:?}");
        }
    }
}

#[test]
fn what_cannot_be_opened_or_read_is_named_with_the_reason() {
    for (arguments, _) in READERS {
        let target = tempfile::tempdir().unwrap();
        let dangling = target.path().join("dangling");
        symlink("nowhere", &dangling).unwrap();
        let dangling = dangling.to_str().unwrap();
        for (name, expected) in [
            (
                "missing",
                "cannot open `missing`: No such file or directory (os error 2)".to_owned(),
            ),
            (
                "file/below",
                "cannot open `file/below`: Not a directory (os error 20)".to_owned(),
            ),
            (
                "directory",
                "cannot read `directory`: it is a directory".to_owned(),
            ),
            (
                dangling,
                format!("cannot open `{dangling}`: No such file or directory (os error 2)"),
            ),
            // Its first page is never mapped: reading fails, even for root.
            (
                "/proc/self/mem",
                "cannot read `/proc/self/mem`: Input/output error (os error 5)".to_owned(),
            ),
            (
                "/dev/zero",
                "`/dev/zero` is larger than 64 MiB, which no such file is".to_owned(),
            ),
        ] {
            let output = Tool::new(arguments.iter().copied())
                .argument(name)
                .file("file", "{}")
                .subdirectory("directory")
                .run();
            assert_eq!(output.refusal(), expected, "{arguments:?}");
        }
    }
}

#[test]
fn a_name_that_would_steer_the_terminal_is_escaped() {
    for (arguments, kind) in READERS {
        for (name, shown) in [
            (
                b"a\x1b[31m\nerror: b\r.json".as_slice(),
                r"a\x1b[31m\nerror: b\r.json",
            ),
            ("\u{202e}nosj.1-gs".as_bytes(), r"\u{202e}nosj.1-gs"),
            (b"\xff\x9b", r"\xff\x9b"),
            ("安全组.json".as_bytes(), "安全组.json"),
        ] {
            let name = OsStr::from_bytes(name);
            let unread = Tool::new(arguments.iter().copied())
                .argument(name)
                .file(name, "{")
                .run();
            let named = format!("{kind} `{shown}`: ");
            // `--inside` takes words as well as files, and words are text.
            if name.to_str().is_none() && *kind == "inside" {
                assert_eq!(unread.code, 3);
                assert!(
                    unread.stderr.starts_with("error: invalid UTF-8"),
                    "{unread:?}"
                );
                continue;
            }
            assert!(unread.refusal().starts_with(&named), "{unread:?}");
            let missing = Tool::new(arguments.iter().copied()).argument(name).run();
            let named = format!("cannot open `{shown}`: ");
            assert!(missing.refusal().starts_with(&named), "{missing:?}");
        }
        let long = "d/".repeat(1000);
        let output = Tool::new(arguments.iter().copied()).argument(long).run();
        assert!(
            output.refusal().starts_with("cannot open `d/d/"),
            "{output:?}"
        );
    }
}

#[test]
fn two_groups_of_one_name_are_not_told_apart_by_their_directories() {
    let output = Tool::new(READERS[0].0.iter().copied())
        .argument("sg-1.json")
        .argument("--rules")
        .argument("below/sg-1.txt")
        .subdirectory("below")
        .file("sg-1.json", "{\"Ingress\": []}")
        .file("below/sg-1.txt", "{\"Ingress\": []}")
        .run();
    assert_eq!(
        output.refusal(),
        "two rule files name a group `sg-1`: give each group once, under its own file name"
    );
}

#[test]
fn a_document_of_another_kind_is_told_where_it_belongs() {
    let snapshot = include_str!("../../fuzz/seeds/saved_documents/ok-snapshot.json");
    let rules = "{\"Ingress\": []}";
    let cut = &snapshot[..snapshot.len() / 2];
    let damaged = snapshot.replacen("\"root\": ", "\"route\": ", 1);
    let version = "{\"reachdx_inside\": 99}";
    for (arguments, text, expected) in [
        (
            READERS[2].0,
            rules,
            "inside `file`: not a snapshot of `reachdx inside`: it has no field",
        ),
        (
            READERS[2].0,
            cut,
            "inside `file`: not the JSON of `reachdx inside`, or cut short: EOF while",
        ),
        (
            READERS[2].0,
            &damaged,
            "inside `file`: a damaged snapshot of `reachdx inside`: missing field",
        ),
        (
            READERS[2].0,
            version,
            "inside `file`: a snapshot of form 99, and this version reads form 1",
        ),
        (
            READERS[3].0,
            rules,
            "run `file`: found JSON of another kind; expected a document that",
        ),
        (
            READERS[3].0,
            snapshot,
            "run `file`: found an inside snapshot, which goes with `--inside`",
        ),
        (
            READERS[3].0,
            "[1]",
            "run `file`: found a list; expected a document that",
        ),
        (
            READERS[0].0,
            snapshot,
            "rules `file`: found an inside snapshot, which goes with `reachdx check --inside`",
        ),
    ] {
        let output = Tool::new(arguments.iter().copied())
            .argument("file")
            .file("file", text)
            .run();
        assert!(output.refusal().starts_with(expected), "{output:?}");
    }
}

#[test]
fn standard_input_is_held_to_the_same() {
    for (arguments, kind) in &READERS[2..] {
        for (bytes, expected) in [
            (
                b"".as_slice(),
                "`standard input` is empty: write it again".to_owned(),
            ),
            (
                b"\xff",
                "`standard input` is not UTF-8 text: byte 0; save it as UTF-8".to_owned(),
            ),
            (b"{", format!("{kind} `-`: not ")),
        ] {
            let output = Tool::new(arguments.iter().copied())
                .argument("-")
                .stdin(bytes)
                .run();
            assert!(output.refusal().starts_with(&expected), "{output:?}");
        }
    }
}

/// Rules, and what is said of them.
const BAD_RULES: &[(&str, &str)] = &[
    (
        "{\"Ingress\": [{\"Action\"",
        "not JSON: EOF while parsing an object at line 1 column 22; save the whole answer of the API",
    ),
    (
        "usage: tccli vpc ...",
        "expected JSON, a Terraform configuration with security-group rules, or lines such as \
         ACCEPT#10.0.0.0/8#22#TCP, found `usage: tccli vpc ...`; also read: rules as aws, az, gcloud \
         and aliyun print them, iptables-save, nft list ruleset",
    ),
    (
        r#"{"Ingress": "ALL"}"#,
        "Ingress: expected a list of rules, found text",
    ),
    (
        r#"{"Ingress": [{"Action": 1, "Protocol": "tcp", "Port": "22", "CidrBlock": "0.0.0.0/0"}]}"#,
        "Ingress[0].Action: expected text, found a number",
    ),
    (
        r#"{"Ingress": [{"Action": "PERMIT", "Protocol": "tcp", "Port": "22", "CidrBlock": "0.0.0.0/0"}]}"#,
        "Ingress[0].Action: `PERMIT` is not ACCEPT or DROP",
    ),
    (
        r#"{"Ingress": [{"Action": "ACCEPT", "Protocol": "tcp", "Port": "99999", "CidrBlock": "0.0.0.0/0"}]}"#,
        "Ingress[0].Port: `99999` is above 65535, the highest port",
    ),
    (
        r#"{"Ingress": [], "Egress": [{"Action": "ACCEPT", "Protocol": "tcp", "Port": "22", "CidrBlock": "10.0.0.0/40"}]}"#,
        "Egress[0].CidrBlock: `10.0.0.0/40` is not an IPv4 address or block",
    ),
    (
        r#"{"Response": {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}, "RequestId": "r"}}"#,
        "the API answered with the error `UnauthorizedOperation`, not with rules; ask it again",
    ),
];
