//! Reads `/proc/net/route` and `/proc/net/ipv6_route`: the routing tables route(8) and ip(8) print.
//!
//! The IPv4 file shows the main table only and names no device (`*`) for `blackhole`, `unreachable`
//! and `prohibit` routes. The IPv6 file shows every table; the instance's own addresses, anycast,
//! multicast and the kernel's closing "no route" entry are left out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Route;
use super::malformed::{Malformed, hex, rows};
use super::sockets::word;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads `/proc/net/route`.
pub fn parse_ipv4_routes(text: &str) -> Result<Vec<Route>, Malformed> {
    rows(text, 1)
        .map(|(line, row)| ipv4_route(row).map_err(|what| Malformed { line, what }))
        .collect()
}

/// Reads `/proc/net/ipv6_route`, which has no heading.
pub fn parse_ipv6_routes(text: &str) -> Result<Vec<Route>, Malformed> {
    rows(text, 0)
        .filter_map(|(line, row)| {
            ipv6_route(row)
                .map_err(|what| Malformed { line, what })
                .transpose()
        })
        .collect()
}

fn ipv4_route(row: &str) -> Result<Route, &'static str> {
    let columns: Vec<&str> = row.split_ascii_whitespace().take(8).collect();
    let [interface, destination, gateway, flags, _, _, metric, mask] = columns[..] else {
        return Err("fewer than eight columns");
    };
    let destination = ipv4(destination).ok_or("the destination is not eight hexadecimal digits")?;
    let gateway = ipv4(gateway).ok_or("the gateway is not eight hexadecimal digits")?;
    let flags = hex(flags, 4).ok_or("the flags are not four hexadecimal digits")?;
    let mask = u32::from(ipv4(mask).ok_or("the mask is not eight hexadecimal digits")?);
    if mask.leading_ones() != mask.count_ones() {
        return Err("the mask has a hole");
    }
    Ok(Route {
        destination: format!("{destination}/{}", mask.leading_ones()),
        gateway: (flags & RTF_GATEWAY != 0).then_some(IpAddr::V4(gateway)),
        interface: interface.to_owned(),
        metric: metric.parse().map_err(|_| "the metric is not a number")?,
        reject: flags & RTF_REJECT != 0 || interface == "*",
    })
}

fn ipv6_route(row: &str) -> Result<Option<Route>, &'static str> {
    let columns: Vec<&str> = row.split_ascii_whitespace().take(10).collect();
    let [
        destination,
        prefix,
        _,
        _,
        gateway,
        metric,
        _,
        _,
        flags,
        interface,
    ] = columns[..]
    else {
        return Err("fewer than ten columns");
    };
    let destination = ipv6(destination).ok_or("the destination is not 32 hexadecimal digits")?;
    let prefix = hex(prefix, 2)
        .filter(|prefix| *prefix <= 128)
        .ok_or("the prefix length is not two hexadecimal digits of at most 80")?;
    let gateway = ipv6(gateway).ok_or("the next hop is not 32 hexadecimal digits")?;
    let metric = hex(metric, 8).ok_or("the metric is not eight hexadecimal digits")?;
    let flags = hex(flags, 8).ok_or("the flags are not eight hexadecimal digits")?;
    let reject = flags & RTF_REJECT != 0;
    let own = flags & (RTF_LOCAL | RTF_ANYCAST | RTF_CACHE) != 0 || interface == "lo" && !reject;
    let closing = reject && metric == u32::MAX;
    if own || closing || destination.is_multicast() {
        return Ok(None);
    }
    Ok(Some(Route {
        destination: format!("{destination}/{prefix}"),
        gateway: (flags & RTF_GATEWAY != 0).then_some(IpAddr::V6(gateway)),
        interface: interface.to_owned(),
        metric,
        reject,
    }))
}

fn ipv4(text: &str) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(word(text)?))
}

/// Unlike the socket tables, these addresses are printed in network order.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(text, 16).ok().map(Ipv6Addr::from)
}

