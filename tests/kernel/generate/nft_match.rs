//! Random conditions of nftables rules.

use super::nft::{Place, SetKind};
use crate::dice::{self, Dice, MARKS, PORT_BLOCKS, PORTS};
use rulesets::Family;

/// Where a chain is called, as far as it limits what its rules may say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    /// By chains of the input, forward and output hooks.
    Any,
    Input,
    Forward,
    Output,
    Prerouting,
    Postrouting,
    Ingress,
}

/// A few conditions that do not contradict each other in form.
pub(super) fn some(dice: &mut Dice, place: &Place) -> String {
    let l4 = dice.weighted(&[
        (30, L4::Tcp),
        (15, L4::Udp),
        (10, L4::Both),
        (6, L4::Sctp),
        (10, L4::Icmp),
        (35, L4::None),
    ]);
    joined(dice, place, l4)
}

/// Conditions among which a port of TCP or UDP is tested.
pub(super) fn with_ports(dice: &mut Dice, place: &Place) -> String {
    let (l4, word) = dice.weighted(&[
        (62, (L4::Tcp, "tcp")),
        (26, (L4::Udp, "udp")),
        (12, (L4::Sctp, "sctp")),
    ]);
    let matches = joined(dice, place, l4);
    format!("{word} dport {} {matches}", ports(dice))
}

/// Addresses for a set's elements: singles, prefixes and ranges that do not overlap.
pub(super) fn address_elements(dice: &mut Dice, family: Family) -> String {
    listed(dice.some(dice::blocks(family), 5))
}

/// Ports for a set's elements.
pub(super) fn port_elements(dice: &mut Dice) -> String {
    let blocks = dice.some(&PORT_BLOCKS, 4);
    let blocks: Vec<String> = blocks.into_iter().map(|block| port_block(*block)).collect();
    blocks.join(", ")
}

/// Pairs of address and port for a set's elements.
pub(super) fn pair_elements(dice: &mut Dice, family: Family) -> String {
    let addresses = dice.some(dice::blocks(family), 4);
    let pairs: Vec<String> = addresses
        .into_iter()
        .map(|address| format!("{address} . {}", port_block(dice.pick(&PORT_BLOCKS))))
        .collect();
    pairs.join(", ")
}

