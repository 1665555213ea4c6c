//! Rules of Tencent Cloud and Alibaba Cloud as layers: packet in, verdict and decider out.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod support;

use proptest::prelude::*;
use rulesets::tencent::read;
use rulesets::{
    Addresses, Decider, Definite, Family, Flow, Inventory, Layer, LayerKind, Packet,
    SecurityGroups, Services, Verdict, alibaba,
};
use serde_json::{Value, json};
use support::{flow, group};

/// The verdict with its decider, or what it depends on.
fn judged(layer: &Layer, text: &str) -> String {
    said(layer, &Packet::from(&flow(text)))
}

fn said(layer: &Layer, packet: &Packet) -> String {
    let answer = layer.judge(packet);
    let word = match answer.definite() {
        Some(Definite::Passes) => "allow",
        Some(Definite::Stopped) => "deny",
        None => {
            let outcomes = answer.outcomes.iter();
            let all: Vec<_> = outcomes.flat_map(|one| &one.conditions).collect();
            let first = all.first().map(|one| one.text.clone());
            return format!("unknown: {}", first.unwrap_or_default());
        }
    };
    let decider = &answer.outcomes[0].decider;
    match &decider.rule {
        Some(rule) if !decider.default => format!("{word}: {} `{rule}`", decider.set),
        Some(_) | None => format!("{word}: {} default", decider.set),
    }
}

const SERVICES: [&str; 9] = [
    "ALL ALL",
    "tcp 22",
    "TCP 20-100,443",
    "tcp ALL",
    "udp 22",
    "icmp ALL",
    "ICMPv6 -",
    "gre -",
    "ppm-1 -",
];

const PEERS: [&str; 11] = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "10.128.0.7/9",
    "203.0.113.7",
    "2001:db8::/32",
    "sg-2",
    "ipm-1",
    "ipmg-1",
    "ALL",
    "-",
];

const FLOWS: [&str; 17] = [
    "in tcp 22 10.0.0.1",
    "in tcp 22 10.200.0.1",
    "in tcp 22 203.0.113.7",
    "in tcp 443 198.51.100.7",
    "in udp 22 203.0.113.7",
    "in tcp 22 2001:db8::7",
    "in tcp 80 fd00::1",
    "in icmp - 203.0.113.7",
    "in icmp - -",
    "in icmpv6 - 2001:db8::7",
    "in gre - 10.0.0.1",
    "out tcp 22 203.0.113.7",
    "out udp 53 10.0.0.1",
    "in tcp 22 -",
    "in tcp 22 -6",
    "in tcp - 10.0.0.1",
    "out tcp 65535 2001:db9::1",
];

const PLACES: [&str; 8] = [
    "10.0.0.1",
    "10.0.0.9",
    "10.200.0.1",
    "203.0.113.7",
    "203.0.113.8",
    "198.51.100.7",
    "2001:db8::7",
    "fd00::9",
];

fn verdict(groups: &SecurityGroups, flow: &Flow) -> (Option<Definite>, Option<Decider>) {
    match groups.explain(flow).verdict {
        Verdict::Allow { decider } => (Some(Definite::Passes), Some(decider)),
        Verdict::Deny { decider } => (Some(Definite::Stopped), Some(decider)),
        Verdict::Unknown { .. } => (None, None),
    }
}

fn line() -> impl Strategy<Value = String> {
    let action = prop_oneof![Just("ACCEPT"), Just("DROP")];
    let way = prop_oneof![3 => Just("in"), 1 => Just("out")];
    let service = prop::sample::select(SERVICES.as_slice());
    let peer = prop::sample::select(PEERS.as_slice());
    (way, action, service, peer)
        .prop_map(|(way, action, service, peer)| format!("{way} {action} {service} {peer}"))
}

