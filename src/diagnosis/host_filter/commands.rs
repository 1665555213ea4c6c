//! Places and packets of the host's rules in the words of the tools that change them.

use super::HostFilter;
use rulesets::host::Backend;
use rulesets::{Direction, Packet, State};
use std::net::IpAddr;

/// A chain, in the words of its tool.
pub(super) struct At {
    /// Such as `inet f`.
    pub(super) set: String,
    /// The tool of the iptables family that made it; `None` for nft's own.
    pub(super) program: Option<String>,
}

impl At {
    /// `None` where the names would not be plain words of a command.
    pub(super) fn new(
        filter: &HostFilter<'_>,
        backend: Backend,
        set: &str,
        chain: &str,
    ) -> Option<Self> {
        let (family, table) = set.split_once(' ')?;
        (plain(family) && plain(table) && plain(chain)).then(|| Self {
            set: set.to_owned(),
            program: program(filter, backend, family, table, chain),
        })
    }

    pub(super) fn table_option(&self) -> String {
        match self.set.split_once(' ') {
            None | Some((_, "filter")) => String::new(),
            Some((_, table)) => format!(" -t {table}"),
        }
    }

    pub(super) fn undo_by_handle(&self, chain: &str) -> String {
        let set = &self.set;
        format!(
            "nft delete rule {set} {chain} handle N, the handle that `nft -a list chain {set} {chain}` shows"
        )
    }
}

/// The tool that lists a chain, without its `-save`.
fn program(
    filter: &HostFilter<'_>,
    backend: Backend,
    family: &str,
    table: &str,
    chain: &str,
) -> Option<String> {
    let prefix = match family {
        "ip" => "iptables",
        "ip6" => "ip6tables",
        _ => return None,
    };
    let suffix = match backend {
        Backend::Legacy => "legacy",
        Backend::Nftables => "nft",
    };
    let key = format!("{prefix}-{suffix}");
    let (source, listing) = filter.listing(&key)?;
    let named = listing
        .lines()
        .any(|line| line.trim() == format!("*{table}"))
        && listing
            .lines()
            .any(|line| line.starts_with(&format!(":{chain} ")));
    named.then(|| {
        let file = source.rsplit('/').next().unwrap_or_default();
        file.strip_suffix("-save")
            .filter(|name| plain(name))
            .map_or(key, str::to_owned)
    })
}

/// The far end and the port of a packet, as the fields to match: the side that is not this host's.
pub(super) struct Side {
    /// True when the far end is the source.
    pub(super) source: bool,
    pub(super) address: IpAddr,
    pub(super) port: Option<u16>,
    pub(super) protocol: u8,
}

/// Which packets an exception is for: towards a port of this host from one client, a reply from it, or
/// towards a far end's port.
pub(super) fn side(packet: &Packet) -> Option<Side> {
    let inbound = packet.direction() == Direction::Inbound;
    let reply = packet.state == State::Established;
    let (address, source) = if inbound {
        (packet.source?, true)
    } else {
        (packet.destination?, false)
    };
    let port = if reply {
        packet.source_port
    } else {
        packet.destination_port
    };
    Some(Side {
        source,
        address,
        port,
        protocol: packet.protocol,
    })
}

pub(super) fn nft_words(packet: &Packet) -> Option<String> {
    let side = side(packet)?;
    let family = if side.address.is_ipv4() { "ip" } else { "ip6" };
    let end = if side.source { "saddr" } else { "daddr" };
    let port = ["dport", "sport"][usize::from(packet.state == State::Established)];
    let what = match (side.protocol, side.port, packet.icmp_type) {
        (6, Some(number), _) => format!("tcp {port} {number}"),
        (17, Some(number), _) => format!("udp {port} {number}"),
        (1, _, Some(kind)) => format!("icmp type {kind}"),
        (58, _, Some(kind)) => format!("icmpv6 type {kind}"),
        _ => return None,
    };
    Some(format!("{family} {end} {} {what}", side.address))
}

pub(super) fn iptables_words(packet: &Packet) -> Option<String> {
    let side = side(packet)?;
    let end = if side.source { "-s" } else { "-d" };
    let port = ["--dport", "--sport"][usize::from(packet.state == State::Established)];
    let what = match (side.protocol, side.port, packet.icmp_type) {
        (6, Some(number), _) => format!("-p tcp {port} {number}"),
        (17, Some(number), _) => format!("-p udp {port} {number}"),
        (1, _, Some(kind)) => format!("-p icmp --icmp-type {kind}"),
        (58, _, Some(kind)) => format!("-p ipv6-icmp --icmpv6-type {kind}"),
        _ => return None,
    };
    Some(format!("{end} {} {what}", side.address))
}

/// Whether a name, or the words of a rule, can stand in a command as they are: nothing a shell would
/// take for its own.
pub(super) fn plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "_-./:,+! ".contains(it))
}
