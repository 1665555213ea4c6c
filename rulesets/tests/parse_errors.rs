//! The exact text of every error the vendor's documents can cause.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::parse_security_group;
use serde_json::{Value, json};

fn policy(members: &Value) -> Value {
    let mut policy = json!({"Protocol": "tcp", "Port": "22", "CidrBlock": "10.0.0.0/8",
                            "Action": "ACCEPT"});
    for (name, value) in members.as_object().unwrap() {
        policy[name] = value.clone();
    }
    policy
}

fn refused(text: &str) -> String {
    parse_security_group(text, "sg-1").unwrap_err().to_string()
}

/// The error for an ordinary rule in fourth place with these members in place of its own.
fn rule_refused(members: &Value) -> String {
    let plain = policy(&json!({}));
    let rules = json!([plain, plain, plain, policy(members)]);
    refused(&json!({"Ingress": [], "Egress": rules}).to_string())
}

#[test]
fn a_rule_that_cannot_be_read_names_the_member_and_the_remedy() {
    for (members, expected) in REFUSED_RULES {
        let members = serde_json::from_str(members).unwrap();
        assert_eq!(rule_refused(&members), *expected);
    }
    let numbered = policy(&json!({"PolicyIndex": 4}));
    assert_eq!(
        refused(&json!({"Ingress": [numbered, numbered]}).to_string()),
        "Ingress[1].PolicyIndex: 4 is taken by another rule; their order cannot be told"
    );
}

#[test]
fn a_document_of_another_kind_is_told_what_was_expected() {
    let expected = "expected the answer of DescribeSecurityGroupPolicies (SecurityGroupPolicySet with \
                    Ingress and Egress), found ";
    for (text, found) in [
        ("{}", "an empty object"),
        ("[]", "a list"),
        ("null", "null"),
        ("12", "a number"),
        ("\"Ingress\"", "text"),
        ("{\"Response\": {}}", "an empty object"),
        ("{\"Response\": {\"SecurityGroupPolicySet\": null}}", "null"),
        (
            include_str!("data/associations.json"),
            "an object of SecurityGroupAssociationStatisticsSet",
        ),
        (
            "{\"Response\": {\"RequestId\": \"r\", \"SecurityGroupSet\": [], \"TotalCount\": 1, \"Y\": 1, \"Z\": 1}}",
            "an object of SecurityGroupSet, TotalCount, Y, ...",
        ),
    ] {
        assert_eq!(refused(text), format!("{expected}{found}"));
    }
    for (text, error) in [
        (
            "{\"Response\": {\"Error\": {\"Code\": \"AuthFailure.SecretIdNotFound\", \"Message\": \"m\"}}}",
            "the API answered with the error `AuthFailure.SecretIdNotFound`, not with rules; ask it again",
        ),
        (
            "{\"Response\": {\"Error\": {\"Code\": 7}}}",
            "the API answered with the error `of no name`, not with rules; ask it again",
        ),
        (
            "{\"Ingress\": {}}",
            "Ingress: expected a list of rules, found an object",
        ),
        (
            "{\"Ingress\": [1]}",
            "Ingress[0]: expected a rule, found a number",
        ),
        (
            "{\"Ingress\": [], \"Version\": []}",
            "SecurityGroupPolicySet.Version: expected text, found a list",
        ),
        ("", "not JSON: EOF while parsing a value at line 1 column 0"),
        (
            "{\n  \"Ingress\": [,]\n}",
            "not JSON: expected value at line 2 column 15",
        ),
    ] {
        assert_eq!(refused(text), error);
    }
}

#[test]
fn hostile_documents_are_refused_at_once() {
    let deep = "[".repeat(100_000);
    assert!(refused(&deep).starts_with("not JSON: recursion limit exceeded at line 1"));
    let large = " ".repeat(17 * 1024 * 1024);
    assert_eq!(
        refused(&large),
        "larger than 16 MiB, which no security group is; give the answer of one group alone"
    );
    let long = format!("{{\"Ingress\":[{}]}}", vec!["0"; 1_000_000].join(","));
    assert_eq!(
        refused(&long),
        "Ingress: more than 10000 rules, which no security group has"
    );
    let ports = (0..1_000_000).map(|port| (port % 65_536).to_string());
    let ports = ports.collect::<Vec<_>>().join(",");
    let document = json!({"Ingress": [policy(&json!({"Port": ports}))]}).to_string();
    let group = parse_security_group(&document, "sg-1").unwrap();
    assert_eq!(group.ingress[0].service.to_string(), "tcp 0-65535");
    let error = rule_refused(&json!({"Port": format!("\u{1b}[31m{}", "x".repeat(1_000_000))}));
    assert!(
        error.starts_with(r"Egress[3].Port: `\u{1b}[31mxxx"),
        "{error}"
    );
    assert!(error.chars().count() < 150, "{error}");
}

