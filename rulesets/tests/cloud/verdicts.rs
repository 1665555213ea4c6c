//! What the rules of each vendor do to packets, told by the evaluator.

use crate::aws::aws;
use crate::azure::{azure, group, rule as azure_rule};
use crate::gcp::{gcp, instance, rule as gcp_rule};
use crate::windows::windows;
use rulesets::{Direction, Document, Family, Layer, Packet};
use serde_json::{Value, json};
use std::net::IpAddr;

/// A packet in words: `in tcp 22 from 192.0.2.1`, `out udp 53 to 10.0.0.1`, `in icmp 8/0 from …`.
fn packet(words: &str) -> Packet {
    let words: Vec<&str> = words.split(' ').collect();
    let [way, protocol, detail, _, far] = words[..] else {
        panic!("{words:?}");
    };
    let (direction, far) = match way {
        "in" => (Direction::Inbound, far.parse::<IpAddr>().unwrap()),
        _ => (Direction::Outbound, far.parse::<IpAddr>().unwrap()),
    };
    let number = match protocol {
        "icmp" => 1,
        "tcp" => 6,
        "udp" => 17,
        "gre" => 47,
        _ => 58,
    };
    let mut packet = Packet::new(direction, Family::from(far), number);
    match direction {
        Direction::Inbound => packet.source = Some(far),
        Direction::Outbound => packet.destination = Some(far),
    }
    match (number, detail.split_once('/')) {
        (_, Some((kind, code))) => {
            packet.icmp_type = Some(kind.parse().unwrap());
            packet.icmp_code = Some(code.parse().unwrap());
        }
        (6 | 17, None) => {
            packet.source_port = Some(40_000);
            packet.destination_port = Some(detail.parse().unwrap());
        }
        _ => {}
    }
    packet
}

/// Each way it may end: the fate, and the text of the rule that decides or `default`.
fn verdict(layer: &Layer, words: &str) -> String {
    let answer = layer.judge(&packet(words));
    let way = |outcome: &rulesets::Outcome| {
        let fate = format!("{:?}", outcome.fate).to_lowercase();
        let own = outcome.decider.rule.clone();
        let rule = own.filter(|_| !outcome.decider.default);
        let rule = rule.unwrap_or_else(|| "default".to_owned());
        format!("{fate} by {rule}")
    };
    answer
        .outcomes
        .iter()
        .map(way)
        .collect::<Vec<_>>()
        .join(" | ")
}

fn holds(layer: &Layer, table: &[(&str, &str)]) {
    for (packet, expected) in table {
        assert_eq!(verdict(layer, packet), *expected, "{packet}");
    }
}

fn whole(document: &Document, id: &str) -> Layer {
    document.layer(&[id], None).unwrap()
}

fn security_groups() -> Document {
    let group = |id: &str, rules: Value| {
        json!({"GroupId": id, "OwnerId": "1", "IpPermissions": rules, "IpPermissionsEgress": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ]})
    };
    let web = json!([
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": "sg-jump", "UserId": "1"}]},
        {"IpProtocol": "tcp", "FromPort": 25, "ToPort": 25, "PrefixListIds": [{"PrefixListId": "pl-1"}]},
    ]);
    let six = json!([{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}]);
    aws(&json!({"SecurityGroups": [group("sg-web", web), group("sg-six", six)]}).to_string())
}

#[test]
fn aws_groups_allow_what_any_rule_of_any_bound_group_allows() {
    let document = security_groups();
    let both = [
        (
            "in tcp 80 from 192.0.2.1",
            "accept by allow tcp 80-81 from 0.0.0.0/0",
        ),
        ("in tcp 82 from 192.0.2.1", "drop by default"),
        ("in udp 80 from 192.0.2.1", "drop by default"),
        (
            "in icmp 8/3 from 10.9.9.9",
            "accept by allow icmp type 8 from 10.0.0.0/8",
        ),
        ("in icmp 3/0 from 10.9.9.9", "drop by default"),
        (
            "in tcp 80 from 2001:db8::1",
            "accept by allow all from 2001:db8::/32",
        ),
        ("in tcp 80 from 2001:db9::1", "drop by default"),
        (
            "in gre - from 2001:db8::1",
            "accept by allow all from 2001:db8::/32",
        ),
        (
            "out tcp 443 to 192.0.2.1",
            "accept by allow tcp 443 to 0.0.0.0/0",
        ),
        ("out tcp 80 to 192.0.2.1", "drop by default"),
    ];
    for order in [["sg-web", "sg-six"], ["sg-six", "sg-web"]] {
        holds(&document.layer(&order, None).unwrap(), &both);
    }
}

