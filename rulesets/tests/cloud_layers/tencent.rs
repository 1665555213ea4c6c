//! Network ACLs and Lighthouse firewalls.

use crate::support::flow;
use crate::{judged, said};
use rulesets::tencent::read;
use rulesets::{LayerKind, Packet};

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
