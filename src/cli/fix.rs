//! Changes of rules that would let a flow pass, each with what else it opens.

use super::question::has_ports;
use super::sets::budget;
use crate::report::printable_line;
use rulesets::host::{Backend, Table, TableFamily};
use rulesets::questions::{Fix, FixKind, FlowSet, Gate, Gates, fixes, flow_sets, whole};
use rulesets::space::{Cube, Field, Span};
use rulesets::{Direction, Family, LayerKind, Layered, MatchingRule, Packet, Rule, Way};
use serde::Serialize;

/// One change.
#[derive(Debug, Serialize)]
pub(super) struct Offer {
    /// The layer it is made in.
    layer: &'static str,
    /// The set or chain it is made in.
    gate: String,
    /// What is done, in words.
    summary: String,
    /// Whether the wanted flow certainly passes every layer after it; else another one has to change
    /// as well.
    suffices: bool,
    /// How many packets it opens beyond the wanted flow.
    opens_besides: u128,
    /// Everything it opens.
    opens: Vec<FlowSet>,
    /// The rule it is done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<MatchingRule>,
    /// A command that makes it, where the rules' maker has one we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
}

/// Changes for every gate that does not certainly let the packet pass, smallest effect first; for a
/// layer that keeps no track of flows, those for the answers too.
pub(super) fn offers(way: &Way, packet: &Packet) -> anyhow::Result<Vec<Offer>> {
    let direction = packet.direction();
    let gates = way.gates(direction, packet.family)?;
    let wanted = wanted(packet);
    let mut all = Vec::new();
    for fix in fixes(&gates, &wanted, &budget())? {
        all.push(offer(way, packet, &gates, &fix));
    }
    let other = match direction {
        Direction::Inbound => Direction::Outbound,
        Direction::Outbound => Direction::Inbound,
    };
    let mut back = way.gates(other, packet.family)?;
    back.gates
        .retain(|gate| gate.layer == LayerKind::NetworkAcl);
    for fix in fixes(&back, &answers(&wanted), &budget())? {
        let mut offer = offer(way, packet, &back, &fix);
        offer.summary = format!("for the answers, {}", offer.summary);
        offer.command = None;
        all.push(offer);
    }
    Ok(all)
}

/// The packets asked for: what the question leaves open may be anything.
fn wanted(packet: &Packet) -> Cube {
    let mut cube =
        whole(packet.family).with(Field::Protocol, Span::one(u128::from(packet.protocol)));
    if let Some(source) = packet.source {
        cube = cube.with(Field::Source, Span::from(source));
    }
    if let Some(destination) = packet.destination {
        cube = cube.with(Field::Destination, Span::from(destination));
    }
    if has_ports(packet.protocol) {
        if let Some(port) = packet.destination_port {
            cube = cube.with(Field::B, Span::one(u128::from(port)));
        }
        if let Some(port) = packet.source_port {
            cube = cube.with(Field::A, Span::one(u128::from(port)));
        }
    } else if let Some(kind) = packet.icmp_type {
        let kind = u128::from(kind) << 8;
        let codes = packet.icmp_code.map(u128::from);
        let (first, last) = (codes.unwrap_or(0), codes.unwrap_or(255));
        cube = Span::new(kind | first, kind | last).map_or(cube, |span| cube.with(Field::B, span));
    }
    cube
}

/// The answers to these packets: they go to whatever port a client chooses.
fn answers(wanted: &Cube) -> Cube {
    let ephemeral = Span::new(EPHEMERAL.0, EPHEMERAL.1);
    let ports = wanted.span(Field::B);
    let swapped = wanted
        .with(Field::Source, wanted.span(Field::Destination))
        .with(Field::Destination, wanted.span(Field::Source));
    let named = wanted.span(Field::A);
    let back = if named.first() == named.last() {
        Some(named)
    } else {
        ephemeral
    };
    let protocol = u8::try_from(wanted.span(Field::Protocol).first()).unwrap_or_default();
    match back.filter(|_| has_ports(protocol)) {
        Some(back) => swapped.with(Field::A, ports).with(Field::B, back),
        None => swapped.with(Field::B, Span::up_to(u128::from(u16::MAX))),
    }
}

fn offer(way: &Way, packet: &Packet, gates: &Gates, fix: &Fix) -> Offer {
    let gate = &gates.gates[fix.gate];
    let family = gates.family;
    let opened: Vec<Cube> = fix.changes.opened.iter().map(|shift| shift.cube).collect();
    Offer {
        layer: gate.layer.name(),
        gate: gate.name.clone(),
        summary: summary(gate, gates, fix),
        suffices: fix.suffices,
        opens_besides: fix.excess,
        opens: flow_sets(&opened, family),
        rule: fix.rule.clone(),
        command: command(way, packet, gate, fix),
    }
}

fn summary(gate: &Gate, gates: &Gates, fix: &Fix) -> String {
    let matches = flow_sets(&fix.matches, gates.family);
    let flows: Vec<String> = matches.iter().take(SHOWN).map(FlowSet::to_string).collect();
    let flows = flows.join("; ");
    match (fix.kind, &fix.rule) {
        (FixKind::Insert, Some(rule)) => format!("add an accept for {flows} above {rule}"),
        (FixKind::Insert, None) => {
            format!("add an accept for {flows} at the end of `{}`", gate.name)
        }
        (FixKind::Narrow, Some(rule)) => format!("narrow {rule} to {flows}"),
        (FixKind::Widen, Some(rule)) => format!("widen {rule} to {flows}"),
        (FixKind::Narrow | FixKind::Widen, None) => format!("change `{}`", gate.name),
    }
}

