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

#[test]
fn an_accept_behind_a_translation_matches_what_the_packet_is_by_then() {
    let rules = "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -p tcp --dport 25 -j REDIRECT --to-ports 8080\n\
                 COMMIT\n*filter\n:INPUT ACCEPT\n-A INPUT -p tcp --dport 8080 -j DROP\nCOMMIT\n";
    let question = "explain --rules nat.rules --protocol tcp --port 25 --source 198.51.100.7 \
                    --host-address 192.0.2.2/24 --destination 192.0.2.2 --fix --format json";
    let document = asked(question).file("nat.rules", rules).run().document(2);
    let fix = &document["fixes"][0];
    assert_eq!(
        fix["command"],
        "iptables -I INPUT 1 -s 198.51.100.7 -d 192.0.2.2 -p tcp --dport 8080 -j ACCEPT"
    );
    assert_eq!(
        fix["undo"],
        "iptables -D INPUT -s 198.51.100.7 -d 192.0.2.2 -p tcp --dport 8080 -j ACCEPT"
    );
    let summary = fix["summary"].as_str().unwrap();
    assert!(
        summary.ends_with("-j DROP`, as they are after `REDIRECT --to-ports 8080`"),
        "{summary}"
    );
    assert_eq!(fix["suffices"], true);
    assert_eq!(
        fix["besides"][1]["port"], "8080",
        "the rule lets packets in that come to its port directly: {fix}"
    );
}

#[test]
fn no_accept_is_offered_where_a_translation_is_in_doubt() {
    let rules = "*nat\n:PREROUTING ACCEPT\n-A PREROUTING -d 192.0.2.9 -p tcp --dport 25 -j REDIRECT \
                 --to-ports 8080\nCOMMIT\n*filter\n:INPUT DROP\nCOMMIT\n";
    let question = "explain --rules nat.rules --protocol tcp --port 25 --source 198.51.100.7 --fix \
                    --format json";
    let document = asked(question).file("nat.rules", rules).run().document(2);
    assert_eq!(document["fixes"], json!([]));
    assert_eq!(
        document["not_offered"][0]["reason"],
        "whether the packet is translated before it gets there is not known: say more of it, and of the \
         host with --host-address"
    );
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