/// Members of a rule, and the error they cause.
const REFUSED_RULES: &[(&str, &str)] = &[
    (
        r#"{"Port": "22-x"}"#,
        "Egress[3].Port: `22-x` is not a port, a range, a list or ALL",
    ),
    (
        r#"{"Port": "22,"}"#,
        "Egress[3].Port: `22,` is not a port, a range, a list or ALL",
    ),
    (
        r#"{"Port": "1-2-3"}"#,
        "Egress[3].Port: `1-2-3` is not a port, a range, a list or ALL",
    ),
    (
        r#"{"Port": "+22"}"#,
        "Egress[3].Port: `+22` is not a port, a range, a list or ALL",
    ),
    (
        r#"{"Port": "22,ALL"}"#,
        "Egress[3].Port: `ALL` is not a port, a range, a list or ALL",
    ),
    (
        r#"{"Port": -1}"#,
        "Egress[3].Port: expected text, found a number",
    ),
    (
        r#"{"Port": "90-80"}"#,
        "Egress[3].Port: `90-80` runs backwards; write the lower port first",
    ),
    (
        r#"{"Port": "65536"}"#,
        "Egress[3].Port: `65536` is above 65535, the highest port",
    ),
    (
        r#"{"Port": "1-99999999999"}"#,
        "Egress[3].Port: `1-99999999999` is above 65535, the highest port",
    ),
    (
        r#"{"Protocol": "icmp"}"#,
        "Egress[3].Port: `22` is given with protocol ICMP; only TCP and UDP rules can name ports",
    ),
    (
        r#"{"Protocol": "ALL"}"#,
        "Egress[3].Port: `22` is given with protocol ALL; only TCP and UDP rules can name ports",
    ),
    (
        r#"{"Protocol": "http"}"#,
        "Egress[3].Protocol: `HTTP` is not TCP, UDP, ICMP, ICMPv6, GRE or ALL",
    ),
    (
        r#"{"Protocol": ""}"#,
        "Egress[3].Protocol: missing, and there is no ServiceTemplate in its place",
    ),
    (
        r#"{"Protocol": 6}"#,
        "Egress[3].Protocol: expected text, found a number",
    ),
    (
        r#"{"Action": "allow"}"#,
        "Egress[3].Action: `allow` is not ACCEPT or DROP",
    ),
    (
        r#"{"Action": null}"#,
        "Egress[3].Action: missing; expected ACCEPT or DROP",
    ),
    (
        r#"{"Action": true}"#,
        "Egress[3].Action: expected text, found true or false",
    ),
    (
        r#"{"CidrBlock": "10.0.0.0/33"}"#,
        "Egress[3].CidrBlock: `10.0.0.0/33` is not an IPv4 address or block",
    ),
    (
        r#"{"CidrBlock": "10.0.0.0/+8"}"#,
        "Egress[3].CidrBlock: `10.0.0.0/+8` is not an IPv4 address or block",
    ),
    (
        r#"{"CidrBlock": "10.0.0"}"#,
        "Egress[3].CidrBlock: `10.0.0` is not an IPv4 address or block",
    ),
    (
        r#"{"CidrBlock": "::/0"}"#,
        "Egress[3].CidrBlock: `::/0` is not an IPv4 address or block",
    ),
    (
        r#"{"CidrBlock": null, "Ipv6CidrBlock": "0.0.0.0/0"}"#,
        "Egress[3].Ipv6CidrBlock: `0.0.0.0/0` is not an IPv6 address or block",
    ),
    (
        r#"{"CidrBlock": "MY_PUBLIC_IP"}"#,
        "Egress[3].CidrBlock: MY_PUBLIC_IP stands for an address; write the address itself",
    ),
    (
        r#"{"Ipv6CidrBlock": "::/0"}"#,
        "Egress[3]: names both CidrBlock and Ipv6CidrBlock; a rule has one of them",
    ),
    (
        r#"{"SecurityGroupId": "sg-2"}"#,
        "Egress[3]: names both CidrBlock and SecurityGroupId; a rule has one of them",
    ),
    (
        r#"{"CidrBlock": "", "SecurityGroupId": "sg 2"}"#,
        "Egress[3].SecurityGroupId: `sg 2` is not an id (letters, digits, `-` and `_`)",
    ),
    (
        r#"{"AddressTemplate": "ipm-1"}"#,
        "Egress[3].AddressTemplate: expected an object, found text",
    ),
    (
        r#"{"AddressTemplate": {"AddressId": "'"}}"#,
        "Egress[3].AddressTemplate.AddressId: `'` is not an id (letters, digits, `-` and `_`)",
    ),
    (
        r#"{"AddressTemplate": {"AddressId": "ipm-1", "AddressGroupId": "ipmg-1"}}"#,
        "Egress[3].AddressTemplate: names both AddressId and AddressGroupId; a rule has one of them",
    ),
    (
        r#"{"ServiceTemplate": {"ServiceId": "ppm-1"}}"#,
        "Egress[3]: names both ServiceTemplate and Protocol; a rule has one of them",
    ),
    (
        r#"{"PolicyDescription": []}"#,
        "Egress[3].PolicyDescription: expected text, found a list",
    ),
    (
        r#"{"PolicyIndex": 1}"#,
        "Egress[0].PolicyIndex: missing, while other rules have one; their order cannot be told",
    ),
    (
        r#"{"PolicyIndex": -1}"#,
        "Egress[3].PolicyIndex: `-1` is not a whole number from 0",
    ),
    (
        r#"{"PolicyIndex": "1"}"#,
        "Egress[3].PolicyIndex: `\"1\"` is not a whole number from 0",
    ),
];
