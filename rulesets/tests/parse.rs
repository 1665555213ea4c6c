//! The vendor's documents: what is read leniently, and what recorded answers hold.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/change.rs"]
mod change;

use rulesets::{Action, Peer, Rule, SecurityGroup, parse_security_group};
use serde_json::{Value, json};

fn read(document: &Value) -> SecurityGroup {
    parse_security_group(&document.to_string(), "sg-1").unwrap()
}

/// One inbound rule: an ordinary one, with these members in place of its own.
fn rule(members: &Value) -> Rule {
    read(&json!({"Ingress": [policy(members)]}))
        .ingress
        .remove(0)
}

fn policy(members: &Value) -> Value {
    let mut policy = json!({"Protocol": "tcp", "Port": "22", "CidrBlock": "10.0.0.0/8",
                            "Action": "ACCEPT"});
    for (name, value) in members.as_object().unwrap() {
        policy[name] = value.clone();
    }
    policy
}

#[test]
fn an_answer_is_read_bare_in_its_envelope_and_as_a_policy_set() {
    let set = json!({"Version": "12", "Ingress": [policy(&json!({}))], "Egress": null});
    let bare = read(&set);
    assert_eq!(bare.id, "sg-1");
    assert_eq!(bare.version.as_deref(), Some("12"));
    assert_eq!((bare.ingress.len(), bare.egress.len()), (1, 0));
    let answer = json!({"SecurityGroupPolicySet": set, "RequestId": "r-1"});
    assert_eq!(read(&answer), bare);
    let envelope = json!({"Response": answer});
    assert_eq!(read(&envelope), bare);
    let marked = format!("\u{feff}{envelope}");
    assert_eq!(parse_security_group(&marked, "sg-1").unwrap(), bare);
}

#[test]
fn a_version_may_be_text_a_number_or_absent() {
    let version = |version| read(&json!({"Version": version, "Ingress": []})).version;
    assert_eq!(version(json!("7")).as_deref(), Some("7"));
    assert_eq!(version(json!(7)).as_deref(), Some("7"));
    assert_eq!(version(json!("")), None);
    assert_eq!(version(Value::Null), None);
}

#[test]
fn rules_stand_in_the_order_of_their_index() {
    let numbered = |index: u64, port: &str| policy(&json!({"PolicyIndex": index, "Port": port}));
    let rules = read(&json!({"Ingress": [numbered(7, "7"), numbered(0, "0"), numbered(2, "2")]}));
    let texts: Vec<_> = rules
        .ingress
        .iter()
        .map(|rule| rule.text.as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "ACCEPT tcp 0 from 10.0.0.0/8",
            "ACCEPT tcp 2 from 10.0.0.0/8",
            "ACCEPT tcp 7 from 10.0.0.0/8"
        ]
    );
}

#[test]
fn letter_case_and_unused_members_do_not_matter() {
    let plain = rule(&json!({}));
    for members in [
        json!({"Action": "accept"}),
        json!({"Action": " Accept ", "Protocol": "TCP"}),
        json!({"Ipv6CidrBlock": "", "SecurityGroupId": null, "ServiceTemplate": null}),
        json!({"AddressTemplate": {"AddressId": "", "AddressGroupId": null}}),
        json!({"ServiceTemplate": {}, "Direction": "INGRESS", "Diff": false, "Priority": 1}),
        json!({"Port": 22}),
        json!({"Port": " 22 "}),
        json!({"CidrBlock": "10.1.2.3/8"}),
    ] {
        let other = rule(&members);
        let same = |rule: &Rule| (rule.action, rule.service.clone(), rule.peer.clone());
        assert_eq!(same(&other), same(&plain), "{members}");
    }
    assert_eq!(rule(&json!({"Action": "Drop"})).action, Action::Drop);
}

#[test]
fn ports_are_one_a_range_a_list_a_mix_or_all() {
    let ports = |protocol: &str, port: Value| {
        rule(&json!({"Protocol": protocol, "Port": port}))
            .service
            .to_string()
    };
    for (port, expected) in [
        (json!("22"), "tcp 22"),
        (json!("8000-8010"), "tcp 8000-8010"),
        (json!("22,80,8000-8010"), "tcp 22,80,8000-8010"),
        (json!("443, 80"), "tcp 80,443"),
        (json!("80,81,75-80"), "tcp 75-81"),
        (json!("0-65535"), "tcp 0-65535"),
        (json!("ALL"), "tcp ALL"),
        (json!("all"), "tcp ALL"),
        (json!(""), "tcp ALL"),
        (Value::Null, "tcp ALL"),
    ] {
        assert_eq!(ports("tcp", port.clone()), expected, "{port}");
    }
    for protocol in ["icmp", "icmpv6", "gre", "ALL"] {
        for port in [json!("ALL"), json!("all"), json!(""), Value::Null] {
            assert_eq!(ports(protocol, port), protocol);
        }
    }
    assert_eq!(ports("UDP", json!("53")), "udp 53");
    assert_eq!(ports("All", json!("ALL")), "ALL");
}

