//! Commands that make a fix.

use rulesets::host::{Backend, Table, TableFamily};
use rulesets::questions::{Fix, FixKind, Gate, Place};
use rulesets::{Family, LayerKind, Layered, Packet, Rule, Way};

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
            let chain = gate.name.rsplit(' ').next()?;
            host_command(packet, table, chain, fix)
        }
        Layered::Groups(..) | Layered::Cloud(_) | Layered::Host(..) => None,
    })
}

/// A command of the tool that made the table.
fn host_command(packet: &Packet, table: &Table, chain: &str, fix: &Fix) -> Option<String> {
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
        let at = match (fix.place, &fix.rule) {
            (Place::Above, Some(rule)) => format!("-I {chain} {}", rule.index + 1),
            (Place::Below, Some(rule)) => format!("-I {chain} {}", rule.index + 2),
            (Place::Top, _) => format!("-I {chain} 1"),
            (Place::End, _) => format!("-A {chain}"),
            (Place::Above | Place::Below, None) | (Place::Itself, _) => return None,
        };
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
    let (verb, at) = nft_place(fix)?;
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

/// The verb of nft that adds a rule at the place, and the rule that it is told by.
fn nft_place(fix: &Fix) -> Option<(&'static str, String)> {
    let handle = fix.rule.as_ref().and_then(|rule| rule.handle);
    Some(match (fix.place, handle) {
        (Place::Above, Some(handle)) => ("insert", format!(" handle {handle}")),
        (Place::Below, Some(handle)) => ("add", format!(" handle {handle}")),
        (Place::Top, _) => ("insert", String::new()),
        (Place::End, _) => ("add", String::new()),
        (Place::Above | Place::Below, None) | (Place::Itself, _) => return None,
    })
}

/// The base chains that iptables makes.
const BUILT_IN: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
