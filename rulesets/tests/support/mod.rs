//! Security groups and flows from short texts.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::{Direction, Family, Flow, Protocol, SecurityGroup, parse_security_group};
use serde_json::{Map, Value, json};

/// A group from lines such as `in ACCEPT tcp 22 10.0.0.0/8`; `-` leaves a member out.
pub(crate) fn group(id: &str, lines: &[&str]) -> SecurityGroup {
    parse_security_group(&document(lines), id).unwrap()
}

/// The same as the document the vendor would answer with.
fn document(lines: &[&str]) -> String {
    let list = |direction| {
        let own = lines.iter().filter_map(|line| line.strip_prefix(direction));
        Value::Array(own.map(policy).collect())
    };
    json!({"SecurityGroupPolicySet": {"Ingress": list("in "), "Egress": list("out ")}}).to_string()
}

/// A flow from a text such as `in tcp 22 198.51.100.7`; `-` is an unknown far end, `-6` one of IPv6.
pub(crate) fn flow(text: &str) -> Flow {
    let words: Vec<&str> = text.split(' ').collect();
    let [direction, protocol, port, peer] = words[..] else {
        panic!("a flow has four words: {text}");
    };
    let peer = peer.parse().ok();
    Flow {
        direction: match direction {
            "in" => Direction::Inbound,
            "out" => Direction::Outbound,
            other => panic!("no direction: {other}"),
        },
        protocol: match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "icmp" => Protocol::Icmp,
            "icmpv6" => Protocol::Icmpv6,
            "gre" => Protocol::Gre,
            other => panic!("no protocol: {other}"),
        },
        family: match peer {
            Some(peer) => Family::from(peer),
            None if text.ends_with("-6") => Family::V6,
            None => Family::V4,
        },
        peer,
        port: port.parse().ok(),
    }
}

fn policy(line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').collect();
    let [action, protocol, port, peer] = words[..] else {
        panic!("a rule has four words: {line}");
    };
    let mut policy = Map::new();
    policy.insert("Action".to_owned(), json!(action));
    let (member, value) = match protocol.split('-').next() {
        Some("ppm") => ("ServiceTemplate", json!({"ServiceId": protocol})),
        Some("ppmg") => ("ServiceTemplate", json!({"ServiceGroupId": protocol})),
        _ => ("Protocol", json!(protocol)),
    };
    policy.insert(member.to_owned(), value);
    if port != "-" {
        policy.insert("Port".to_owned(), json!(port));
    }
    let (member, value) = match peer.split('-').next() {
        Some("ipm") => ("AddressTemplate", json!({"AddressId": peer})),
        Some("ipmg") => ("AddressTemplate", json!({"AddressGroupId": peer})),
        Some("sg") => ("SecurityGroupId", json!(peer)),
        Some("") => ("CidrBlock", Value::Null),
        _ if peer.contains(':') => ("Ipv6CidrBlock", json!(peer)),
        _ => ("CidrBlock", json!(peer)),
    };
    policy.insert(member.to_owned(), value);
    Value::Object(policy)
}
