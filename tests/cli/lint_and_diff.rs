//! What lists of rules are told of themselves and of each other: contending rules with a packet that
//! shows it, exceptions that are none of that, and changes that only may matter.

use crate::rules::ask;
use serde_json::Value;

#[test]
fn a_change_that_only_may_open_something_says_perhaps() {
    let list = |rule: &str| {
        format!(
            "table inet t {{\n chain c {{\n  type filter hook input priority 0; policy drop;\n{rule} }}\n}}\n"
        )
    };
    let limited = list("  tcp dport 443 limit rate 3/minute accept\n");
    let question = |format: &str| {
        ask(&format!("diff closed.nft limited.nft --format {format}"))
            .file("closed.nft", list(""))
            .file("limited.nft", limited.clone())
            .run()
    };
    let text = question("text");
    let lines: Vec<&str> = text.said(1).lines().collect();
    let opened = "perhaps opened, inbound: tcp 443 from ";
    assert!(lines[0].starts_with(opened), "{lines:?}");
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with(' ') || line.starts_with("perhaps ")),
        "{lines:?}"
    );
    assert!(
        text.stdout.contains("limit rate 3/minute accept"),
        "{text:?}"
    );
    let parts = question("json").document(1);
    let lines = parts.as_array().unwrap().iter();
    let opened: Vec<&Value> = lines
        .flat_map(|part| part["opened"].as_array().unwrap())
        .collect();
    assert!(
        !opened.is_empty() && opened.iter().all(|line| line["certain"] == false),
        "{opened:?}"
    );
}

#[test]
fn a_packet_that_two_rules_contend_for_stands_in_the_log() {
    let log = ask("lint --rules late.iptables-save --format sarif")
        .file("late.iptables-save", list(&[WEB, BAN, FTP]))
        .run()
        .document(0);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let [conflict] = results.as_slice() else {
        panic!("{results:?}");
    };
    assert_eq!(conflict["ruleId"], "conflict");
    assert_eq!(conflict["level"], "note");
    let text = conflict["message"]["text"].as_str().unwrap();
    assert!(
        text.starts_with("`ip filter` chain `INPUT` rule 1 "),
        "{text}"
    );
    assert!(
        text.ends_with("; for example tcp 443 from 198.51.100.7"),
        "{text}"
    );
    let other = &conflict["relatedLocations"][0]["message"]["text"];
    assert!(other.as_str().unwrap().contains(WEB), "{other}");
}

#[test]
fn exceptions_above_what_they_are_exceptions_to_are_no_faults() {
    let narrow = "-A INPUT -s 198.51.100.7/32 -p tcp -m tcp --dport 443 -j DROP";
    let refused =
        "-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 443 -j REJECT --reject-with tcp-reset";
    for rules in [&[narrow, WEB][..], &[BAN, WEB, FTP], &[BAN, refused, WEB]] {
        let output = ask("lint --rules exceptions.iptables-save")
            .file("exceptions.iptables-save", list(rules))
            .run();
        assert_eq!(output.said(0), "no faults found\n", "{rules:?}");
    }
}

#[test]
fn the_network_of_an_azure_group_settles_who_is_a_stranger() {
    let question = "explain --rules network-security-group.json --protocol tcp --port 22 --source 198.51.100.7";
    let open = ask(question).run();
    let asks =
        "\nmissing: the addresses behind the tag `VirtualNetwork`: run `az network vnet show ";
    assert!(open.said(3).contains(asks), "{open:?}");
    let network = |subnet: &str| {
        let network = format!(
            r#"{{"id": "/v", "addressSpace": {{"addressPrefixes": ["10.0.0.0/16"]}},
               "virtualNetworkPeerings": [], "subnets": [{{"name": "default"{subnet}}}]}}"#
        );
        ask(&format!("{question} --rules vnet.json"))
            .file("vnet.json", network)
            .run()
    };
    let denied = network("");
    assert!(
        denied
            .said(2)
            .starts_with("deny: `testNsg` rule 4 `65500 DenyAllInBound "),
        "{denied:?}"
    );
    let routed = network(r#", "routeTable": {"id": "/r"}"#);
    assert!(
        !routed.said(3).contains("az network vnet show"),
        "{routed:?}"
    );
}

/// An iptables chain that drops the rest.
fn list(rules: &[&str]) -> String {
    let rules = rules.join("\n");
    format!(
        "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n"
    )
}

const WEB: &str = "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT";
const FTP: &str = "-A INPUT -p tcp -m tcp --dport 2121 -j ACCEPT";
const BAN: &str = "-A INPUT -s 198.51.100.7/32 -j DROP";