#[test]
fn aws_references_are_decided_by_their_members_and_open_without_them() {
    let mut document = security_groups();
    let open = [
        (
            "in tcp 22 from 10.0.0.5",
            "accept by allow tcp 22 from sg-jump | drop by default",
        ),
        (
            "in tcp 25 from 192.0.2.9",
            "accept by allow tcp 25 from pl-1 | drop by default",
        ),
    ];
    holds(&whole(&document, "sg-web"), &open);
    let interfaces = json!({"NetworkInterfaces": [{
        "NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.0.5", "Groups": [{"GroupId": "sg-jump"}],
    }]});
    document.extend(aws(&interfaces.to_string()));
    document.extend(aws(
        &json!({"PrefixListId": "pl-1", "Entries": [{"Cidr": "192.0.2.0/24"}]}).to_string(),
    ));
    let decided = [
        (
            "in tcp 22 from 10.0.0.5",
            "accept by allow tcp 22 from sg-jump",
        ),
        ("in tcp 22 from 10.0.0.6", "drop by default"),
        (
            "in tcp 25 from 192.0.2.9",
            "accept by allow tcp 25 from pl-1",
        ),
        ("in tcp 25 from 198.51.100.1", "drop by default"),
    ];
    holds(&whole(&document, "sg-web"), &decided);
}

#[test]
fn aws_acl_entries_decide_in_the_order_of_their_numbers() {
    let entry = |number: u32, action: &str, protocol: &str, ports: (u16, u16), block: &str| {
        json!({"Egress": false, "RuleNumber": number, "RuleAction": action, "Protocol": protocol,
               "PortRange": {"From": ports.0, "To": ports.1}, "CidrBlock": block})
    };
    let acl = json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": [
        {"Egress": false, "RuleNumber": 32767, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"},
        entry(200, "allow", "6", (0, 65535), "0.0.0.0/0"),
        entry(100, "deny", "6", (22, 22), "192.0.2.0/24"),
        entry(90, "allow", "6", (22, 22), "192.0.2.7/32"),
    ]}]});
    let layer = whole(&aws(&acl.to_string()), "acl-1");
    assert!(!layer.stateful);
    holds(
        &layer,
        &[
            (
                "in tcp 22 from 192.0.2.7",
                "accept by 90 allow tcp 22 from 192.0.2.7/32",
            ),
            (
                "in tcp 22 from 192.0.2.8",
                "drop by 100 deny tcp 22 from 192.0.2.0/24",
            ),
            (
                "in tcp 23 from 192.0.2.8",
                "accept by 200 allow tcp 0-65535 from 0.0.0.0/0",
            ),
            (
                "in udp 53 from 192.0.2.8",
                "drop by * deny all from 0.0.0.0/0",
            ),
            ("in tcp 22 from 2001:db8::1", "drop by default"),
            ("out tcp 40000 to 192.0.2.8", "drop by default"),
        ],
    );
}

