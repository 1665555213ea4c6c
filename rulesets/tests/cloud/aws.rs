use crate::render::{document, refusal, rules, steps};
use rulesets::{CloudFormat, Direction, Document, Layer, LayerKind};
use serde_json::json;

const GROUPS: &str = include_str!("../data/aws/describe-security-groups.json");
const RULES: &str = include_str!("../data/aws/describe-security-group-rules.json");
const ACLS: &str = include_str!("../data/aws/describe-network-acls.json");
const INTERFACES: &str = include_str!("../data/aws/describe-network-interfaces.json");
const INSTANCES: &str = include_str!("../data/aws/describe-instances.json");
const ENTRIES: &str = include_str!("../data/aws/get-managed-prefix-list-entries.json");
const WEB: &str = "sg-fbc2e3dfa3beba84a";
const DB: &str = "sg-876c23084fbeef2b6";

pub(crate) fn aws(text: &str) -> Document {
    document(CloudFormat::Aws, text)
}

fn layer(document: &Document, id: &str) -> Layer {
    document.layer(&[id], None).unwrap()
}

/// A group whose only permission is this one.
fn permission(permission: &serde_json::Value) -> Vec<String> {
    let text = json!({"SecurityGroups": [{
        "GroupId": "sg-1", "GroupName": "g", "OwnerId": "111111111111",
        "IpPermissions": [permission], "IpPermissionsEgress": [],
    }]});
    steps(&layer(&aws(&text.to_string()), "sg-1"), Direction::Inbound)
}

fn permission_refusal(permission: &serde_json::Value) -> String {
    let text = json!({"SecurityGroups": [{
        "GroupId": "sg-1", "IpPermissions": [permission], "IpPermissionsEgress": [],
    }]});
    refusal(&text.to_string())
}

#[test]
fn each_source_of_a_permission_is_a_rule() {
    let groups = aws(GROUPS);
    assert_eq!(groups.lists.len(), 4);
    assert_eq!(groups.list(WEB).unwrap().name, "web");
    assert!(groups.list("sg-f52bd07212356288c").unwrap().is_default);
    let web = layer(&groups, WEB);
    assert_eq!((web.kind, web.stateful), (LayerKind::SecurityGroup, true));
    assert_eq!(
        rules(&web, Direction::Inbound),
        [
            "0 allow tcp 443 from 0.0.0.0/0",
            "1 allow tcp 443 from ::/0",
            "2 allow tcp 22 from pl-e9fe747313f42b202",
            "3 allow icmp type 8 from 10.0.0.0/8",
        ]
    );
    assert_eq!(
        steps(&web, Direction::Inbound),
        [
            "protocol 6; dport 443; family 2; accept",
            "protocol 6; dport 443; family 10; accept",
            "protocol 6; dport 22; (from4 in pl-e9fe747313f42b202 | from6 in pl-e9fe747313f42b202 (IPv6)); accept",
            "protocol 1; type4 8; from4 10.0.0.0-10.255.255.255; accept",
        ]
    );
    assert_eq!(steps(&web, Direction::Outbound), ["family 2; accept"]);
}

#[test]
fn rules_one_by_one_mean_what_the_groups_mean() {
    let (whole, single) = (aws(GROUPS), aws(RULES));
    for id in [WEB, DB] {
        for direction in [Direction::Inbound, Direction::Outbound] {
            let mut whole = steps(&layer(&whole, id), direction);
            let mut single = steps(&layer(&single, id), direction);
            whole.sort();
            single.sort();
            assert_eq!(whole, single, "{id} {direction}");
        }
    }
    let texts = rules(&layer(&single, DB), Direction::Inbound);
    assert_eq!(
        texts[0],
        format!("0 sgr-999e33c2b9ef99d2b allow tcp 3306 from {WEB}")
    );
}

#[test]
fn protocols_ports_and_icmp_numbers_mean_what_the_vendor_says() {
    let all = json!([{"CidrIp": "10.0.0.1"}]);
    for (given, expected) in [
        (
            json!({"IpProtocol": "-1", "IpRanges": all}),
            "from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": all}),
            "protocol 6; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "6", "FromPort": 1, "ToPort": 2, "IpRanges": all}),
            "protocol 6; dport 1-2; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": all}),
            "protocol 17; dport 53; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": all}),
            "protocol 1; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": 3, "ToPort": 4, "IpRanges": all}),
            "protocol 1; type4 3; code4 4; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "icmpv6", "IpRanges": all}),
            "protocol 58; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "58", "FromPort": 128, "ToPort": -1, "IpRanges": all}),
            "protocol 58; type6 128; from4 10.0.0.1; accept",
        ),
        (
            json!({"IpProtocol": "50", "FromPort": 9, "ToPort": 3, "IpRanges": all}),
            "protocol 50; from4 10.0.0.1; accept",
        ),
    ] {
        assert_eq!(permission(&given), [expected], "{given}");
    }
}