/// A port, or a range of them.
pub(super) fn port_block((first, last): (u16, u16)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

fn joined(dice: &mut Dice, place: &Place, l4: L4) -> String {
    let mut family = place.family;
    if place.side != Side::Ingress && family.is_none() && (dice.chance(55) || l4 == L4::Icmp) {
        family = Some(dice.weighted(&[(60, Family::V4), (40, Family::V6)]));
    }
    let mut matches = vec![layer4(dice, place, family, l4)];
    if let Some(family) = family {
        matches.push(addresses(dice, place, family, l4));
    }
    if place.family.is_none() && family.is_some() && dice.chance(15) {
        matches.push(match family {
            Some(Family::V6) => "meta nfproto ipv6".to_owned(),
            Some(Family::V4) | None => "meta nfproto ipv4".to_owned(),
        });
    }
    matches.push(interface(dice, place));
    if place.side != Side::Ingress {
        matches.push(tracking(dice, place));
        matches.push(mark(dice));
        matches.push(other(dice, place));
    }
    let mut matches = dice.shuffled(matches);
    if matches!(l4, L4::Tcp | L4::Udp) && place.side != Side::Ingress && dice.chance(4) {
        matches.push(format!("ct original proto-dst {}", dice.pick(&PORTS)));
    }
    if let Some(family) = family.filter(|_| place.side != Side::Ingress && dice.chance(4)) {
        matches.push(original(dice, family));
    }
    matches.retain(|text| !text.is_empty());
    matches.join(" ")
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum L4 {
    None,
    Tcp,
    Udp,
    Sctp,
    Both,
    Icmp,
}

fn layer4(dice: &mut Dice, place: &Place, family: Option<Family>, l4: L4) -> String {
    match l4 {
        L4::None => match dice.between(0, 9) {
            0 => "meta l4proto tcp".to_owned(),
            1 => "meta l4proto != udp".to_owned(),
            2 => "meta l4proto { icmp, ipv6-icmp, gre }".to_owned(),
            3 if family == Some(Family::V4) => "ip protocol tcp".to_owned(),
            4 if family == Some(Family::V4) => "ip protocol != icmp".to_owned(),
            5 if family == Some(Family::V6) => "ip6 nexthdr { tcp, ipv6-icmp }".to_owned(),
            _ => String::new(),
        },
        L4::Icmp => match family.unwrap_or(Family::V4) {
            Family::V4 => dice.pick(&ICMP_V4).to_string(),
            Family::V6 => dice.pick(&ICMP_V6).to_string(),
        },
        L4::Tcp if dice.chance(25) => dice.pick(&TCP_FLAGS).to_string(),
        L4::Tcp => format!("tcp {}", port_match(dice, place)),
        L4::Udp => format!("udp {}", port_match(dice, place)),
        L4::Sctp => format!("sctp {}", port_match(dice, place)),
        L4::Both => {
            let protocols = dice.pick(&["{ tcp, udp }", "{ tcp, udp, sctp }"]);
            format!("meta l4proto {protocols} th {}", port_match(dice, place))
        }
    }
}

fn port_match(dice: &mut Dice, place: &Place) -> String {
    let side = dice.weighted(&[(85, "dport"), (15, "sport")]);
    let named = place.sets.iter().find(|set| set.kind == SetKind::Ports);
    match named {
        Some(set) if dice.chance(30) => {
            format!("{side} {}@{}", dice.maybe(25, "!= "), set.name)
        }
        Some(_) | None => format!("{side} {}", ports(dice)),
    }
}

fn ports(dice: &mut Dice) -> String {
    let not = dice.maybe(20, "!= ");
    match dice.between(0, 3) {
        0 => format!("{not}{}", dice.pick(&PORTS)),
        1 => format!("{not}{}", port_block(dice.pick(&PORT_BLOCKS))),
        2 => format!("{not}{}-{}", dice.between(0, 79), dice.between(80, 9000)),
        _ => format!("{not}{{ {} }}", port_elements(dice)),
    }
}

fn addresses(dice: &mut Dice, place: &Place, family: Family, l4: L4) -> String {
    let word = if family == Family::V4 { "ip" } else { "ip6" };
    let side = dice.weighted(&[(70, "saddr"), (30, "daddr")]);
    let not = dice.maybe(20, "!= ");
    let set = |kind| place.sets.iter().find(|set| set.kind == kind);
    match dice.between(0, 6) {
        0 => format!("{word} {side} {not}{}", dice.pick(dice::sources(family))),
        1 => format!("{word} {side} {not}{}", dice.pick(dice::prefixes(family))),
        2 => format!("{word} {side} {not}{}", dice.pick(dice::blocks(family))),
        3 => {
            let elements = address_elements(dice, family);
            format!("{word} {side} {not}{{ {elements} }}")
        }
        4 => match set(SetKind::Addresses(family)) {
            Some(set) => format!("{word} {side} {not}@{}", set.name),
            None => String::new(),
        },
        5 => {
            let port = match l4 {
                L4::Tcp => "tcp dport",
                L4::Udp => "udp dport",
                L4::Sctp => "sctp dport",
                L4::Both => "th dport",
                L4::None | L4::Icmp => return String::new(),
            };
            let values = if let Some(set) = set(SetKind::Pairs(family)) {
                format!("@{}", set.name)
            } else {
                format!("{{ {} }}", pair_elements(dice, family))
            };
            format!("{word} {side} . {port} {not}{values}")
        }
        _ => String::new(),
    }
}

fn interface(dice: &mut Dice, place: &Place) -> String {
    if place.side == Side::Ingress || !dice.chance(20) {
        return String::new();
    }
    let name = dice.pick(&["iifname", "oifname"]);
    let not = dice.maybe(25, "!= ");
    let value = dice.pick(&[
        "\"eth0\"",
        "\"eth1\"",
        "\"eth*\"",
        "\"eth\"",
        "\"ens5\"",
        "{ \"eth0\", \"ens5\" }",
        "\"lo\"",
    ]);
    format!("{name} {not}{value}")
}

fn tracking(dice: &mut Dice, place: &Place) -> String {
    if let Some(set) = place.sets.iter().find(|set| set.kind == SetKind::States)
        && dice.chance(10)
    {
        return format!("ct state @{}", set.name);
    }
    if dice.chance(22) {
        return dice.pick(&STATES).to_string();
    }
    if dice.chance(4) {
        return dice
            .pick(&["ct status dnat", "ct status & dnat == 0"])
            .to_owned();
    }
    String::new()
}

/// The destination before translation.
fn original(dice: &mut Dice, family: Family) -> String {
    let word = if family == Family::V4 { "ip" } else { "ip6" };
    let not = dice.maybe(25, "!= ");
    let address = match dice.between(0, 1) {
        0 => dice.pick(dice::hosts(family)),
        _ => dice.pick(dice::prefixes(family)),
    };
    format!("ct original {word} daddr {not}{address}")
}

fn mark(dice: &mut Dice) -> String {
    if !dice.chance(10) {
        return String::new();
    }
    let mark = dice.pick(&MARKS);
    let word = dice.weighted(&[(75, "meta mark"), (25, "ct mark")]);
    match dice.between(0, 2) {
        0 => format!("{word} {mark:#x}"),
        1 => format!("{word} != {mark:#x}"),
        _ => format!("{word} and {mark:#x} == {mark:#x}"),
    }
}

fn other(dice: &mut Dice, place: &Place) -> String {
    let sees_sender = matches!(place.side, Side::Input | Side::Forward | Side::Prerouting);
    match dice.between(0, 24) {
        0 if sees_sender => "ether saddr 02:00:00:00:00:02".to_owned(),
        1 if sees_sender => "ether saddr != 02:00:00:00:00:04".to_owned(),
        2 if matches!(place.side, Side::Input | Side::Prerouting) => {
            "fib daddr type local".to_owned()
        }
        _ => String::new(),
    }
}

fn listed(words: Vec<&&str>) -> String {
    words.into_iter().copied().collect::<Vec<_>>().join(", ")
}

const STATES: [&str; 7] = [
    "ct state new",
    "ct state established,related",
    "ct state { established, related, new }",
    "ct state invalid",
    "ct state != new",
    "ct state untracked",
    "ct state != { invalid, untracked }",
];

const TCP_FLAGS: [&str; 7] = [
    "tcp flags syn",
    "tcp flags & (fin | syn | rst | ack) == syn",
    "tcp flags syn / syn,ack",
    "tcp flags { syn, ack, syn | ack }",
    "tcp flags != syn",
    "tcp flags & (syn | ack) != syn",
    "tcp flags ack,rst",
];

const ICMP_V4: [&str; 5] = [
    "icmp type echo-request",
    "icmp type { echo-request, timestamp-request }",
    "icmp type != echo-request",
    "icmp type destination-unreachable icmp code port-unreachable",
    "icmp type 0-7",
];

const ICMP_V6: [&str; 4] = [
    "icmpv6 type echo-request",
    "icmpv6 type { echo-reply, nd-router-solicit }",
    "icmpv6 type != echo-request",
    "icmpv6 type destination-unreachable icmpv6 code port-unreachable",
];
