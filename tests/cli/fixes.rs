//! `explain --fix`: the changes offered for each maker of rules, with what they open and the room for
//! them.

use crate::rules::{SSH, ask};
use crate::tool::Tool;
use expect_test::expect_file;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

#[test]
fn each_offer_reads_as_recorded() {
    for (name, rules, code) in RECORDED {
        let mut story = String::new();
        for format in ["text", "json"] {
            let question = format!("explain {rules} --fix --format {format}");
            let output = asked(&question).run();
            write!(story, "$ reachdx {question}\n{}\n", output.said(*code)).unwrap();
        }
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/cli")
            .join(format!("fix_{name}.txt"));
        expect_file![golden].assert_eq(&story);
    }
}

#[test]
fn a_flow_and_its_answers_are_one_offer_with_two_parts() {
    let question = format!("explain --rules aws_acl_web.json {SSH} --fix --format json");
    let document = asked(&question).run().document(2);
    let fixes = document["fixes"].as_array().unwrap();
    let parts = fixes[0]["parts"].as_array().unwrap();
    let directions: Vec<_> = parts.iter().map(|part| &part["direction"]).collect();
    assert_eq!(directions, ["inbound", "outbound"]);
    assert_eq!(fixes[0]["suffices"], true);
    assert!(
        fixes.iter().all(|fix| fix["parts"][1].is_object()),
        "{fixes:?}"
    );
    let rooms: Vec<_> = fixes[0]["room"].as_array().unwrap().iter().collect();
    let counts = |room: &Value| {
        (
            room["used"].clone(),
            room["most"].clone(),
            room["left"].clone(),
        )
    };
    let expected = (json!(2), json!(20), json!(18));
    assert_eq!(
        rooms.iter().map(|room| counts(room)).collect::<Vec<_>>(),
        [expected.clone(), expected]
    );
}

#[test]
fn where_the_answers_pass_the_flow_needs_one_change() {
    let question = "explain --rules aws_acl_web.json --protocol tcp --port 22 --source 203.0.113.7 \
                    --fix --format json";
    let document = asked(question).run().document(2);
    let fixes = document["fixes"].as_array().unwrap();
    assert!(fixes.iter().all(|fix| fix["parts"].is_null()), "{fixes:?}");
    assert_eq!(fixes[0]["suffices"], true);
}

#[test]
fn where_only_the_answers_are_stopped_they_are_fixed_alone() {
    let question = "explain --rules aws_acl_web.json --protocol tcp --port 443 --source 198.51.100.7 \
                    --fix --format json";
    let document = asked(question).run().document(0);
    let fixes = document["fixes"].as_array().unwrap();
    let summary = fixes[0]["summary"].as_str().unwrap();
    assert!(summary.starts_with("for the answers, "), "{summary}");
    assert_eq!(fixes[0]["suffices"], true);
}

#[test]
fn a_rule_is_not_offered_where_the_list_is_full() {
    let question = format!("explain --rules full.json {SSH} --fix --format json");
    let document = asked(&question).run().document(2);
    let kinds = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|it| it["summary"].as_str().unwrap()[..5].to_owned())
            .collect()
    };
    assert_eq!(kinds(&document["fixes"]), ["widen"]);
    assert_eq!(kinds(&document["not_offered"]), ["add a"]);
    assert_eq!(document["not_offered"][0]["room"][0]["left"], 0);
    assert_eq!(document["not_offered"][0]["room"][1]["left"], 4);
}

fn asked(question: &str) -> Tool {
    ask(question).file("full.json", full_group())
}

/// As many rules as a group holds, one of which lacks nothing but the source.
fn full_group() -> String {
    let rule = |port: u32| {
        json!({"Protocol": "tcp", "Port": port.to_string(), "CidrBlock": "198.51.100.64/26",
               "Action": "ACCEPT"})
    };
    let rules: Vec<_> = (22..122).map(rule).collect();
    json!({"Ingress": rules, "Egress": []}).to_string()
}

/// Golden files, the question in text and JSON, and its exit code.
const RECORDED: &[(&str, &str, i32)] = &[
    (
        "tencent",
        "--rules web.json --protocol tcp --port 80 --source 198.51.100.7",
        2,
    ),
    (
        "full",
        "--rules full.json --protocol tcp --port 22 --source 198.51.100.7",
        2,
    ),
    (
        "aws_acl",
        "--rules aws_sg.json --acl aws_acl_web.json --protocol tcp --port 22 --source 198.51.100.7",
        2,
    ),
    (
        "nft",
        "--rules host.nft --protocol tcp --port 22 --source 198.51.100.7",
        2,
    ),
    (
        "iptables",
        "--rules host.iptables-save --interface eth0 --protocol tcp --port 22 --source 198.51.100.7",
        2,
    ),
];