#[test]
fn azure_rules_decide_by_priority_and_the_defaults_come_last() {
    let rules = json!([
        azure_rule(&json!({"name": "late", "priority": 400})),
        azure_rule(
            &json!({"name": "early", "priority": 100, "access": "Deny", "sourceAddressPrefix": "192.0.2.0/24"})
        ),
        azure_rule(
            &json!({"name": "ping", "priority": 500, "protocol": "Icmp", "destinationPortRange": "*"})
        ),
        azure_rule(
            &json!({"name": "net", "priority": 600, "sourceAddressPrefix": "Internet", "destinationPortRange": "80"})
        ),
    ]);
    let mut document = azure(&group(&rules).to_string());
    let ssh = "400 late Allow Tcp 22 from * to *";
    let denied = "drop by 65500 DenyAllInBound Deny * from * to *";
    let network = "accept by 65000 AllowVnetInBound Allow * from VirtualNetwork to VirtualNetwork";
    let internet = "accept by 600 net Allow Tcp 80 from Internet to *";
    holds(
        &whole(&document, "nsg"),
        &[
            (
                "in tcp 22 from 192.0.2.1",
                "drop by 100 early Deny Tcp 22 from 192.0.2.0/24 to *",
            ),
            ("in tcp 22 from 198.51.100.1", &format!("accept by {ssh}")),
            (
                "in icmp 8/0 from 198.51.100.1",
                "accept by 500 ping Allow Icmp from * to *",
            ),
            (
                "in tcp 80 from 8.8.8.8",
                &format!("{internet} | {network} | {denied}"),
            ),
            (
                "in tcp 9 from 168.63.129.16",
                &format!(
                    "{network} | accept by 65001 AllowAzureLoadBalancerInBound Allow * from AzureLoadBalancer to *"
                ),
            ),
        ],
    );
    let vnet = json!({"id": "/v", "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}});
    document.extend(azure(&vnet.to_string()));
    holds(
        &whole(&document, "nsg"),
        &[
            ("in tcp 9 from 10.1.2.3", network),
            ("in tcp 80 from 8.8.8.8", internet),
            (
                "out tcp 443 to 8.8.8.8",
                "accept by 65000 AllowVnetOutBound Allow * from VirtualNetwork to VirtualNetwork | accept by 65001 AllowInternetOutBound Allow * from * to Internet",
            ),
        ],
    );
}

#[test]
fn a_network_without_routes_and_gateways_hides_no_denial() {
    let denied = "drop by 65500 DenyAllInBound Deny * from * to *";
    let network = "accept by 65000 AllowVnetInBound Allow * from VirtualNetwork to VirtualNetwork";
    let open = format!("{network} | {denied}");
    let plain = json!({"name": "default", "addressPrefix": "10.1.0.0/24"});
    let peer = |remote: bool| json!([{"remoteAddressSpace": {"addressPrefixes": ["10.2.0.0/16"]}, "useRemoteGateways": remote}]);
    let routed = json!({"name": "default", "routeTable": {"id": "/r"}});
    let gateway = json!({"name": "GatewaySubnet"});
    for (subnets, peerings, stranger) in [
        (json!([plain]), json!([]), denied),
        (json!([plain]), peer(false), denied),
        (json!([plain]), peer(true), &*open),
        (json!([plain, routed]), json!([]), &*open),
        (json!([plain, gateway]), json!([]), &*open),
        (json!(null), json!([]), &*open),
    ] {
        let vnet = json!({
            "id": "/v", "addressSpace": {"addressPrefixes": ["10.1.0.0/16", "20.0.0.0/24"]},
            "subnets": subnets, "virtualNetworkPeerings": peerings,
        });
        let mut document = azure(&group(&json!([])).to_string());
        document.extend(azure(&vnet.to_string()));
        holds(
            &whole(&document, "nsg"),
            &[
                ("in tcp 22 from 8.8.8.8", stranger),
                ("in tcp 22 from 10.9.9.9", stranger),
                ("in tcp 22 from 10.1.9.9", network),
                ("in tcp 22 from 20.0.0.9", network),
            ],
        );
    }
}

#[test]
fn gcp_denies_win_among_equals_and_the_implied_rules_come_last() {
    let all_denied = json!({"name": "no", "priority": 10, "allowed": null, "denied": [{"IPProtocol": "tcp", "ports": ["22"]}], "sourceRanges": ["192.0.2.0/24"]});
    let list = json!([
        gcp_rule(&json!({"name": "yes", "priority": 10})),
        gcp_rule(&all_denied),
        gcp_rule(
            &json!({"name": "web", "targetTags": ["web"], "allowed": [{"IPProtocol": "tcp", "ports": ["80"]}]})
        ),
        gcp_rule(
            &json!({"name": "peers", "sourceTags": ["web"], "allowed": [{"IPProtocol": "udp"}]})
        ),
        gcp_rule(
            &json!({"name": "mail", "direction": "EGRESS", "allowed": null, "denied": [{"IPProtocol": "tcp", "ports": ["25"]}]})
        ),
    ]);
    let mut document = gcp(&list.to_string());
    let common = [
        (
            "in tcp 22 from 192.0.2.1",
            "drop by 10 no deny tcp:22 from 192.0.2.0/24",
        ),
        (
            "in tcp 22 from 198.51.100.1",
            "accept by 10 yes allow tcp:22 from 0.0.0.0/0",
        ),
        ("in tcp 22 from 2001:db8::1", "drop by default"),
        (
            "out tcp 25 to 198.51.100.1",
            "drop by 1000 mail deny tcp:25 to 0.0.0.0/0",
        ),
        ("out tcp 26 to 198.51.100.1", "accept by default"),
    ];
    let open = whole(&document, "default");
    holds(&open, &common);
    let web = "accept by 1000 web allow tcp:80 from 0.0.0.0/0 on the tag `web`";
    holds(
        &open,
        &[(
            "in tcp 80 from 198.51.100.1",
            &format!("{web} | drop by default"),
        )],
    );
    let instances = json!([
        instance("a", "10.0.0.1", &["web"]),
        instance("b", "10.0.0.2", &[])
    ]);
    document.extend(gcp(&instances.to_string()));
    let of = |name: &str| document.layer(&["default"], Some(name)).unwrap();
    holds(&of("a"), &common);
    holds(&of("a"), &[("in tcp 80 from 198.51.100.1", web)]);
    holds(
        &of("b"),
        &[
            ("in tcp 80 from 198.51.100.1", "drop by default"),
            (
                "in udp 53 from 10.0.0.1",
                "accept by 1000 peers allow udp from tag:web",
            ),
            ("in udp 53 from 10.0.0.2", "drop by default"),
        ],
    );
}

#[test]
fn gcp_leaves_a_verdict_open_where_rules_are_not_in_the_document() {
    let one = whole(&gcp(&gcp_rule(&json!({})).to_string()), "default");
    holds(
        &one,
        &[(
            "in tcp 22 from 192.0.2.1",
            "unclear by the other rules of the network | accept by 1000 ssh allow tcp:22 from 0.0.0.0/0",
        )],
    );
}

#[test]
fn windows_blocks_beat_allows_and_the_profile_decides_the_rest() {
    let firewall = windows(include_str!("../data/windows/firewall.json"));
    let public = whole(&firewall, "Public");
    let web = "Web: Allow TCP local port 80,8000-8010 from Any";
    let block = "Block a neighbour: Block TCP local port 80 from 192.0.2.0/255.255.255.0,198.51.100.7-198.51.100.9";
    let files = "Files on the subnet: Allow TCP local port 445 from LocalSubnet";
    let bypass = "Administrators: Bypass Any from 203.0.113.7 if secure";
    holds(
        &public,
        &[
            ("in tcp 80 from 198.51.100.1", &format!("accept by {web}")),
            ("in tcp 80 from 192.0.2.77", &format!("drop by {block}")),
            ("in tcp 80 from 198.51.100.8", &format!("drop by {block}")),
            ("in tcp 8005 from 192.0.2.77", &format!("accept by {web}")),
            ("in tcp 445 from 10.0.1.200", &format!("accept by {files}")),
            ("in tcp 445 from 10.0.2.200", "drop by default"),
            (
                "in tcp 135 from 10.0.2.200",
                "accept by RPC: Allow TCP local port RPCEPMap,RPC from Any",
            ),
            (
                "in tcp 81 from 203.0.113.7",
                &format!("accept by {bypass} | drop by default"),
            ),
            (
                "out tcp 25 to 192.0.2.1",
                "drop by No mail out: Block TCP remote port 25 to Any",
            ),
            ("out tcp 443 to 192.0.2.1", "accept by default"),
        ],
    );
    holds(
        &whole(&firewall, "Private"),
        &[("in tcp 9 from 192.0.2.1", "accept by default")],
    );
    let rdp = public.judge(&packet("in tcp 3389 from 198.51.100.1"));
    assert_eq!(rdp.definite(), None);
    assert!(
        format!("{rdp:?}").contains("the service is `termservice`"),
        "{rdp:?}"
    );
}
