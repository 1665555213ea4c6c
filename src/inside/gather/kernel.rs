//! The kernel's settings, counters and modules.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::files::{noted, what_failed};
use crate::inside::{
    Conntrack, Counters, Datum, Malformed, Modules, Source, moved, parse_conntrack_drops,
    parse_counters, parse_counters6, parse_softnet,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

/// The counters at one moment.
#[derive(Clone, Debug)]
pub struct Reading {
    /// `/proc/net/{snmp,snmp6,netstat}`, or why they could not be read.
    pub counters: Result<Counters, String>,
    /// Packets dropped by connection tracking; `None` when it is not active.
    pub conntrack_drops: Option<u64>,
}

/// Reads every counter.
pub fn reading(source: &dyn Source) -> Reading {
    let drops = source.text("/proc/net/stat/nf_conntrack").ok();
    Reading {
        counters: counters(source),
        conntrack_drops: drops.and_then(|file| parse_conntrack_drops(&file.text).ok()),
    }
}

impl Reading {
    /// Connection-tracking drops since an earlier reading.
    pub fn drops_since(&self, before: &Self) -> u64 {
        let (Some(before), Some(after)) = (before.conntrack_drops, self.conntrack_drops) else {
            return 0;
        };
        after.saturating_sub(before)
    }
}

/// The counters that moved between two readings.
pub fn counted(before: &Reading, after: &Reading) -> Datum<BTreeMap<String, u64>> {
    match (&before.counters, &after.counters) {
        (Ok(before), Ok(after)) => Datum::read(COUNTERS, moved(before, after)),
        (Err(reason), _) | (_, Err(reason)) => Datum::skipped(COUNTERS, reason),
    }
}

/// Settings that decide reachability; a setting this kernel does not have is left out.
pub(super) fn sysctls(
    source: &dyn Source,
    interfaces: &BTreeSet<String>,
) -> Datum<BTreeMap<String, String>> {
    let of_interfaces = interfaces
        .iter()
        .map(|interface| (format!("net.ipv4.conf.{interface}.rp_filter"), interface))
        .map(|(name, interface)| (name, format!("net/ipv4/conf/{interface}/rp_filter")));
    let named = SETTINGS.map(|name| (name.to_owned(), name.replace('.', "/")));
    let mut value = BTreeMap::new();
    let mut reason = "none of its files could be read".to_owned();
    for (name, path) in named.into_iter().chain(of_interfaces) {
        match source.text(&format!("{SYSCTLS}/{path}")) {
            Ok(file) => {
                value.insert(name, file.text.trim().to_owned());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => reason = error.to_string(),
        }
    }
    if value.is_empty() {
        return Datum::skipped(&format!("{SYSCTLS}/net"), reason);
    }
    Datum::read(&format!("{SYSCTLS}/net"), value)
}

/// The connection tracking table, with the packets it dropped meanwhile.
pub fn conntrack(source: &dyn Source, drops: u64) -> Datum<Conntrack> {
    let number = |file: &str| {
        let path = format!("{SYSCTLS}/net/netfilter/nf_conntrack_{file}");
        let text = source.text(&path).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                "connection tracking is not active".to_owned()
            } else {
                what_failed(&path, &error)
            }
        })?;
        let number = text.text.trim().parse::<u64>();
        number.map_err(|_| format!("{path}: not a number"))
    };
    let table = match number("count").and_then(|count| Ok((count, number("max")?))) {
        Ok((count, max)) => Datum::read(CONNTRACK, Conntrack { count, max, drops }),
        Err(reason) => Datum::skipped(CONNTRACK, reason),
    };
    noted(source, table)
}

/// The kernel's modules as its own files tell.
pub fn modules(source: &dyn Source) -> Modules {
    let text = |path: &str| source.text(path).ok().map(|file| file.text);
    let built_in = source.release().and_then(|release| {
        let places = ["/lib/modules", "/usr/lib/modules"];
        let mut places = places.iter();
        places.find_map(|place| text(&format!("{place}/{release}/modules.builtin")))
    });
    Modules::new(text("/proc/modules").as_deref(), built_in.as_deref())
}

fn counters(source: &dyn Source) -> Result<Counters, String> {
    let mut counters = Counters::new();
    for (file, parse) in PARSERS {
        let path = format!("/proc/net/{file}");
        let table = match source.text(&path) {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound && file == "snmp6" => continue,
            // It is beside the point of the others.
            Err(_) if file == SOFTNET => continue,
            Err(error) => return Err(what_failed(&path, &error)),
        };
        let mut read = parse(&table.text).map_err(|error| format!("{path}, {error}"))?;
        counters.append(&mut read);
    }
    Ok(counters)
}

type Parser = fn(&str) -> Result<Counters, Malformed>;

const PARSERS: [(&str, Parser); 4] = [
    ("snmp", parse_counters),
    ("netstat", parse_counters),
    ("snmp6", parse_counters6),
    (SOFTNET, parse_softnet),
];
const SOFTNET: &str = "softnet_stat";
/// Where the counters come from.
pub const COUNTERS: &str = "/proc/net/{snmp,snmp6,netstat,softnet_stat}";

const CONNTRACK: &str = "/proc/sys/net/netfilter, /proc/net/stat/nf_conntrack";
const SYSCTLS: &str = "/proc/sys";
pub(crate) const SETTINGS: [&str; 19] = [
    "net.core.somaxconn",
    "net.ipv4.conf.all.arp_ignore",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.icmp_echo_ignore_broadcasts",
    "net.ipv4.icmp_ratelimit",
    "net.ipv4.icmp_ratemask",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_mtu_probing",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_tw_recycle",
    "net.ipv6.bindv6only",
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.icmp.echo_ignore_all",
];