#[test]
fn a_group_of_another_account_is_not_one_of_our_own() {
    let pair = |user: &str| {
        permission(
            &json!({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-9", "UserId": user}]}),
        )
    };
    assert_eq!(
        pair("111111111111"),
        ["(from4 in sg-9 | from6 in sg-9 (IPv6)); accept"]
    );
    assert_eq!(
        pair("222222222222"),
        ["(from4 in 222222222222/sg-9 | from6 in 222222222222/sg-9 (IPv6)); accept"]
    );
}

#[test]
fn entries_of_an_acl_are_read_by_number_whatever_their_order() {
    let acls = aws(ACLS);
    let acl = acls.list("acl-24cc03bfd623fc878").unwrap();
    assert!(acl.is_default);
    assert_eq!(acl.attached, ["subnet-c18ee1a55500a5f35"]);
    assert_eq!(
        (acl.layer.kind, acl.layer.stateful),
        (LayerKind::NetworkAcl, false)
    );
    assert_eq!(
        rules(&acl.layer, Direction::Inbound),
        [
            "0 50 deny tcp 22 from 192.0.2.0/24",
            "1 100 allow all from 0.0.0.0/0",
            "2 * deny all from 0.0.0.0/0",
        ]
    );
    assert_eq!(
        steps(&acl.layer, Direction::Outbound),
        [
            "protocol 6; dport 1024-65535; family 2; drop",
            "family 2; accept",
            "family 2; drop",
        ]
    );
}

#[test]
fn an_acl_keeps_icmp_types_apart_from_ports() {
    let entry = |protocol: &str, extra: &serde_json::Value| {
        let mut entry = json!({"Egress": false, "Protocol": protocol, "RuleAction": "allow",
                               "RuleNumber": 1, "Ipv6CidrBlock": "::/0"});
        entry
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let text = json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [entry]}]});
        steps(&layer(&aws(&text.to_string()), "acl-1"), Direction::Inbound)
    };
    let icmp = json!({"IcmpTypeCode": {"Type": 128, "Code": -1}});
    assert_eq!(
        entry("58", &icmp),
        ["protocol 58; type6 128; family 10; accept"]
    );
    assert_eq!(entry("17", &json!({})), ["protocol 17; family 10; accept"]);
    assert_eq!(entry("-1", &json!({})), ["family 10; accept"]);
}

#[test]
fn interfaces_are_the_members_of_their_groups() {
    let mut all = aws(GROUPS);
    all.extend(aws(INTERFACES));
    let db = layer(&all, DB);
    let sets: Vec<(&str, usize)> = db
        .sets
        .iter()
        .map(|set| (&*set.name, set.elements.len()))
        .collect();
    assert_eq!(
        sets,
        [
            (DB, 1),
            (&*format!("{DB} (IPv6)"), 0),
            (WEB, 1),
            (&*format!("{WEB} (IPv6)"), 0)
        ]
    );
    assert!(db.sets.iter().all(|set| !set.incomplete));
    let found = all.instance("i-3828324b081d34468").unwrap();
    assert_eq!(found.id, "eni-4ea42de850929ec32");
    assert_eq!(found.lists, [WEB, DB]);
    assert_eq!(all.instance("10.0.1.4").unwrap(), found);
}

#[test]
fn instances_alone_leave_a_group_incomplete() {
    let mut all = aws(GROUPS);
    all.extend(aws(INSTANCES));
    assert!(layer(&all, DB).sets.iter().all(|set| set.incomplete));
    assert!(
        all.remarks
            .iter()
            .any(|line| line.contains("describe-network-interfaces"))
    );
    all.extend(aws(INTERFACES));
    assert!(layer(&all, DB).sets.iter().all(|set| !set.incomplete));
    assert_eq!(all.instances.len(), 1, "{:?}", all.instances);
}

