//! Load, memory, pressure and name servers, from the text of their files.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// `/proc/loadavg`, see `proc_loadavg(5)`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Load {
    /// Tasks that ran or waited, averaged over one minute.
    pub one_minute: f64,
    /// The same over fifteen minutes.
    pub fifteen_minutes: f64,
    /// Tasks that exist.
    pub tasks: u64,
}

/// `/proc/meminfo`, in KiB.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Memory {
    /// What there is.
    pub total_kib: u64,
    /// What new programs could have without swapping; `None` of kernels before 3.14.
    pub available_kib: Option<u64>,
    /// Swap that is free.
    pub swap_free_kib: u64,
}

/// How much of something is taken.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Usage {
    /// In use.
    pub used: u64,
    /// The most possible.
    pub max: u64,
}

/// Reads `/proc/loadavg`.
pub fn parse_load(text: &str) -> Option<Load> {
    let mut words = text.split_whitespace();
    let mut average = || words.next()?.parse().ok().filter(|it: &f64| it.is_finite());
    let (one_minute, _, fifteen_minutes) = (average()?, average()?, average()?);
    let (_, tasks) = words.next()?.split_once('/')?;
    Some(Load {
        one_minute,
        fifteen_minutes,
        tasks: tasks.parse().ok()?,
    })
}

/// Reads `/proc/meminfo`.
pub fn parse_memory(text: &str) -> Option<Memory> {
    let value = |name: &str| {
        let mut lines = text.lines();
        let rest = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    Some(Memory {
        total_kib: value("MemTotal")?,
        available_kib: value("MemAvailable"),
        swap_free_kib: value("SwapFree")?,
    })
}

/// Reads one file of `/proc/pressure`: the kind (`some`, `full`) and its ten-second average.
pub fn parse_pressure(text: &str) -> Option<Vec<(String, f64)>> {
    text.lines()
        .map(|line| {
            let mut words = line.split_whitespace();
            let kind = words.next().filter(|it| ["some", "full"].contains(it))?;
            let average = words.next()?.strip_prefix("avg10=")?.parse().ok()?;
            Some((kind.to_owned(), average))
        })
        .collect()
}

/// Reads `/proc/uptime`: whole seconds since boot.
pub fn parse_uptime(text: &str) -> Option<u64> {
    text.split(['.', ' ']).next()?.parse().ok()
}

/// Reads `/proc/sys/fs/file-nr`.
pub fn parse_descriptors(text: &str) -> Option<Usage> {
    let mut numbers = text.split_whitespace().map(str::parse);
    let (used, _, max) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Some(Usage {
        used: used.ok()?,
        max: max.ok()?,
    })
}

/// The name servers of `resolv.conf(5)`, at most 16; an address with a zone is given without it.
pub fn parse_resolvers(text: &str) -> Vec<IpAddr> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            if words.next()? != "nameserver" {
                return None;
            }
            let server = words.next()?;
            server.split('%').next()?.parse().ok()
        })
        .take(16)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_read_or_refused() {
        let load = parse_load("61.05 8.00 0.52 3/120 6341\n").unwrap();
        assert_eq!(
            (load.one_minute, load.fifteen_minutes, load.tasks),
            (61.05, 0.52, 120)
        );
        for text in ["", "1 2 3", "1 2 3 4", "NaN 1 1 1/2 3", "1 2 3 1/x"] {
            assert_eq!(parse_load(text), None, "{text}");
        }
        let memory = "MemTotal:  8000 kB\nMemFree: 1 kB\nMemAvailable: 20 kB\nSwapFree: 0 kB\n";
        let read = parse_memory(memory).unwrap();
        assert_eq!(
            (read.total_kib, read.available_kib, read.swap_free_kib),
            (8000, Some(20), 0)
        );
        assert_eq!(parse_memory("MemTotal: x"), None);
        assert_eq!(parse_uptime("27301.53 1.0\n"), Some(27301));
        assert_eq!(parse_uptime("up"), None);
        assert_eq!(
            parse_descriptors("644\t0\t900\n"),
            Some(Usage {
                used: 644,
                max: 900
            })
        );
        assert_eq!(parse_descriptors("644 0"), None);
    }

    #[test]
    fn pressure_is_kept_by_kind() {
        let text = "some avg10=61.05 avg60=1 avg300=1 total=1\nfull avg10=0.50 avg60=0 total=0\n";
        let read = parse_pressure(text).unwrap();
        assert_eq!(read, [("some".to_owned(), 61.05), ("full".to_owned(), 0.5)]);
        assert_eq!(parse_pressure("other avg10=1"), None);
        assert_eq!(parse_pressure("some avg60=1"), None);
    }

    #[test]
    fn name_servers_are_addresses_and_nothing_else() {
        let text = "# nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver fe80::1%eth0\n\
                    nameserver x\nsearch nameserver 192.0.2.3\n";
        let servers: Vec<_> = parse_resolvers(text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(servers, ["192.0.2.2", "fe80::1"]);
    }
}
