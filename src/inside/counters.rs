//! Reads the kernel's packet counters: `/proc/net/{snmp,snmp6,netstat}` (RFC 1213 names and Linux's
//! own) and `/proc/net/stat/nf_conntrack`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::ConnectCounters;
use super::malformed::{Malformed, rows};
use std::collections::BTreeMap;

/// Counter values by name, such as `Ip.InReceives` or `Ip6InReceives`.
pub type Counters = BTreeMap<String, u64>;

/// Reads `/proc/net/snmp` or `/proc/net/netstat`: pairs of lines, names above values.
///
/// A value that is not a count, such as the -1 of `Tcp.MaxConn`, is left out.
pub fn parse_counters(text: &str) -> Result<Counters, Malformed> {
    let mut counters = Counters::new();
    let mut lines = rows(text, 0);
    while let Some((line, names)) = lines.next() {
        let malformed = |what| Malformed { line, what };
        let (group, names) = names
            .split_once(':')
            .ok_or_else(|| malformed("no group name before a colon"))?;
        let (_, values) = lines
            .next()
            .ok_or_else(|| malformed("names without a line of values"))?;
        let (values_group, values) = values
            .split_once(':')
            .ok_or_else(|| malformed("the values have no group name"))?;
        if group != values_group {
            return Err(malformed("names and values are of different groups"));
        }
        let mut values = values.split_ascii_whitespace();
        for name in names.split_ascii_whitespace() {
            let value = values
                .next()
                .ok_or_else(|| malformed("fewer values than names"))?;
            if let Ok(value) = value.parse() {
                counters.insert(format!("{group}.{name}"), value);
            }
        }
        if values.next().is_some() {
            return Err(malformed("more values than names"));
        }
    }
    Ok(counters)
}

/// Reads `/proc/net/softnet_stat`, a line of hexadecimal numbers a processor (`net/core/net-procfs.c`):
/// packets dropped because its queue was full, and times it ran out of its share. They are the whole
/// machine's, not those of one network namespace.
pub fn parse_softnet(text: &str) -> Result<Counters, Malformed> {
    let mut counters = Counters::new();
    for (line, row) in rows(text, 0) {
        for (column, name) in [(1, "Softnet.Dropped"), (2, "Softnet.Squeezed")] {
            let field = row.split_ascii_whitespace().nth(column);
            let value = field.and_then(|it| u64::from_str_radix(it, 16).ok());
            let value = value.ok_or(Malformed {
                line,
                what: "not a row of hexadecimal numbers",
            })?;
            *counters.entry(name.to_owned()).or_default() += value;
        }
    }
    Ok(counters)
}

/// Reads `/proc/net/snmp6`: a name and a value a line.
pub fn parse_counters6(text: &str) -> Result<Counters, Malformed> {
    rows(text, 0)
        .map(|(line, row)| {
            let malformed = |what| Malformed { line, what };
            let mut fields = row.split_ascii_whitespace();
            let (Some(name), Some(value), None) = (fields.next(), fields.next(), fields.next())
            else {
                return Err(malformed("not a name and a value"));
            };
            let value = value
                .parse()
                .map_err(|_| malformed("the value is not a number"))?;
            Ok((name.to_owned(), value))
        })
        .collect()
}

/// Packets that connection tracking dropped, over all processors: the `drop` column of
/// `/proc/net/stat/nf_conntrack`, whose values are hexadecimal.
pub fn parse_conntrack_drops(text: &str) -> Result<u64, Malformed> {
    let mut lines = rows(text, 0);
    let column = lines
        .next()
        .and_then(|(_, heading)| {
            heading
                .split_ascii_whitespace()
                .position(|name| name == "drop")
        })
        .ok_or(Malformed {
            line: 1,
            what: "no column named `drop`",
        })?;
    lines.try_fold(0u64, |sum, (line, row)| {
        let drops = row
            .split_ascii_whitespace()
            .nth(column)
            .and_then(|value| u64::from_str_radix(value, 16).ok())
            .ok_or(Malformed {
                line,
                what: "the `drop` column is not hexadecimal",
            })?;
        Ok(sum.saturating_add(drops))
    })
}

/// What moved between two readings; gauges and counters that were reset are left out.
pub fn moved(before: &Counters, after: &Counters) -> Counters {
    after
        .iter()
        .filter(|(name, _)| !GAUGES.contains(&name.as_str()))
        .filter_map(|(name, after)| {
            let delta = after.checked_sub(*before.get(name)?)?;
            (delta > 0).then(|| (name.clone(), delta))
        })
        .collect()
}

/// The counters that tell what became of one connect; `v6` chooses the family's own.
pub fn connect_counters(moved: &Counters, v6: bool, conntrack_drops: u64) -> ConnectCounters {
    let count = |v4_name: &str, v6_name: &str| {
        let name = if v6 { v6_name } else { v4_name };
        moved.get(name).copied().unwrap_or(0)
    };
    let both = |name| count(name, name);
    ConnectCounters {
        in_receives: count("Ip.InReceives", "Ip6InReceives"),
        in_delivers: count("Ip.InDelivers", "Ip6InDelivers"),
        forwarded: count("Ip.ForwDatagrams", "Ip6OutForwDatagrams"),
        out_rsts: both("Tcp.OutRsts"),
        out_dest_unreachs: count("Icmp.OutDestUnreachs", "Icmp6OutDestUnreachs"),
        listen_overflows: both("TcpExt.ListenOverflows"),
        retrans_fail: both("TcpExt.TCPRetransFail"),
        conntrack_drops,
    }
}