/// The command that adds the accept, for the rule lists of clouds and for the tables of a host.
fn command(way: &Way, packet: &Packet, gate: &Gate, fix: &Fix) -> Option<String> {
    if fix.kind != FixKind::Insert {
        return None;
    }
    way.layers.iter().find_map(|layer| match layer {
        Layered::Groups(groups, _) if gate.layer == LayerKind::SecurityGroup => {
            let flow = packet.flow()?;
            let rule = Rule::allow(&flow)?;
            let (group, position) = groups.placement(&flow);
            let own = groups.groups.get(group)?;
            Some(rulesets::tencent::create_rule_command(
                &own.id,
                own.version.as_deref(),
                flow.direction,
                position,
                &rule,
            ))
        }
        Layered::Host(rules, _) if gate.layer == LayerKind::HostFirewall => {
            let table = rules.tables.iter().find(|table| {
                let mut chains = table.chains.iter();
                chains.any(|chain| gate.name == format!("{} {}", chain.chain.set, chain.chain.name))
            })?;
            let base = gate.name.rsplit(' ').next()?;
            let (chain, place) = fix.rule.as_ref().map_or((base, None), |rule| {
                (rule.chain.as_deref().unwrap_or(base), Some(rule))
            });
            host_command(packet, table, chain, place)
        }
        Layered::Cloud(layer)
            if (layer.kind, &layer.fallback(packet.direction()).set)
                == (gate.layer, &gate.name) =>
        {
            let made = rulesets::export::add_accept(layer, packet, fix.rule.as_ref())?;
            Some(made.add)
        }
        Layered::Groups(..) | Layered::Cloud(_) | Layered::Host(..) => None,
    })
}

/// A command of the tool that made the table.
fn host_command(
    packet: &Packet,
    table: &Table,
    chain: &str,
    place: Option<&MatchingRule>,
) -> Option<String> {
    let plain = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !text.is_empty() && !text.starts_with('-') && text.chars().all(fits)
    };
    let port = packet.destination_port?;
    let protocol = match packet.protocol {
        6 => "tcp",
        17 => "udp",
        _ => return None,
    };
    if !plain(chain) || !plain(&table.name) {
        return None;
    }
    let six = packet.family == Family::V6;
    let made_by_iptables = table
        .chains
        .iter()
        .any(|chain| chain.base.is_some() && BUILT_IN.contains(&chain.chain.name.as_str()));
    if made_by_iptables && matches!(table.family, TableFamily::Ip | TableFamily::Ip6) {
        let tool = match (six, table.backend) {
            (false, Backend::Nftables) => "iptables",
            (true, Backend::Nftables) => "ip6tables",
            (false, Backend::Legacy) => "iptables-legacy",
            (true, Backend::Legacy) => "ip6tables-legacy",
        };
        let at = place.map_or_else(
            || format!("-A {chain}"),
            |rule| format!("-I {chain} {}", rule.index + 1),
        );
        let source = packet.source.map(|source| format!(" -s {source}"));
        let source = source.unwrap_or_default();
        let name = &table.name;
        return Some(format!(
            "{tool} -t {name} {at} -p {protocol}{source} --dport {port} -j ACCEPT"
        ));
    }
    let family = match table.family {
        TableFamily::Ip => "ip",
        TableFamily::Ip6 => "ip6",
        TableFamily::Inet => "inet",
        TableFamily::Arp | TableFamily::Bridge | TableFamily::Netdev => return None,
    };
    let handle = place.map(|rule| rule.handle.map(|handle| format!(" handle {handle}")));
    let (verb, at) = match handle {
        None => ("add", String::new()),
        Some(Some(handle)) => ("insert", handle),
        Some(None) => return None,
    };
    let word = if six { "ip6" } else { "ip" };
    let source = packet
        .source
        .map(|source| format!("{word} saddr {source} "));
    let source = source.unwrap_or_default();
    let name = &table.name;
    Some(format!(
        "nft {verb} rule {family} {name} {chain}{at} {source}{protocol} dport {port} accept"
    ))
}

/// The offers for people.
pub(super) fn offers_text(offers: &[Offer]) -> String {
    let mut text = String::new();
    let mut push = |line: String| {
        text.push_str(&printable_line(&line));
        text.push('\n');
    };
    if offers.is_empty() {
        push("fix: none is needed, or none is known".to_owned());
    }
    for offer in offers {
        push(format!("fix in {}: {}", offer.layer, offer.summary));
        let besides = match offer.opens_besides {
            0 => "  opens nothing else".to_owned(),
            more => format!("  opens {more} packets besides"),
        };
        let enough = if offer.suffices {
            ""
        } else {
            "; another layer has to change as well"
        };
        push(format!("{besides}{enough}"));
        if let Some(command) = &offer.command {
            push(format!("  {command}"));
        }
    }
    text
}

/// Ports that clients choose from (RFC 6335 has 49152 up; Linux begins at 32768, older systems at
/// 1024).
const EPHEMERAL: (u128, u128) = (1024, 65535);
/// The base chains that iptables makes.
const BUILT_IN: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
/// How many lines of flows a summary holds.
const SHOWN: usize = 4;
