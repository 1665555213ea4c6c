//! The security groups of Alibaba Cloud.

use crate::judged;
use rulesets::{Addresses, Inventory, Layer, alibaba};
use serde_json::{Value, json};

fn permission(text: &str) -> Value {
    let words: Vec<&str> = text.split(' ').collect();
    let [direction, policy, protocol, ports, far, priority] = words[..] else {
        panic!("a rule has six words: {text}");
    };
    let side = if direction == "ingress" {
        "Source"
    } else {
        "Dest"
    };
    let name = match far.split_once('-') {
        Some(("sg", _)) => format!("{side}GroupId"),
        Some(("pl", _)) => format!("{side}PrefixListId"),
        _ if far.contains(':') => format!("Ipv6{side}CidrIp"),
        _ => format!("{side}CidrIp"),
    };
    json!({"Direction": direction, "Policy": policy, "IpProtocol": protocol, "PortRange": ports,
        name: far, "Priority": priority, "NicType": "intranet", "SourcePortRange": "",
        "Description": ""})
}

fn answer(id: &str, inner: &str, rules: &[&str]) -> String {
    let rules: Vec<Value> = rules.iter().map(|text| permission(text)).collect();
    json!({"SecurityGroupId": id, "SecurityGroupName": "web", "InnerAccessPolicy": inner,
        "VpcId": "vpc-1", "RequestId": "r-1", "Permissions": {"Permission": rules}})
    .to_string()
}

fn bound(documents: &[String]) -> Layer {
    let groups = alibaba::read(&documents.join("\n")).unwrap();
    alibaba::bind(&groups.iter().collect::<Vec<_>>())
}

#[test]
fn rules_of_all_bound_groups_are_one_list_by_priority_and_drop_first() {
    let first = answer(
        "sg-a",
        "Accept",
        &[
            "ingress Accept TCP 22/22 10.0.0.0/8 5",
            "ingress Accept tcp 80/80 0.0.0.0/0 1",
            "egress Drop UDP 53/53 0.0.0.0/0 100",
        ],
    );
    let second = answer(
        "sg-b",
        "Drop",
        &[
            "ingress Drop ALL -1/-1 10.9.0.0/16 5",
            "ingress Accept TCP 22/22 10.9.9.9 4",
            "ingress Drop ICMP -1/-1 0.0.0.0/0 1",
            "ingress Accept ICMPv6 -1/-1 ::/0 1",
        ],
    );
    let kinds = json!({"SecurityGroups": {"SecurityGroup": [
        {"SecurityGroupId": "sg-b", "SecurityGroupType": "normal"}]}})
    .to_string();
    let layer = bound(&[first, second, kinds]);
    for (flow, expected) in [
        (
            "in tcp 22 10.1.0.1",
            "allow: sg-a `ACCEPT TCP 22/22 from 10.0.0.0/8 priority 5`",
        ),
        (
            "in tcp 22 10.9.0.1",
            "deny: sg-b `DROP ALL from 10.9.0.0/16 priority 5`",
        ),
        (
            "in tcp 22 10.9.9.9",
            "allow: sg-b `ACCEPT TCP 22/22 from 10.9.9.9 priority 4`",
        ),
        (
            "in icmp - 10.9.9.9",
            "deny: sg-b `DROP ICMP from 0.0.0.0/0 priority 1`",
        ),
        (
            "in icmpv6 - 2001:db8::1",
            "allow: sg-b `ACCEPT ICMPv6 from ::/0 priority 1`",
        ),
        (
            "out udp 53 192.0.2.1",
            "deny: sg-a `DROP UDP 53/53 to 0.0.0.0/0 priority 100`",
        ),
        ("out tcp 443 192.0.2.1", "allow: sg-a default"),
    ] {
        assert_eq!(judged(&layer, flow), expected, "{flow}");
    }
}

#[test]
fn the_order_of_bound_groups_does_not_matter() {
    let first = answer("sg-a", "Accept", &["ingress Accept TCP 22/22 10.0.0.0/8 5"]);
    let second = answer("sg-b", "Accept", &["ingress Drop ALL -1/-1 10.9.0.0/16 5"]);
    let layer = bound(&[first.clone(), second.clone()]);
    let turned = bound(&[second, first]);
    for flow in [
        "in tcp 22 10.9.0.1",
        "in tcp 22 10.1.0.1",
        "in tcp 80 10.9.0.1",
    ] {
        assert_eq!(judged(&layer, flow), judged(&turned, flow), "{flow}");
    }
}