/// Names in these files whose value is a level, not a count.
const GAUGES: [&str; 7] = [
    "Ip.DefaultTTL",
    "Ip.Forwarding",
    "MPTcpExt.MPCurrEstab",
    "Tcp.CurrEstab",
    "Tcp.RtoAlgorithm",
    "Tcp.RtoMax",
    "Tcp.RtoMin",
];

#[cfg(test)]
mod tests {
    use super::*;

    const SNMP: &str = "\
Ip: Forwarding DefaultTTL InReceives InHdrErrors InDelivers
Ip: 2 64 1200 0 1180
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens CurrEstab OutRsts
Tcp: 1 200 120000 -1 7 3 12
";

    const STAT: &str = "\
entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00000011  00000000 00000000 00000000 00000002 00000000 00000000 00000000 00000000 00000000 0000001f 00000000 00000000  00000000 00000000 00000000 00000000
00000011  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000  00000000 00000000 00000000 00000000
";

    fn counters(pairs: &[(&str, u64)]) -> Counters {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect()
    }

    #[test]
    fn names_stand_above_their_values() {
        let read = parse_counters(SNMP).unwrap();
        assert_eq!(read.get("Ip.InReceives"), Some(&1200));
        assert_eq!(read.get("Tcp.OutRsts"), Some(&12));
        assert_eq!(read.get("Tcp.MaxConn"), None);
        assert_eq!(read.len(), 11);
    }

    #[test]
    fn ipv6_counters_are_a_name_and_a_value_a_line() {
        assert_eq!(
            parse_counters6("Ip6InReceives                   \t17\nIcmp6OutDestUnreachs\t2\n"),
            Ok(counters(&[
                ("Icmp6OutDestUnreachs", 2),
                ("Ip6InReceives", 17)
            ]))
        );
        assert_eq!(
            parse_counters6("Ip6InReceives 1\nIp6InDelivers\n")
                .unwrap_err()
                .to_string(),
            "line 2: not a name and a value"
        );
    }

    #[test]
    fn conntrack_drops_are_summed_over_processors() {
        assert_eq!(parse_conntrack_drops(STAT), Ok(32));
        assert_eq!(parse_conntrack_drops("entries drop\n"), Ok(0));
        for (text, error) in [
            ("", "line 1: no column named `drop`"),
            ("entries found\n1 2\n", "line 1: no column named `drop`"),
            (
                "entries drop\n0\n",
                "line 2: the `drop` column is not hexadecimal",
            ),
            (
                "entries drop\n0 x\n",
                "line 2: the `drop` column is not hexadecimal",
            ),
        ] {
            assert_eq!(
                parse_conntrack_drops(text).unwrap_err().to_string(),
                error,
                "{text:?}"
            );
        }
        let flood = format!("drop\n{0}\n{0}\n", "f".repeat(16));
        assert_eq!(parse_conntrack_drops(&flood), Ok(u64::MAX));
    }

    #[test]
    fn only_what_rose_has_moved() {
        let before = counters(&[
            ("Ip.InReceives", 5),
            ("Tcp.CurrEstab", 1),
            ("Udp.NoPorts", 9),
            ("Tcp.OutRsts", 3),
        ]);
        let after = counters(&[
            ("Ip.InReceives", 9),
            ("Tcp.CurrEstab", 4),
            ("Udp.NoPorts", 2),
            ("Tcp.OutRsts", 3),
            ("New", 1),
        ]);
        assert_eq!(moved(&before, &after), counters(&[("Ip.InReceives", 4)]));
    }

    #[test]
    fn what_the_processors_dropped_is_summed() {
        let text = "0423c6d6 00000001 00000027\n044f04ad 0000000f 0000001f 00000000\n";
        let read = parse_softnet(text).unwrap();
        let want = counters(&[("Softnet.Dropped", 16), ("Softnet.Squeezed", 0x46)]);
        assert_eq!(read, want);
        assert_eq!(parse_softnet("00 00\n").unwrap_err().line, 1);
    }

    #[test]
    fn a_connect_over_ipv6_is_told_by_ipv6_counters() {
        let moved = counters(&[
            ("Ip.InReceives", 100),
            ("Ip6InReceives", 3),
            ("Icmp6OutDestUnreachs", 1),
            ("Tcp.OutRsts", 2),
        ]);
        let told = connect_counters(&moved, true, 4);
        assert_eq!(
            told,
            ConnectCounters {
                in_receives: 3,
                out_rsts: 2,
                out_dest_unreachs: 1,
                conntrack_drops: 4,
                ..ConnectCounters::default()
            }
        );
        assert_eq!(connect_counters(&moved, false, 0).in_receives, 100);
    }

    #[test]
    fn malformed_counter_files_are_named_by_line() {
        for (text, error) in [
            ("Ip InReceives\n", "line 1: no group name before a colon"),
            ("Ip: InReceives\n", "line 1: names without a line of values"),
            (
                "Ip: InReceives\n3\n",
                "line 1: the values have no group name",
            ),
            (
                "Ip: InReceives\nTcp: 3\n",
                "line 1: names and values are of different groups",
            ),
            (
                "Ip: InReceives InDelivers\nIp: 3\n",
                "line 1: fewer values than names",
            ),
            (
                "Ip: InReceives\nIp: 3 4\n",
                "line 1: more values than names",
            ),
        ] {
            assert_eq!(
                parse_counters(text).unwrap_err().to_string(),
                error,
                "{text:?}"
            );
        }
        for end in 0..SNMP.len() {
            assert!(parse_counters(&SNMP[..end]).map_or(0, |read| read.len()) <= 11);
        }
    }
}
