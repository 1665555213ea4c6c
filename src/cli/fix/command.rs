//! Commands that make a fix.

use rulesets::host::{Backend, Table, TableFamily};
use rulesets::questions::{Fix, FixKind, Gate};
use rulesets::{Family, LayerKind, Layered, MatchingRule, Packet, Rule, Way};

/// The command that adds the accept, for security groups of Tencent Cloud and for the tables of a host.
pub(super) fn command(way: &Way, packet: &Packet, gate: &Gate, fix: &Fix) -> Option<String> {
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

/// The base chains that iptables makes.
const BUILT_IN: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