#[test]
fn addresses_are_read_as_the_vendor_reads_them() {
    let peer = |name: &str, text: &str| {
        let mut members = json!({"CidrBlock": null});
        members[name] = json!(text);
        rule(&members).peer
    };
    for (name, text, expected) in [
        ("CidrBlock", "203.0.113.7", "203.0.113.7/32"),
        ("CidrBlock", "192.168.200.11/24", "192.168.200.0/24"),
        ("CidrBlock", "0.0.0.0/0", "0.0.0.0/0"),
        ("CidrBlock", "0.0.0.0/8", "0.0.0.0/0"),
        ("CidrBlock", "0.0.0.0/32", "0.0.0.0/0"),
        ("CidrBlock", "0.0.0.0", "0.0.0.0/0"),
        ("Ipv6CidrBlock", "::/0", "::/0"),
        ("Ipv6CidrBlock", "0::0/0", "::/0"),
        ("Ipv6CidrBlock", "FF05::B5", "ff05::b5/128"),
        ("Ipv6CidrBlock", "FF05:B5::1/60", "ff05:b5::/60"),
    ] {
        assert_eq!(
            peer(name, text),
            Peer::Net(expected.parse().unwrap()),
            "{text}"
        );
    }
    assert_eq!(peer("CidrBlock", "ALL"), Peer::All);
    assert_eq!(peer("CidrBlock", ""), Peer::Unnamed);
    assert_eq!(
        peer("SecurityGroupId", "sg-2"),
        Peer::Group("sg-2".to_owned())
    );
}

#[test]
fn templates_stand_in_for_addresses_and_for_services() {
    let read = rule(&json!({
        "Protocol": null, "Port": null, "CidrBlock": null,
        "ServiceTemplate": {"ServiceId": "ppm-1", "ServiceGroupId": ""},
        "AddressTemplate": {"AddressId": "", "AddressGroupId": "ipmg-1"},
    }));
    assert_eq!(read.peer, Peer::Template("ipmg-1".to_owned()));
    assert_eq!(read.text, "ACCEPT ppm-1 from ipmg-1");
    let all =
        rule(&json!({"Protocol": "ALL", "Port": "ALL", "ServiceTemplate": {"ServiceId": "ppm-1"}}));
    assert_eq!(all.service.to_string(), "ppm-1");
}

#[test]
fn the_text_of_a_rule_keeps_the_users_spelling() {
    let text = |members: Value| rule(&members).text;
    assert_eq!(
        text(
            json!({"Action": "drop", "Protocol": "TCP", "Port": "443,80", "CidrBlock": "10.0.0.2/24"})
        ),
        "drop TCP 443,80 from 10.0.0.2/24"
    );
    let long = (1..200)
        .map(|port| port.to_string())
        .collect::<Vec<_>>()
        .join(",");
    assert!(text(json!({"Port": long})).chars().count() < 130);
    let remark = rule(&json!({"PolicyDescription": "放通\u{1b}[31m"})).description;
    assert_eq!(remark, r"放通\u{1b}[31m");
}

#[test]
fn recorded_answers_of_the_vendor_are_read() {
    let read = |text| {
        let group = parse_security_group(text, "sg-1").unwrap();
        let text = |rules: &[Rule]| {
            rules
                .iter()
                .map(|rule| rule.text.clone())
                .collect::<Vec<_>>()
        };
        (
            group.version.clone(),
            text(&group.ingress),
            text(&group.egress),
        )
    };
    let (version, ingress, egress) = read(include_str!("data/common-ports.json"));
    assert_eq!(version.as_deref(), Some("1"));
    assert_eq!(
        ingress,
        [
            "ACCEPT tcp 3389 from 0.0.0.0/0",
            "ACCEPT tcp 3389 from ::/0",
            "ACCEPT tcp 22 from 0.0.0.0/0",
            "ACCEPT tcp 22 from ::/0",
            "ACCEPT tcp 80,443 from 0.0.0.0/0",
            "ACCEPT tcp 80,443 from ::/0",
            "ACCEPT icmp from 0.0.0.0/0",
            "ACCEPT icmpv6 from ::/0",
            "ACCEPT ALL from 10.0.0.0/8",
            "ACCEPT ALL from 172.16.0.0/12",
            "ACCEPT ALL from 192.168.0.0/16",
        ]
    );
    assert_eq!(egress, ["ACCEPT ALL to 0.0.0.0/0", "ACCEPT ALL to ::/0"]);
    let (version, ingress, egress) = read(include_str!("data/deny-all-inbound.json"));
    assert_eq!(version.as_deref(), Some("1"));
    assert_eq!(ingress, ["DROP ALL from 0.0.0.0/0"]);
    assert!(egress.is_empty());
    let (_, ingress, _) = read(include_str!("data/all-tcp-inbound.json"));
    assert_eq!(ingress, ["ACCEPT tcp ALL from 0.0.0.0/0"]);
    let (version, ingress, egress) = read(include_str!("data/no-rules.json"));
    assert_eq!(
        (version.as_deref(), ingress.len(), egress.len()),
        (Some("0"), 0, 0)
    );
}

#[test]
fn a_saved_group_reads_back_and_a_hostile_one_is_judged_without_panic() {
    let group = parse_security_group(include_str!("data/common-ports.json"), "sg-1").unwrap();
    let saved = serde_json::to_string(&group).unwrap();
    assert_eq!(
        serde_json::from_str::<SecurityGroup>(&saved).unwrap(),
        group
    );
    let hostile = json!({"groups": [{"id": "\u{0}", "version": null, "egress": [], "ingress": [
        {"action": "accept", "service": {"tcp": {"ranges": [{"first": 9, "last": 3}, {"first": 65535, "last": 65535}]}},
         "peer": {"net": "10.1.2.3/8"}, "text": "\u{1b}", "description": ""},
    ]}]});
    let groups: rulesets::SecurityGroups = serde_json::from_value(hostile).unwrap();
    let opened = change::opened(&rulesets::SecurityGroups::default(), &groups);
    assert_eq!(opened.summary, "inbound tcp 65535 from 10.0.0.0/8");
    assert_eq!(opened.flows, 1 << 24);
}
