//! The command that adds one accept lets the packet pass, and goes back.

use super::documents::{
    ALIBABA, AWS_ACL, AWS_GROUPS, AZURE, GCP, LIGHTHOUSE, TENCENT_ACL, TENCENT_FIVE,
};
use super::{NAME, lists, read, vendor};
use rulesets::export::{RuleCommands, add_accept};
use rulesets::host::NamedText;
use rulesets::questions::{FixKind, fixes, whole};
use rulesets::space::{Budget, Cube, Field, Span};
use rulesets::{Book, Definite, Direction, Family, Layered, MatchingRule, Packet, Selection, Way};
use std::net::IpAddr;

/// A packet in words: `in tcp 22 192.0.2.1`, the address being the far end's.
fn packet(words: &str) -> Packet {
    let words: Vec<&str> = words.split(' ').collect();
    let far: IpAddr = words[3].parse().unwrap();
    let direction = if words[0] == "in" {
        Direction::Inbound
    } else {
        Direction::Outbound
    };
    let number = match (words[1], far.is_ipv6()) {
        ("tcp", _) => 6,
        ("udp", _) => 17,
        (_, false) => 1,
        (_, true) => 58,
    };
    let mut packet = Packet::new(direction, Family::from(far), number);
    match direction {
        Direction::Inbound => packet.source = Some(far),
        Direction::Outbound => packet.destination = Some(far),
    }
    match number {
        6 | 17 => packet.destination_port = words[2].parse().ok(),
        _ => packet.icmp_type = words[2].parse().ok(),
    }
    packet
}

/// All packets like this one.
fn wanted(packet: &Packet) -> Cube {
    let mut cube = whole(packet.family).with(Field::Protocol, Span::one(packet.protocol.into()));
    if let Some(source) = packet.source {
        cube = cube.with(Field::Source, Span::from(source));
    }
    if let Some(destination) = packet.destination {
        cube = cube.with(Field::Destination, Span::from(destination));
    }
    if let Some(port) = packet.destination_port {
        cube = cube.with(Field::B, Span::one(port.into()));
    }
    if let Some(kind) = packet.icmp_type {
        let kind = u128::from(kind) << 8;
        cube = cube.with(Field::B, Span::new(kind, kind | 255).unwrap());
    }
    cube
}

/// The layers of a document, and the rule that an accept has to stand above.
fn asked(text: &str, packet: &Packet) -> (Way, Option<MatchingRule>) {
    let book = Book::read(&[NamedText { name: NAME, text }]).unwrap();
    let way = book.way(&Selection::default()).unwrap();
    let gates = way.gates(packet.direction(), packet.family).unwrap();
    let all = fixes(&gates, &wanted(packet), &Budget::default()).unwrap();
    let fix = all.iter().find(|fix| fix.kind == FixKind::Insert).unwrap();
    (way, fix.rule.clone())
}

/// The commands for the rule list of a document.
fn commands(text: &str, packet: &Packet) -> Option<RuleCommands> {
    let (way, stop) = asked(text, packet);
    let [Layered::Cloud(layer)] = &way.layers[..] else {
        panic!("one layer of a cloud");
    };
    add_accept(layer, packet, stop.as_ref())
}

#[test]
fn the_command_that_adds_an_accept_lets_the_packet_pass() {
    for (text, words, add, undo) in CASES {
        let packet = packet(words);
        let made = commands(text, &packet).unwrap_or_else(|| panic!("{words}"));
        assert_eq!(
            (made.add.as_str(), made.undo.as_str()),
            (add, undo),
            "{words}"
        );
        let list = lists(text).remove(0);
        let mut lines = list.commands(None).unwrap();
        if add.starts_with("tccli") {
            lines.clear();
        }
        lines.push(made.add);
        let answer = vendor::answer(text, &list, &lines);
        let after = read(&answer, list.id()).layer.judge(&packet);
        assert_eq!(
            after.definite(),
            Some(Definite::Passes),
            "{words}: {answer}"
        );
    }
}