const RTF_GATEWAY: u32 = 0x0002;
const RTF_REJECT: u32 = 0x0200;
const RTF_ANYCAST: u32 = 0x0010_0000;
const RTF_CACHE: u32 = 0x0100_0000;
const RTF_LOCAL: u32 = 0x8000_0000;

#[cfg(test)]
mod tests {
    use super::*;

    const IPV4: &str = "\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT                                                       
eth0	00000000	010200C0	0003	0	0	100	00000000	0	0	0                                                                               
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0                                                                               
*	006433C6	00000000	0001	0	0	0	80FFFFFF	0	0	0                                                                                  
*	807100CB	00000000	0201	0	0	77	C0FFFFFF	0	0	0                                                                                 
";

    const IPV6: &str = "\
fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0
20010db8000300000000000000000000 30 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00200200       lo
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001       lo
00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000002 00000000 80200001       lo
fd000000000000000000000000000002 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 00000003 00000000 80200001     eth0
ff000000000000000000000000000000 08 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000003 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
";

    fn lines(routes: &[Route]) -> Vec<String> {
        routes
            .iter()
            .map(|route| {
                format!(
                    "{} via {} dev {} metric {}{}",
                    route.destination,
                    route
                        .gateway
                        .map_or_else(|| "-".to_owned(), |gateway| gateway.to_string()),
                    route.interface,
                    route.metric,
                    if route.reject { " reject" } else { "" },
                )
            })
            .collect()
    }

    #[test]
    fn ipv4_routes_keep_gateway_metric_and_rejection() {
        assert_eq!(
            lines(&parse_ipv4_routes(IPV4).unwrap()),
            [
                "0.0.0.0/0 via 192.0.2.1 dev eth0 metric 100",
                "192.0.2.0/24 via - dev eth0 metric 0",
                "198.51.100.0/25 via - dev * metric 0 reject",
                "203.0.113.128/26 via - dev * metric 77 reject",
            ]
        );
    }

    #[test]
    fn ipv6_routes_leave_out_own_addresses_multicast_and_the_closing_entry() {
        assert_eq!(
            lines(&parse_ipv6_routes(IPV6).unwrap()),
            [
                "fd00::/64 via - dev eth0 metric 256",
                "::/0 via fd00::1 dev eth0 metric 1024",
                "2001:db8:3::/48 via - dev lo metric 1024 reject",
            ]
        );
    }

    #[test]
    fn malformed_routes_are_named_by_line_and_column() {
        let ipv4 = [
            ("eth0 0", "line 2: fewer than eight columns"),
            (
                "eth0 0000000G 0 0003 0 0 0 0",
                "line 2: the destination is not eight hexadecimal digits",
            ),
            (
                "eth0 00000000 00000000 0003 0 0 0 00FF00FF",
                "line 2: the mask has a hole",
            ),
            (
                "eth0 00000000 00000000 0003 0 0 -1 00FFFFFF",
                "line 2: the metric is not a number",
            ),
        ];
        for (row, error) in ipv4 {
            let text = format!("Iface\n{row}\n");
            assert_eq!(parse_ipv4_routes(&text).unwrap_err().to_string(), error);
        }
        let zeros = "0".repeat(32);
        let ipv6 = [
            ("00".to_owned(), "line 1: fewer than ten columns"),
            (
                format!("{zeros} 81 {zeros} 00 {zeros} 0 0 0 0 lo"),
                "line 1: the prefix length is not two hexadecimal digits of at most 80",
            ),
            (
                format!("{zeros} 80 {zeros} 00 +{zeros} 0 0 0 0 lo"),
                "line 1: the next hop is not 32 hexadecimal digits",
            ),
        ];
        for (row, error) in ipv6 {
            assert_eq!(parse_ipv6_routes(&row).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_table_cut_anywhere_never_panics() {
        for end in 0..IPV4.len() {
            assert!(parse_ipv4_routes(&IPV4[..end]).map_or(0, |routes| routes.len()) <= 4);
        }
        for end in 0..IPV6.len() {
            assert!(parse_ipv6_routes(&IPV6[..end]).map_or(0, |routes| routes.len()) <= 4);
        }
    }
}