#[test]
fn what_depends_on_members_lists_or_types_is_left_open() {
    let one = answer("sg-a", "Accept", &["ingress Accept TCP 22/22 pl-1 1"]);
    let layer = bound(&[one]);
    let open = judged(&layer, "in tcp 22 203.0.113.7");
    let command = "aliyun ecs DescribePrefixListAttributes --PrefixListId pl-1";
    assert!(open.contains(command), "{open}");
    let inner = judged(&layer, "in tcp 443 10.0.0.1");
    let command = "aliyun ecs DescribeNetworkInterfaces --SecurityGroupId sg-a";
    assert!(inner.contains(command), "{inner}");
    let mut known = layer;
    let mut members = Inventory::default();
    members.addresses.insert(
        "sg-a".to_owned(),
        Addresses {
            nets: ["10.0.0.1/32".parse().unwrap()].into(),
            ..Addresses::default()
        },
    );
    known.sets = members.sets();
    let within = "allow: sg-a `Accept all from members of the group (InnerAccessPolicy)`";
    assert_eq!(judged(&known, "in tcp 443 10.0.0.1"), within);
    assert_eq!(judged(&known, "in tcp 443 10.0.0.2"), "deny: sg-a default");
    // A group that may be of either type lets out nobody knows what.
    let either = bound(&[answer("sg-b", "Drop", &[])]);
    let open = judged(&either, "out tcp 443 192.0.2.1");
    assert!(
        open.contains("aliyun ecs DescribeSecurityGroups --SecurityGroupId sg-b"),
        "{open}"
    );
    assert_eq!(
        judged(&either, "in tcp 443 192.0.2.1"),
        "deny: sg-b default"
    );
    let kinds = json!({"SecurityGroups": {"SecurityGroup": [
        {"SecurityGroupId": "sg-b", "SecurityGroupType": "enterprise"}]}})
    .to_string();
    let enterprise = bound(&[answer("sg-b", "Drop", &[]), kinds]);
    assert_eq!(
        judged(&enterprise, "out tcp 443 192.0.2.1"),
        "deny: sg-b default"
    );
}

#[test]
fn what_is_no_group_of_alibaba_cloud_is_refused_with_its_place() {
    let rule = |member: &str, value: Value| {
        let mut rule = permission("ingress Accept TCP 22/22 10.0.0.0/8 1");
        rule[member] = value;
        json!({"SecurityGroupId": "sg-a", "Permissions": {"Permission": [rule]}}).to_string()
    };
    let page =
        json!({"SecurityGroupId": "sg-a", "NextToken": "x", "Permissions": {"Permission": []}});
    for (text, expected) in [
        (
            rule("PortRange", json!("22")),
            "Permissions.Permission[0].PortRange: `22` is not a range of ports such as 22/22, or -1/-1 \
             for all",
        ),
        (
            rule("Priority", json!(101)),
            "Permissions.Permission[0].Priority: `101` is not a priority from 1 to 100",
        ),
        (
            rule("Direction", json!("in")),
            "Permissions.Permission[0].Direction: `in` is not ingress or egress",
        ),
        (
            rule("SourceGroupId", json!("sg-2")),
            "Permissions.Permission[0].SourceCidrIp: stands beside another far end; a rule has one of \
             block, group and prefix list",
        ),
        (
            page.to_string(),
            "Permissions.Permission: lists 0 of more rules, which decide too; ask for all of them \
             (Limit, Offset)",
        ),
        (
            "{\"Code\": \"Forbidden\"}".to_owned(),
            "the API answered with the error `Forbidden`, not with rules; ask it again",
        ),
        (
            "[1]".to_owned(),
            "expected the answer of DescribeSecurityGroupAttribute (SecurityGroupId, Permissions), found \
             a number",
        ),
    ] {
        assert_eq!(
            alibaba::read(&text).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
}
