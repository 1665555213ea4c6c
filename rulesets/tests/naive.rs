//! Everything again by a second evaluator that shares no code with the first, on random rules.

#[path = "support/change.rs"]
mod change;
mod support;

use change::opened;
use proptest::prelude::*;
use rulesets::questions::Region;
use rulesets::{Direction, Family, Flow, Protocol, Rule, SecurityGroups, Verdict};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use support::{flow, group};

/// One rule in words: action, service, far end.
type Line = (bool, &'static str, &'static str);

/// A group's inbound and outbound rules.
type Lines = (Vec<Line>, Vec<Line>);

const SERVICES: [&str; 12] = [
    "ALL ALL",
    "ALL -",
    "tcp 22",
    "TCP 20-100,443",
    "tcp ALL",
    "udp 22",
    "udp -",
    "icmp ALL",
    "ICMPv6 -",
    "gre -",
    "ppm-1 -",
    "tcp 0-22,65535",
];

const PEERS: [&str; 11] = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "10.128.0.7/9",
    "203.0.113.0/24",
    "203.0.113.7",
    "2001:db8::/32",
    "fd00::/8",
    "sg-2",
    "ipm-1",
    "ALL",
];

/// Blocks between whose edges no rule above changes its mind.
const BLOCKS: [(&str, u8); 16] = [
    ("10.0.0.0", 8),
    ("10.128.0.0", 9),
    ("203.0.113.0", 24),
    ("203.0.113.7", 32),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("100.64.0.0", 10),
    ("169.254.0.0", 16),
    ("127.0.0.0", 8),
    ("2001:db8::", 32),
    ("fd00::", 8),
    ("fc00::", 7),
    ("fe80::", 10),
    ("::1", 128),
    ("0.0.0.0", 0),
    ("::", 0),
];

/// The first port of each run that no rule above divides, with its length.
const PORT_RUNS: [(u16, u128); 8] = [
    (0, 20),
    (20, 2),
    (22, 1),
    (23, 78),
    (101, 342),
    (443, 1),
    (444, 65_091),
    (65_535, 1),
];

const FLOWS: [&str; 16] = [
    "in tcp 22 10.0.0.1",
    "in tcp 22 10.200.0.1",
    "in tcp 22 203.0.113.7",
    "in tcp 22 203.0.113.8",
    "in tcp 443 198.51.100.7",
    "in udp 22 203.0.113.7",
    "in tcp 22 2001:db8::7",
    "in tcp 7 fd00::1",
    "in icmp - 203.0.113.7",
    "in icmpv6 - 2001:db8::7",
    "in gre - 10.0.0.1",
    "out tcp 22 203.0.113.7",
    "out udp 53 10.0.0.1",
    "in tcp 22 -",
    "in tcp 22 -6",
    "out tcp 65535 2001:db9::1",
];

fn line() -> impl Strategy<Value = Line> {
    let service = prop::sample::select(SERVICES.as_slice());
    (
        any::<bool>(),
        service,
        prop::sample::select(PEERS.as_slice()),
    )
}

fn lines() -> impl Strategy<Value = Vec<Lines>> {
    let some = || prop::collection::vec(line(), 0..6);
    prop::collection::vec((some(), some()), 1..4)
}

fn bound(groups: &[Lines]) -> SecurityGroups {
    let text = |way: &str, (accept, service, peer): &Line| {
        let action = if *accept { "ACCEPT" } else { "DROP" };
        format!("{way} {action} {service} {peer}")
    };
    let build = |(number, (ingress, egress)): (usize, &Lines)| {
        let inbound = ingress.iter().map(|line| text("in", line));
        let outbound = egress.iter().map(|line| text("out", line));
        let texts: Vec<String> = inbound.chain(outbound).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        group(&format!("sg-{number}"), &texts)
    };
    SecurityGroups {
        groups: groups.iter().enumerate().map(build).collect(),
    }
}

/// A packet as the second evaluator sees it; `None` for the protocol is one without a name.
#[derive(Clone, Copy)]
struct Packet {
    outbound: bool,
    protocol: Option<Protocol>,
    family: Family,
    peer: Option<IpAddr>,
    port: Option<u16>,
}

impl From<Flow> for Packet {
    fn from(flow: Flow) -> Self {
        Self {
            outbound: flow.direction == Direction::Outbound,
            protocol: Some(flow.protocol),
            family: flow.family,
            peer: flow.peer,
            port: flow.port,
        }
    }
}

