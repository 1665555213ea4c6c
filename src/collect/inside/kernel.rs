//! The kernel's settings and counters.

use super::files::{read, read_text, skipped};
use crate::inside::{
    Conntrack, Counters, Datum, parse_conntrack_drops, parse_counters, parse_counters6,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

/// The counters at one moment.
#[derive(Clone)]
pub(super) struct Reading {
    /// `/proc/net/{snmp,snmp6,netstat}`, or why they could not be read.
    pub(super) counters: Result<Counters, String>,
    /// Packets dropped by connection tracking; `None` when it is not active.
    pub(super) conntrack_drops: Option<u64>,
}

/// Reads every counter.
pub(super) fn reading() -> Reading {
    let drops = read_text("/proc/thread-self/net/stat/nf_conntrack").ok();
    Reading {
        counters: counters(),
        conntrack_drops: drops.and_then(|file| parse_conntrack_drops(&file.text).ok()),
    }
}

impl Reading {
    /// Connection-tracking drops since an earlier reading.
    pub(super) fn drops_since(&self, before: &Self) -> u64 {
        let (Some(before), Some(after)) = (before.conntrack_drops, self.conntrack_drops) else {
            return 0;
        };
        after.saturating_sub(before)
    }
}

/// Settings that decide reachability; a setting this kernel does not have is left out.
pub(super) fn sysctls(interfaces: &BTreeSet<String>) -> Datum<BTreeMap<String, String>> {
    let mut value = BTreeMap::new();
    let mut keep = |name: String, path: String| {
        if let Ok(file) = read_text(path) {
            value.insert(name, file.text.trim().to_owned());
        }
    };
    for name in SETTINGS {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        keep(name.to_owned(), path);
    }
    for interface in interfaces {
        keep(
            format!("net.ipv4.conf.{interface}.rp_filter"),
            format!("/proc/sys/net/ipv4/conf/{interface}/rp_filter"),
        );
    }
    if value.is_empty() {
        return skipped("/proc/sys/net", "none of its files could be read");
    }
    read("/proc/sys/net", value)
}

/// The connection tracking table, with the packets it dropped meanwhile.
pub(super) fn conntrack(drops: u64) -> Datum<Conntrack> {
    let number = |file: &str| {
        let path = format!("/proc/sys/net/netfilter/nf_conntrack_{file}");
        let text = read_text(&path).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                "connection tracking is not active".to_owned()
            } else {
                format!("{path}: {error}")
            }
        })?;
        let number = text.text.trim().parse::<u64>();
        number.map_err(|_| format!("{path}: not a number"))
    };
    match number("count").and_then(|count| Ok((count, number("max")?))) {
        Ok((count, max)) => read(CONNTRACK, Conntrack { count, max, drops }),
        Err(reason) => skipped(CONNTRACK, reason),
    }
}

fn counters() -> Result<Counters, String> {
    let mut counters = Counters::new();
    for file in ["snmp", "netstat", "snmp6"] {
        let path = format!("/proc/thread-self/net/{file}");
        let table = match read_text(&path) {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound && file == "snmp6" => continue,
            Err(error) => return Err(format!("{path}: {error}")),
        };
        let parse = match file {
            "snmp6" => parse_counters6,
            _ => parse_counters,
        };
        let mut read = parse(&table.text).map_err(|error| format!("{path}, {error}"))?;
        counters.append(&mut read);
    }
    Ok(counters)
}

/// Where the counters come from.
pub(super) const COUNTERS: &str = "/proc/thread-self/net/{snmp,snmp6,netstat}";

const CONNTRACK: &str = "/proc/sys/net/netfilter, /proc/thread-self/net/stat/nf_conntrack";

const SETTINGS: [&str; 10] = [
    "net.core.somaxconn",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv6.bindv6only",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.icmp.echo_ignore_all",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_their_names() {
        let interfaces = BTreeSet::from(["lo".to_owned(), "nosuch0".to_owned()]);
        let settings = sysctls(&interfaces);
        let settings = settings.value().unwrap();
        let range = settings.get("net.ipv4.ip_local_port_range").unwrap();
        assert_eq!(range.split_whitespace().count(), 2);
        assert!(settings.contains_key("net.ipv4.conf.lo.rp_filter"));
        assert!(!settings.contains_key("net.ipv4.conf.nosuch0.rp_filter"));
    }

    #[test]
    fn counters_of_this_kernel_have_the_names_we_use() {
        let counters = reading().counters.unwrap();
        for name in [
            "Ip.InReceives",
            "Ip.InDelivers",
            "Tcp.OutRsts",
            "Icmp.OutDestUnreachs",
            "TcpExt.ListenOverflows",
            "TcpExt.TCPRetransFail",
        ] {
            assert!(counters.contains_key(name), "{name}");
        }
    }
}