#[test]
fn there_is_no_command_where_there_is_no_room_or_no_word() {
    for (text, words) in [
        (GCP, "out udp 53 10.0.0.1"),
        (GCP, "in icmp 8 192.0.2.1"),
        (AZURE, "in icmp 8 192.0.2.1"),
        (ALIBABA, "out icmp any 10.0.0.1"),
        (LIGHTHOUSE, "in udp 53 192.0.2.1"),
        (TENCENT_FIVE, "in tcp 80 192.0.2.1"),
    ] {
        assert_eq!(commands(text, &packet(words)), None, "{words}");
    }
    let mut open = packet("in tcp 8443 192.0.2.1");
    open.source = None;
    assert_eq!(commands(AWS_GROUPS, &open), None);
    let full = AWS_ACL.replace(r#""RuleNumber": 100"#, r#""RuleNumber": 1"#);
    assert_eq!(commands(&full, &packet("in tcp 22 198.51.100.7")), None);
    let hostile = AZURE.replace(r#""name": "web""#, r#""name": "x'$(id)""#);
    assert_eq!(commands(&hostile, &packet("in tcp 80 192.0.2.9")), None);
}

/// A document, a packet that it stops, and the two commands.
const CASES: [(&str, &str, &str, &str); 9] = [
    (
        AWS_GROUPS,
        "in tcp 8443 203.0.113.9",
        r#"aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions '[{"FromPort":8443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"203.0.113.9/32"}],"ToPort":8443}]'"#,
        r#"aws ec2 revoke-security-group-ingress --group-id sg-1 --ip-permissions '[{"FromPort":8443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"203.0.113.9/32"}],"ToPort":8443}]'"#,
    ),
    (
        AWS_ACL,
        "in tcp 22 198.51.100.7",
        "aws ec2 create-network-acl-entry --network-acl-id acl-1 --ingress --rule-number 99 --protocol tcp --rule-action allow --cidr-block 198.51.100.7/32 --port-range From=22,To=22",
        "aws ec2 delete-network-acl-entry --network-acl-id acl-1 --ingress --rule-number 99",
    ),
    (
        AWS_ACL,
        "in icmpv6 128 2001:db8::7",
        "aws ec2 create-network-acl-entry --network-acl-id acl-1 --ingress --rule-number 130 --protocol 58 --rule-action allow --ipv6-cidr-block 2001:db8::7/128 --icmp-type-code Type=128,Code=-1",
        "aws ec2 delete-network-acl-entry --network-acl-id acl-1 --ingress --rule-number 130",
    ),
    (
        AZURE,
        "in tcp 80 192.0.2.9",
        r#"az network nsg rule create --resource-group "$(az network nsg list --query "[?name=='web'].resourceGroup" --output tsv)" --nsg-name web --name reachdx-in-tcp-80-192-0-2-9 --priority 4095 --direction Inbound --access Allow --protocol Tcp --source-address-prefixes 192.0.2.9/32 --source-port-ranges '*' --destination-address-prefixes '*' --destination-port-ranges 80"#,
        r#"az network nsg rule delete --resource-group "$(az network nsg list --query "[?name=='web'].resourceGroup" --output tsv)" --nsg-name web --name reachdx-in-tcp-80-192-0-2-9"#,
    ),
    (
        GCP,
        "in tcp 22 192.0.2.1",
        "gcloud compute firewall-rules create reachdx-in-tcp-22-192-0-2-1 --network=net --direction=INGRESS --priority=1000 --action=ALLOW --rules=tcp:22 --source-ranges=192.0.2.1/32",
        "gcloud compute firewall-rules delete reachdx-in-tcp-22-192-0-2-1 --quiet",
    ),
    (
        GCP,
        "in icmpv6 any 2001:db9::1",
        "gcloud compute firewall-rules create reachdx-in-icmpv6-20010db9000000000000000000000001 --network=net --direction=INGRESS --priority=1000 --action=ALLOW --rules=58 --source-ranges=2001:db9::1/128",
        "gcloud compute firewall-rules delete reachdx-in-icmpv6-20010db9000000000000000000000001 --quiet",
    ),
    (
        ALIBABA,
        "in tcp 22 2001:db8::1",
        "aliyun ecs AuthorizeSecurityGroup --SecurityGroupId=sg-a --Permissions.1.Policy=accept --Permissions.1.Priority=99 --Permissions.1.IpProtocol=tcp --Permissions.1.PortRange=22/22 --Permissions.1.Ipv6SourceCidrIp=2001:db8::1/128",
        "aliyun ecs RevokeSecurityGroup --SecurityGroupId=sg-a --Permissions.1.Policy=accept --Permissions.1.Priority=99 --Permissions.1.IpProtocol=tcp --Permissions.1.PortRange=22/22 --Permissions.1.Ipv6SourceCidrIp=2001:db8::1/128",
    ),
    (
        ALIBABA,
        "in tcp 8080 192.0.2.1",
        "aliyun ecs AuthorizeSecurityGroup --SecurityGroupId=sg-a --Permissions.1.Policy=accept --Permissions.1.Priority=100 --Permissions.1.IpProtocol=tcp --Permissions.1.PortRange=8080/8080 --Permissions.1.SourceCidrIp=192.0.2.1/32",
        "aliyun ecs RevokeSecurityGroup --SecurityGroupId=sg-a --Permissions.1.Policy=accept --Permissions.1.Priority=100 --Permissions.1.IpProtocol=tcp --Permissions.1.PortRange=8080/8080 --Permissions.1.SourceCidrIp=192.0.2.1/32",
    ),
    (
        TENCENT_ACL,
        "in tcp 22 10.2.0.1",
        r#"tccli vpc ModifyNetworkAclEntries --NetworkAclId acl-1 --NetworkAclEntrySet '{"Ingress":[{"Action":"Accept","CidrBlock":"10.1.0.0/16","Port":"20-30","Protocol":"tcp"},{"Action":"ACCEPT","CidrBlock":"10.2.0.1/32","Port":"22","Protocol":"tcp"},{"Action":"Drop","CidrBlock":"10.0.0.0/8","Description":"it'\''s","Port":"22","Protocol":"TCP"}]}'"#,
        r#"tccli vpc ModifyNetworkAclEntries --NetworkAclId acl-1 --NetworkAclEntrySet '{"Ingress":[{"Action":"Accept","CidrBlock":"10.1.0.0/16","Port":"20-30","Protocol":"tcp"},{"Action":"Drop","CidrBlock":"10.0.0.0/8","Description":"it'\''s","Port":"22","Protocol":"TCP"}]}'"#,
    ),
];
