//! Intervals as people write them.

use super::cube::Span;
use crate::flow::Family;
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The fewest blocks that hold the addresses of an interval and no others; none past the end of the
/// family.
pub fn blocks(span: Span, family: Family) -> Vec<IpNet> {
    let Some([first, last]) = ends(span, family) else {
        return Vec::new();
    };
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Vec::new(),
    }
}

/// The addresses of an interval in the shorter of two ways: blocks such as `10.0.0.0/8`, an address
/// alone without its length, or a range such as `10.0.0.1-10.0.0.6`.
pub fn addresses(span: Span, family: Family) -> String {
    let Some([first, last]) = ends(span, family) else {
        return "no address".to_owned();
    };
    let range = format!("{first}-{last}");
    let block = |net: IpNet| {
        let one = net.prefix_len() == net.max_prefix_len();
        if one {
            net.addr().to_string()
        } else {
            net.to_string()
        }
    };
    let blocks: Vec<String> = blocks(span, family).into_iter().map(block).collect();
    let blocks = blocks.join(", ");
    if blocks.len() <= range.len() {
        blocks
    } else {
        range
    }
}

/// The ports of an interval: `22`, `8000-8010`, or `all`.
pub fn ports(span: Span) -> String {
    match (span.first(), span.last()) {
        (0, last) if last >= u128::from(u16::MAX) => "all".to_owned(),
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    }
}

/// The ICMP types and codes of an interval of numbers that are type times 256 plus code: `all`,
/// `type 3`, `types 3-5`, `type 3 code 1`, `type 3 codes 0-4`, or `type 3 code 4 to type 5 code 1`.
pub fn icmp_types(span: Span) -> String {
    let [first, last] = [span.first(), span.last()].map(|number| (number / 256, number % 256));
    match (first, last) {
        ((0, 0), (types, 255)) if types >= 255 => "all".to_owned(),
        ((one, 0), (other, 255)) if one == other => format!("type {one}"),
        ((one, 0), (other, 255)) => format!("types {one}-{other}"),
        ((one, code), (other, end)) if one == other && code == end => {
            format!("type {one} code {code}")
        }
        ((one, code), (other, end)) if one == other => format!("type {one} codes {code}-{end}"),
        ((one, code), (other, end)) => format!("type {one} code {code} to type {other} code {end}"),
    }
}

/// The first and last address of an interval, cut at the end of the family.
fn ends(span: Span, family: Family) -> Option<[IpAddr; 2]> {
    match family {
        Family::V4 => {
            let inside = span.intersect(Span::up_to(u128::from(u32::MAX)))?;
            let ends = [inside.first(), inside.last()];
            Some(ends.map(|end| Ipv4Addr::from(u32::try_from(end).unwrap_or(u32::MAX)).into()))
        }
        Family::V6 => Some([span.first(), span.last()].map(|end| Ipv6Addr::from(end).into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(first: &str, last: &str) -> Span {
        let [first, last] = [first, last].map(|text| Span::from(text.parse::<IpAddr>().unwrap()));
        Span::new(first.first(), last.first()).unwrap()
    }

    #[test]
    fn addresses_are_blocks_or_a_range_whichever_is_shorter() {
        let table = [
            ("0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
            ("10.0.0.0", "10.255.255.255", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
            ("192.0.2.7", "192.0.2.8", "192.0.2.7-192.0.2.8"),
            ("10.0.0.1", "10.0.0.254", "10.0.0.1-10.0.0.254"),
            ("10.0.0.0", "10.2.255.255", "10.0.0.0-10.2.255.255"),
            ("128.0.0.0", "192.0.0.0", "128.0.0.0-192.0.0.0"),
            ("0.0.0.1", "255.255.255.255", "0.0.0.1-255.255.255.255"),
        ];
        for (first, last, words) in table {
            assert_eq!(addresses(between(first, last), Family::V4), words);
        }
    }

    #[test]
    fn ipv6_addresses_are_written_likewise() {
        let table = [
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
            (
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                "2001:db8::/32",
            ),
            ("2001:db8::1", "2001:db8::1", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::6", "2001:db8::1-2001:db8::6"),
        ];
        for (first, last, words) in table {
            assert_eq!(addresses(between(first, last), Family::V6), words);
        }
    }

    #[test]
    fn blocks_hold_the_interval_and_no_more() {
        let span = Span::new(3, 1_000_000_007).unwrap();
        let blocks = blocks(span, Family::V4);
        let total: u128 = blocks.iter().map(|block| Span::from(*block).count()).sum();
        assert_eq!(total, span.count());
        assert!(blocks.iter().all(|block| span.covers(Span::from(*block))));
    }

    #[test]
    fn an_interval_is_cut_at_the_end_of_its_family() {
        assert_eq!(addresses(Span::up_to(u128::MAX), Family::V4), "0.0.0.0/0");
        let beyond = Span::one(1 << 40);
        assert_eq!(addresses(beyond, Family::V4), "no address");
        assert_eq!(blocks(beyond, Family::V4), []);
    }

    #[test]
    fn ports_and_icmp_types_read_as_people_write_them() {
        let span = |first, last| Span::new(first, last).unwrap();
        assert_eq!(ports(span(22, 22)), "22");
        assert_eq!(ports(span(8000, 8010)), "8000-8010");
        assert_eq!(ports(span(0, 65535)), "all");
        let icmp = [
            (span(0, 65535), "all"),
            (span(0x0300, 0x03ff), "type 3"),
            (span(0x0300, 0x05ff), "types 3-5"),
            (span(0x0301, 0x0301), "type 3 code 1"),
            (span(0x0300, 0x0304), "type 3 codes 0-4"),
            (span(0x0304, 0x0501), "type 3 code 4 to type 5 code 1"),
        ];
        for (span, words) in icmp {
            assert_eq!(icmp_types(span), words);
        }
    }
}