/// Does the service match? `None`: cannot be told.
fn service_matches(service: &str, packet: Packet) -> Option<bool> {
    let tcp = packet.protocol == Some(Protocol::Tcp);
    let udp = packet.protocol == Some(Protocol::Udp);
    let port = packet.port.unwrap_or_default();
    Some(match service {
        "ALL ALL" | "ALL -" => true,
        "tcp 22" => tcp && port == 22,
        "TCP 20-100,443" => tcp && ((20..=100).contains(&port) || port == 443),
        "tcp 0-22,65535" => tcp && (port <= 22 || port == 65_535),
        "tcp ALL" => tcp,
        "udp 22" => udp && port == 22,
        "udp -" => udp,
        "icmp ALL" => packet.protocol == Some(Protocol::Icmp) && packet.family == Family::V4,
        "ICMPv6 -" => packet.protocol == Some(Protocol::Icmpv6) && packet.family == Family::V6,
        "gre -" => packet.protocol == Some(Protocol::Gre),
        _ => return None,
    })
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn inside(address: IpAddr, block: &str, prefix: u8) -> bool {
    let block: IpAddr = block.parse().expect("blocks are written here");
    let bits = if block.is_ipv4() { 32 } else { 128 };
    let host = bits - u32::from(prefix);
    let cut = |address: IpAddr| number(address).checked_shr(host).unwrap_or(0);
    address.is_ipv4() == block.is_ipv4() && cut(address) == cut(block)
}

/// Is the far end in the peer? `None`: cannot be told.
fn peer_matches(peer: &str, packet: Packet) -> Option<bool> {
    let v4 = packet.family == Family::V4;
    let block = |prefix, base| match packet.peer {
        Some(address) => Some(inside(address, base, prefix)),
        None if v4 == base.contains('.') => None,
        None => Some(false),
    };
    match peer {
        "0.0.0.0/0" => Some(v4),
        "::/0" => Some(!v4),
        "ALL" if v4 => Some(true),
        "10.0.0.0/8" => block(8, "10.0.0.0"),
        "10.128.0.7/9" => block(9, "10.128.0.0"),
        "203.0.113.0/24" => block(24, "203.0.113.0"),
        "203.0.113.7" => block(32, "203.0.113.7"),
        "2001:db8::/32" => block(32, "2001:db8::"),
        "fd00::/8" => block(8, "fd00::"),
        "sg-2" => {
            let private = [4, 0, 5, 6, 7, 8, 11, 12, 13].map(|row| BLOCKS[row]);
            let address = packet.peer?;
            let inside = private
                .iter()
                .any(|(base, prefix)| inside(address, base, *prefix));
            // Every IPv6 address may be a member's.
            if inside || !v4 { None } else { Some(false) }
        }
        _ => None,
    }
}

fn matches((_, service, peer): &Line, packet: Packet) -> Option<bool> {
    match (service_matches(service, packet), peer_matches(peer, packet)) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Every action that some resolution of the undecided rules leads to.
fn outcomes(rules: &[Line], packet: Packet) -> BTreeSet<bool> {
    let Some((first, rest)) = rules.split_first() else {
        return BTreeSet::from([false]);
    };
    match matches(first, packet) {
        Some(true) => BTreeSet::from([first.0]),
        Some(false) => outcomes(rest, packet),
        None => {
            let mut both = outcomes(rest, packet);
            both.insert(first.0);
            both
        }
    }
}

/// All rules of a direction in the order they are read, less trailing denies when asked.
fn chain(groups: &[Lines], outbound: bool, skip_trailing: bool) -> Vec<Line> {
    let mut chain = Vec::new();
    for (number, (ingress, egress)) in groups.iter().enumerate() {
        let mut rules = if outbound {
            egress.clone()
        } else {
            ingress.clone()
        };
        if skip_trailing && number + 1 < groups.len() {
            let mut skipped = BTreeSet::new();
            while let Some((false, "ALL ALL" | "ALL -", peer @ ("0.0.0.0/0" | "::/0"))) =
                rules.last()
            {
                if !skipped.insert(*peer) {
                    break;
                }
                rules.pop();
            }
        }
        chain.extend(rules);
    }
    chain
}

fn outcome_of(verdict: &Verdict) -> BTreeSet<bool> {
    match verdict {
        Verdict::Allow { .. } => BTreeSet::from([true]),
        Verdict::Deny { .. } => BTreeSet::from([false]),
        Verdict::Unknown { .. } => BTreeSet::from([false, true]),
    }
}

/// The first rule that certainly matches, as group and index.
fn first_sure(groups: &[Lines], packet: Packet) -> Option<(usize, usize)> {
    groups
        .iter()
        .enumerate()
        .find_map(|(number, (ingress, egress))| {
            let rules = if packet.outbound { egress } else { ingress };
            let index = rules
                .iter()
                .position(|rule| matches(rule, packet) == Some(true))?;
            Some((number, index))
        })
}

/// One address of every piece of a family that no block divides, with the piece's size less one.
fn pieces(family: Family) -> Vec<(IpAddr, u128)> {
    let (bits, top) = match family {
        Family::V4 => (32, u128::from(u32::MAX)),
        Family::V6 => (128, u128::MAX),
    };
    let mut starts = BTreeSet::from([0]);
    for (base, prefix) in BLOCKS {
        let base: IpAddr = base.parse().expect("blocks are written here");
        if Family::from(base) == family {
            let size = 1_u128.checked_shl(bits - u32::from(prefix));
            let next = size.and_then(|size| number(base).checked_add(size));
            starts.insert(number(base));
            starts.extend(next.filter(|next| *next <= top));
        }
    }
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([top]);
    let piece = |(start, end): (&u128, u128)| {
        let address = match family {
            Family::V4 => {
                let bits = u32::try_from(*start).expect("IPv4 pieces start in 32 bits");
                Ipv4Addr::from_bits(bits).into()
            }
            Family::V6 => Ipv6Addr::from_bits(*start).into(),
        };
        (address, end - start)
    };
    starts.iter().zip(ends).map(piece).collect()
}

fn holds(region: &Region, packet: Packet) -> bool {
    let peer = packet.peer.expect("packets of the universe have a far end");
    let in_ports = match (region.ports, packet.port) {
        (None, None) => true,
        (Some(ports), Some(port)) => ports.first <= port && port <= ports.last,
        _ => false,
    };
    (region.direction == Direction::Outbound) == packet.outbound
        && region.family == packet.family
        && region.protocol == packet.protocol
        && in_ports
        && (number(region.first)..=number(region.last)).contains(&number(peer))
}

/// One packet for every piece of the universe that no rule divides, with how many it stands for.
fn universe() -> Vec<(Packet, u128)> {
    let mut packets = Vec::new();
    for outbound in [false, true] {
        for family in [Family::V4, Family::V6] {
            let echo = match family {
                Family::V4 => Protocol::Icmp,
                Family::V6 => Protocol::Icmpv6,
            };
            for (peer, more) in pieces(family) {
                let packet = |protocol, port| Packet {
                    outbound,
                    protocol,
                    family,
                    peer: Some(peer),
                    port,
                };
                let peers = more.saturating_add(1);
                for protocol in [Protocol::Tcp, Protocol::Udp] {
                    packets.extend(PORT_RUNS.map(|(port, ports)| {
                        (
                            packet(Some(protocol), Some(port)),
                            peers.saturating_mul(ports),
                        )
                    }));
                }
                for protocol in [Some(echo), Some(Protocol::Gre), None] {
                    packets.push((packet(protocol, None), peers));
                }
            }
        }
    }
    packets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn verdict_and_decider_agree(groups in lines()) {
        let bound = bound(&groups);
        for flow in FLOWS.map(flow) {
            let packet = Packet::from(flow);
            let explained = bound.explain(&flow);
            let strict = outcomes(&chain(&groups, packet.outbound, false), packet);
            prop_assert_eq!(&outcome_of(&explained.verdict), &strict);
            prop_assert_eq!(explained.denial.is_some(), strict == BTreeSet::from([false]));
            let older = outcomes(&chain(&groups, packet.outbound, true), packet);
            let expected = (older != strict).then_some(older);
            prop_assert_eq!(explained.without_trailing_deny.as_ref().map(outcome_of), expected);
            if let Verdict::Allow { decider } | Verdict::Deny { decider } = &explained.verdict {
                let sure = first_sure(&groups, packet);
                let set = sure.map_or(groups.len() - 1, |(group, _)| group);
                prop_assert_eq!(&decider.set, &format!("sg-{set}"));
                prop_assert_eq!(decider.index, sure.map(|(_, index)| index));
                prop_assert_eq!(decider.default, sure.is_none());
                let first = bound.matching(&flow).first().map(|rule| rule.index);
                prop_assert_eq!(first, decider.index);
            }
            prop_assert!(explained.near_misses.len() <= 5);
        }
    }

    #[test]
    fn a_rule_put_where_it_belongs_is_obeyed(groups in lines()) {
        let bound = bound(&groups);
        for flow in FLOWS.map(flow) {
            let Some(rule) = Rule::allow(&flow) else {
                prop_assert!(flow.peer.is_none());
                continue;
            };
            let (group, position) = bound.placement(&flow);
            let after = bound.with_rule(group, flow.direction, position, rule);
            let explained = after.explain(&flow);
            let allowed = matches!(explained.verdict, Verdict::Allow { .. });
            prop_assert!(allowed, "{:?}", explained);
            prop_assert_eq!(explained.without_trailing_deny, None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_opened_is_exact(before in lines(), after in lines()) {
        let opened = opened(&bound(&before), &bound(&after));
        let mut flows: u128 = 0;
        let yes = BTreeSet::from([true]);
        let chains = |groups: &[Lines]| [false, true].map(|out| chain(groups, out, false));
        let (before, after) = (chains(&before), chains(&after));
        for (packet, weight) in universe() {
            let way = usize::from(packet.outbound);
            let opens = outcomes(&after[way], packet) == yes && outcomes(&before[way], packet) != yes;
            let held = opened.regions.iter().filter(|region| holds(region, packet)).count();
            prop_assert_eq!(held, usize::from(opens));
            if opens {
                flows = flows.saturating_add(weight);
            }
        }
        prop_assert_eq!(opened.flows, u64::try_from(flows).unwrap_or(u64::MAX));
        prop_assert_eq!(opened.summary == "nothing", flows == 0);
    }

    #[test]
    fn nothing_is_opened_by_no_change(groups in lines()) {
        let bound = bound(&groups);
        prop_assert_eq!(opened(&bound, &bound).flows, 0);
    }
}