#[test]
fn entries_of_a_prefix_list_need_the_name_of_the_list() {
    assert_eq!(
        refusal(ENTRIES),
        "PrefixListId: missing: the entries do not say whose they are; add the id of their list as \
         \"PrefixListId\" beside \"Entries\""
    );
    let named = ENTRIES.replacen('{', r#"{"PrefixListId": "pl-e9fe747313f42b202", "#, 1);
    let mut all = aws(GROUPS);
    all.extend(aws(&named));
    let sets = layer(&all, WEB).sets;
    assert_eq!(sets[0].name, "pl-e9fe747313f42b202");
    assert_eq!(sets[0].elements.len(), 2);
}

#[test]
fn what_is_missing_names_the_command_that_tells_it() {
    let web = layer(&aws(GROUPS), WEB);
    let said = format!("{web:?}");
    assert!(said.contains(
        "aws ec2 get-managed-prefix-list-entries --prefix-list-id pl-e9fe747313f42b202 --query"
    ));
    let db = format!("{:?}", layer(&aws(GROUPS), DB));
    assert!(db.contains("run `aws ec2 describe-network-interfaces --output json`"));
}

#[test]
fn a_page_of_rules_leaves_the_group_open() {
    let page = RULES.trim_end().trim_end_matches('}').to_owned() + r#", "NextToken": "x"}"#;
    let document = aws(&page);
    let db = layer(&document, DB);
    assert_eq!(
        steps(&db, Direction::Inbound).last().unwrap(),
        "opaque rules on another page of the answer"
    );
}

#[test]
fn a_member_that_cannot_be_read_is_named() {
    let range = json!([{"CidrIp": "10.0.0.0/8"}]);
    for (given, expected) in [
        (
            json!({"IpRanges": range}),
            "IpProtocol: missing; expected a protocol such as tcp, or -1 for all, give the vendor's answer unabridged",
        ),
        (
            json!({"IpProtocol": "xyz", "IpRanges": range}),
            "IpProtocol: `xyz` is not a protocol: tcp, udp, icmp, icmpv6, a number up to 255, or -1 for all",
        ),
        (
            json!({"IpProtocol": 6, "IpRanges": range}),
            "IpProtocol: expected text, found a number",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": "x", "ToPort": 1}),
            "FromPort: `x` is not a whole number",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": 1}),
            "FromPort: missing; expected both ends of a range of ports, give the vendor's answer unabridged",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": 2, "ToPort": 1}),
            "ToPort: `2-1` runs backwards; write the lower end first",
        ),
        (
            json!({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65536}),
            "ToPort: `65536` is not a port from 0 to 65535",
        ),
        (
            json!({"IpProtocol": "icmp", "FromPort": 256, "ToPort": -1}),
            "FromPort: `256` is not an ICMP number from 0 to 255, or -1 for any",
        ),
        (
            json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/33"}]}),
            "IpRanges[0].CidrIp: `10.0.0.0/33` is not an IPv4 block such as 10.0.0.0/8",
        ),
        (
            json!({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "10.0.0.0/8"}]}),
            "Ipv6Ranges[0].CidrIpv6: `10.0.0.0/8` is not an IPv6 block such as 2001:db8::/32",
        ),
        (
            json!({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg;rm"}]}),
            "UserIdGroupPairs[0].GroupId: `sg;rm` is not an id of letters, digits and `-`",
        ),
        (
            json!({"IpProtocol": "-1", "IpRanges": "10.0.0.0/8"}),
            "IpRanges: expected a list, found text",
        ),
    ] {
        assert_eq!(
            permission_refusal(&given),
            format!("SecurityGroups[0].IpPermissions[0].{expected}"),
            "{given}"
        );
    }
}

#[test]
fn two_entries_of_one_number_are_refused() {
    let entry = json!({"Egress": false, "Protocol": "-1", "RuleAction": "allow", "RuleNumber": 7, "CidrBlock": "0.0.0.0/0"});
    let text = json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [entry, entry]}]});
    assert_eq!(
        refusal(&text.to_string()),
        "NetworkAcls[0].Entries[1].RuleNumber: `7` is there twice; give each once"
    );
}

#[test]
fn an_answer_that_is_an_error_says_so() {
    assert_eq!(
        refusal(include_str!("../data/aws/recorded-error.json")),
        "the API answered with the error `InvalidGroup.NotFound`, not with rules; ask it again"
    );
}