fn inventory() -> impl Strategy<Value = Inventory> {
    let address = prop::sample::select(vec![
        "10.0.0.1/32",
        "10.128.0.0/9",
        "203.0.113.0/24",
        "2001:db8::7/128",
        "fd00::/8",
        "::/0",
    ]);
    let some = prop::collection::btree_set(address, 0..4);
    let service = prop::sample::select(vec![
        "tcp 22",
        "tcp ALL",
        "udp 1-100",
        "icmp -",
        "gre -",
        "icmpv6 -",
    ]);
    let services = prop::collection::vec(service, 0..3);
    let known = prop::collection::vec(any::<bool>(), 7);
    (some.clone(), some, services, known).prop_map(|(own, perhaps, services, known)| {
        let own = Addresses {
            nets: own.iter().map(|net| net.parse().unwrap()).collect(),
            complete: known[0],
            ..Addresses::default()
        };
        let member = Addresses {
            perhaps: perhaps
                .iter()
                .filter(|net| net.contains(':'))
                .map(|net| net.parse().unwrap())
                .collect(),
            nets: own
                .nets
                .iter()
                .filter(|net| net.to_string().starts_with("10."))
                .copied()
                .collect(),
            complete: known[1],
            ..Addresses::default()
        };
        let whole = Addresses {
            includes: ["ipm-1".to_owned()].into(),
            ..Addresses::default()
        };
        let lines: Vec<String> = services
            .iter()
            .map(|one| format!("in ACCEPT {one} ::/0"))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let rules = group("x", &lines).ingress.into_iter();
        let services = Services {
            services: rules.map(|rule| rule.service).collect(),
            complete: known[2],
            ..Services::default()
        };
        let mut all = Inventory::default();
        for (id, addresses, known) in [
            ("ipm-1", own, known[3]),
            ("sg-2", member, known[4]),
            ("ipmg-1", whole, known[5]),
        ] {
            if known {
                all.addresses.insert(id.to_owned(), addresses);
            }
        }
        if known[6] {
            all.services.insert("ppm-1".to_owned(), services);
        }
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_layer_says_what_the_groups_say(
        lists in prop::collection::vec(prop::collection::vec(line(), 0..5), 0..4),
        inventory in inventory(),
    ) {
        let build = |(number, lines): (usize, &Vec<String>)| {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            group(&format!("sg-{number}"), &lines)
        };
        let plain = SecurityGroups { groups: lists.iter().enumerate().map(build).collect() };
        let resolved = plain.with_members(&inventory);
        for groups in [&plain, &resolved] {
            let layer = Layer::from(groups);
            for text in FLOWS {
                let flow = flow(text);
                let answer = layer.judge(&Packet::from(&flow));
                let (expected, decider) = verdict(groups, &flow);
                if let Some(decider) = decider {
                    prop_assert_eq!(answer.definite(), expected, "{}: {:#?}", text, answer);
                    let mut own = answer.outcomes.iter().map(|one| &one.decider);
                    let same = own.any(|own| {
                        (&own.set, own.index, own.default) == (&decider.set, decider.index, decider.default)
                    });
                    prop_assert!(same, "{}: {:?} not in {:#?}", text, decider, answer);
                    continue;
                }
                // Where the groups cannot tell, the layer may: it knows that one condition in two rules
                // holds in both or in neither. What it says then holds for every far end.
                let Some(sure) = answer.definite() else { continue };
                for peer in PLACES {
                    let peer: std::net::IpAddr = peer.parse().unwrap();
                    if flow.peer.is_none() && Family::from(peer) == flow.family {
                        let closer = Flow { peer: Some(peer), ..flow };
                        let (verdict, _) = verdict(&resolved, &closer);
                        prop_assert!(verdict.is_none_or(|one| one == sure), "{}, {}", text, peer);
                    }
                }
                let (known, _) = verdict(&resolved, &flow);
                prop_assert!(known.is_none_or(|one| one == sure), "{}", text);
            }
        }
        // Members kept beside the rules settle what members in the rules settle.
        let mut beside = Layer::from(&plain);
        beside.sets = inventory.sets();
        let within = Layer::from(&resolved);
        for text in FLOWS {
            let packet = Packet::from(&flow(text));
            if let Some(sure) = beside.judge(&packet).definite() {
                prop_assert_eq!(within.judge(&packet).definite(), Some(sure), "{}", text);
            }
        }
    }
}

const ACLS: &str = r#"{"Response": {"TotalCount": 2, "NetworkAclSet": [
  {"NetworkAclId": "acl-1", "NetworkAclName": "web", "VpcId": "vpc-1", "NetworkAclType": "TRIPLE",
   "SubnetSet": [{"SubnetId": "subnet-1"}],
   "IngressEntries": [
     {"Protocol": "TCP", "Port": "22", "CidrBlock": "10.0.0.0/8", "Action": "Drop", "Priority": 2},
     {"Protocol": "tcp", "Port": "20-30", "CidrBlock": "10.1.0.0/16", "Action": "Accept", "Priority": 1},
     {"Protocol": "ICMP", "Port": "", "Ipv6CidrBlock": "::/0", "Action": "ACCEPT", "Priority": 1},
     {"Protocol": "ALL", "Port": "ALL", "CidrBlock": "203.0.113.7/24", "Action": "ACCEPT", "Priority": 3}],
   "EgressEntries": [
     {"Protocol": "TCP", "Port": "443", "CidrBlock": "0.0.0.0/0", "Action": "ACCEPT", "Priority": 1}]},
  {"NetworkAclId": "acl-2", "NetworkAclType": "QUINTUPLE", "SubnetSet": [], "IngressEntries": [],
   "EgressEntries": []}]}}"#;

