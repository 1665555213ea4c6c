//! `reachdx explain`: the answer, its form for programs, and its exit code.

use crate::tool::Tool;
use expect_test::expect_file;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

#[test]
fn each_kind_of_answer_reads_as_recorded() {
    for (name, question, code) in QUESTIONS {
        let mut story = format!("reachdx explain {question}\n\n");
        story.push_str(ask(question, "text").run().said(*code));
        let document = ask(question, "json").run();
        write!(story, "\n{}", document.said(*code)).unwrap();
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/cli")
            .join(format!("explain_{name}.txt"));
        expect_file![golden].assert_eq(&story);
        contract(name, &document.document(*code), *code);
    }
}

/// The members that programs rely on, and that they agree with the exit code.
fn contract(name: &str, document: &Value, code: i32) {
    let members = document.as_object().unwrap();
    let verdict = match code {
        0 => "allow",
        2 => "deny",
        _ => "unknown",
    };
    assert_eq!(members["verdict"], verdict, "{name}");
    let missing = &members["missing"];
    assert_eq!(missing.is_string(), verdict == "unknown", "{name}");
    assert!(missing.is_string() || missing.is_null(), "{name}");
    let Some(decider) = members["decider"].as_object() else {
        assert!(
            members["decider"].is_null() && verdict == "unknown",
            "{name}"
        );
        return;
    };
    assert_eq!(decider["layer"], "security_group", "{name}");
    assert!(decider["set"].is_string(), "{name}");
    let default = decider["default"].as_bool().unwrap();
    assert_eq!(decider["index"].is_null(), default, "{name}");
    assert_eq!(decider["rule"].is_null(), default, "{name}");
    assert_eq!(decider["index"].is_u64(), !default, "{name}");
    assert_eq!(decider["rule"].is_string(), !default, "{name}");
}

fn ask(question: &str, format: &str) -> Tool {
    let mut words = vec!["explain", "--format", format];
    words.extend(question.split(' '));
    Tool::new(words)
        .file("web.json", WEB)
        .file("template.json", TEMPLATE)
        .file("strict.json", STRICT)
        .file("open.json", OPEN)
}

/// A golden file, the question in it, and the exit code.
const QUESTIONS: &[(&str, &str, i32)] = &[
    (
        "allow",
        "--rules web.json --protocol tcp --source 198.51.100.7 --port 22",
        0,
    ),
    (
        "deny_by_rule",
        "--rules web.json --protocol tcp --source 203.0.113.9 --port 22",
        2,
    ),
    (
        "no_match",
        "--rules web.json --protocol tcp --source 192.0.2.1 --port 22",
        2,
    ),
    (
        "unknown",
        "--rules template.json --protocol tcp --source 192.0.2.1 --port 22",
        3,
    ),
    (
        "trailing_deny",
        "--rules strict.json --rules open.json --protocol tcp --source 192.0.2.1 --port 443",
        2,
    ),
    (
        "ipv6",
        "--rules web.json --protocol tcp --source 2001:db8::7 --port 443",
        0,
    ),
    (
        "icmp",
        "--rules web.json --protocol icmp --source 192.0.2.1",
        0,
    ),
    ("icmpv6", "--rules web.json --protocol icmpv6", 2),
    (
        "outbound",
        "--rules web.json --direction out --protocol tcp --destination 192.0.2.25 --port 25",
        2,
    ),
];

const WEB: &str = r#"{"SecurityGroupPolicySet": {"Version": "4", "Ingress": [
  {"PolicyIndex": 0, "Protocol": "tcp", "Port": "22", "CidrBlock": "203.0.113.0/24", "Action": "DROP",
   "PolicyDescription": "old office"},
  {"PolicyIndex": 1, "Protocol": "tcp", "Port": "22", "CidrBlock": "198.51.100.0/24", "Action": "ACCEPT"},
  {"PolicyIndex": 2, "Protocol": "tcp", "Port": "80,443", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT"},
  {"PolicyIndex": 3, "Protocol": "tcp", "Port": "443", "Ipv6CidrBlock": "::/0", "Action": "ACCEPT"},
  {"PolicyIndex": 4, "Protocol": "icmp", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT"}],
 "Egress": [
  {"PolicyIndex": 0, "Protocol": "tcp", "Port": "25", "CidrBlock": "0.0.0.0/0", "Action": "DROP"},
  {"PolicyIndex": 1, "Protocol": "ALL", "Port": "ALL", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT"}]}}"#;
const TEMPLATE: &str = r#"{"Ingress": [
  {"Protocol": "tcp", "Port": "22", "AddressTemplate": {"AddressId": "ipm-office"}, "Action": "ACCEPT"}],
 "Egress": []}"#;
const STRICT: &str = r#"{"Ingress": [
  {"Protocol": "tcp", "Port": "22", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT"},
  {"Protocol": "ALL", "Port": "ALL", "CidrBlock": "0.0.0.0/0", "Action": "DROP"}], "Egress": []}"#;
const OPEN: &str = r#"{"Ingress": [
  {"Protocol": "tcp", "Port": "443", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT"}], "Egress": []}"#;