#[test]
fn a_network_acl_is_read_by_priority_and_refuses_the_rest() {
    let document = read(ACLS, "file").unwrap().document();
    let list = document.list("acl-1").unwrap();
    assert_eq!(
        (list.name.as_str(), list.attached.as_slice()),
        ("web", &["subnet-1".to_owned()][..])
    );
    let layer = document.layer(&["acl-1"], None).unwrap();
    assert!(layer.kind == LayerKind::NetworkAcl && !layer.stateful);
    assert_eq!(
        layer.remarks[0],
        "`acl-1` does not filter traffic between instances of one subnet"
    );
    for (flow, expected) in [
        (
            "in tcp 22 10.1.0.1",
            "allow: acl-1 `Accept tcp 20-30 from 10.1.0.0/16`",
        ),
        (
            "in tcp 22 10.2.0.1",
            "deny: acl-1 `Drop TCP 22 from 10.0.0.0/8`",
        ),
        ("in tcp 23 10.2.0.1", "deny: acl-1 default"),
        (
            "in udp 53 203.0.113.9",
            "allow: acl-1 `ACCEPT ALL from 203.0.113.7/24`",
        ),
        (
            "in icmpv6 - 2001:db8::1",
            "allow: acl-1 `ACCEPT ICMP from ::/0`",
        ),
        ("in icmp - 192.0.2.1", "deny: acl-1 default"),
        ("out udp 443 192.0.2.1", "deny: acl-1 default"),
    ] {
        assert_eq!(judged(&layer, flow), expected, "{flow}");
    }
}

#[test]
fn the_port_of_an_outbound_acl_entry_is_left_open_unless_both_ports_match() {
    let layer = read(ACLS, "file")
        .unwrap()
        .document()
        .layer(&["acl-1"], None)
        .unwrap();
    let with = |source_port, port| {
        let mut packet = Packet::from(&flow("out tcp 443 192.0.2.1"));
        packet.source_port = Some(source_port);
        packet.destination_port = Some(port);
        said(&layer, &packet)
    };
    assert_eq!(with(443, 443), "allow: acl-1 `ACCEPT TCP 443 to 0.0.0.0/0`");
    assert_eq!(with(50_000, 80), "deny: acl-1 default");
    for (source_port, port) in [(443, 50_000), (50_000, 443)] {
        let open = with(source_port, port);
        assert!(
            open.starts_with("unknown: whether the port of an outbound entry is"),
            "{open}"
        );
    }
}

#[test]
fn entries_with_five_fields_have_an_answer_of_their_own() {
    let mut account = read(ACLS, "file").unwrap();
    let layer =
        |account: &rulesets::tencent::Account| account.document().layer(&["acl-2"], None).unwrap();
    let before = layer(&account);
    let answer = before.judge(&Packet::from(&flow("in tcp 22 10.0.0.1")));
    assert_eq!(
        answer.definite(),
        None,
        "nobody knows what entries that are not at hand do"
    );
    assert!(
        before.inbound[0].rules[0]
            .text
            .contains("tccli vpc DescribeNetworkAclQuintupleEntries --NetworkAclId acl-2")
    );
    let entries = r#"{"TotalCount": 3, "NetworkAclQuintupleSet": [
        {"Protocol": "TCP", "SourceCidr": "10.0.0.0/8", "SourcePort": "ALL", "DestinationPort": "22",
         "DestinationCidr": "192.168.0.0/24", "Action": "ACCEPT", "NetworkAclDirection": "INGRESS",
         "Priority": 2},
        {"Protocol": "TCP", "SourceCidr": "10.0.0.9", "DestinationCidr": "0.0.0.0/0", "Action": "DROP",
         "NetworkAclDirection": "INGRESS", "Priority": 1},
        {"Protocol": "UDP", "SourcePort": "53", "DestinationCidr": "0.0.0.0/0", "Action": "ACCEPT",
         "NetworkAclDirection": "EGRESS", "Priority": 1}]}"#;
    account.extend(read(entries, "acl-2").unwrap());
    let after = layer(&account);
    let mut packet = Packet::from(&flow("in tcp 22 10.0.0.1"));
    packet.destination = Some("192.168.0.7".parse().unwrap());
    assert_eq!(
        said(&after, &packet),
        "allow: acl-2 `ACCEPT TCP from 10.0.0.0/8 to 192.168.0.0/24 to port 22`"
    );
    packet.source = Some("10.0.0.9".parse().unwrap());
    assert_eq!(
        said(&after, &packet),
        "deny: acl-2 `DROP TCP from 10.0.0.9 to 0.0.0.0/0`"
    );
    let mut reply = Packet::from(&flow("out udp 40000 192.0.2.1"));
    reply.source_port = Some(53);
    assert_eq!(
        said(&after, &reply),
        "allow: acl-2 `ACCEPT UDP from port 53 to 0.0.0.0/0`"
    );
}

#[test]
fn a_lighthouse_firewall_filters_inbound_packets_alone() {
    let text = r#"{"Response": {"TotalCount": 4, "FirewallVersion": 3, "FirewallRuleSet": [
        {"AppType": "custom", "Protocol": "TCP", "Port": "22,88", "CidrBlock": "0.0.0.0/0",
         "Action": "DROP", "FirewallRuleDescription": ""},
        {"AppType": "HTTP(80)", "Protocol": "TCP", "Port": "80", "Action": "ACCEPT",
         "FirewallRuleDescription": "web"},
        {"AppType": "Ping", "Protocol": "ICMP", "Port": "ALL", "CidrBlock": "", "Action": "ACCEPT"},
        {"AppType": "custom", "Protocol": "ICMPv6", "Port": "", "Action": "ACCEPT"}]}}"#;
    let document = read(text, "lhins-1").unwrap().document();
    let layer = document.layer(&["lhins-1"], None).unwrap();
    for (flow, expected) in [
        (
            "in tcp 22 203.0.113.7",
            "deny: lhins-1 `DROP TCP 22,88 from 0.0.0.0/0`",
        ),
        (
            "in tcp 80 203.0.113.7",
            "allow: lhins-1 `ACCEPT TCP 80 from 0.0.0.0/0`",
        ),
        ("in tcp 80 2001:db8::1", "deny: lhins-1 default"),
        (
            "in icmp - 203.0.113.7",
            "allow: lhins-1 `ACCEPT ICMP from 0.0.0.0/0`",
        ),
        (
            "in icmpv6 - 2001:db8::1",
            "allow: lhins-1 `ACCEPT ICMPv6 from ::/0`",
        ),
        ("in udp 53 203.0.113.7", "deny: lhins-1 default"),
        ("out tcp 25 203.0.113.7", "allow: lhins-1 default"),
    ] {
        assert_eq!(judged(&layer, flow), expected, "{flow}");
    }
    assert_eq!(layer.inbound[0].rules[1].description, "web");
}

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
    let there = [first.clone(), second.clone(), kinds.clone()];
    let layer = bound(&there);
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
    let turned = bound(&[second, first, kinds]);
    for flow in [
        "in tcp 22 10.9.0.1",
        "in tcp 22 10.9.9.9",
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
    let mut known = layer.clone();
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
