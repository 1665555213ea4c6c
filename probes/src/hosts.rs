//! The hosts file, and what may stand for a host at all.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::net::{IpAddr, Ipv6Addr};

/// The addresses a hosts file gives a name, IPv4 first, in the order of the file (hosts(5)).
pub(crate) fn hosts_addresses(file: &str, name: &str) -> Vec<IpAddr> {
    let wanted = name.strip_suffix('.').unwrap_or(name);
    let mut addresses = Vec::new();
    for line in file.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut fields = line.split_ascii_whitespace();
        let Some(Ok(address)) = fields.next().map(str::parse::<IpAddr>) else {
            continue;
        };
        let is_named = fields.any(|field| field.eq_ignore_ascii_case(wanted));
        if is_named && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses
}

/// What the user gave: an address, or a name to resolve.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Host {
    /// An address needs no resolver.
    Address(IpAddr),
    /// A name that may be asked for.
    Name(String),
}

/// Reads a target; the error says what is wrong with it.
pub(crate) fn parse_host(text: &str) -> Result<Host, String> {
    let shown = crate::text::escape(text.as_bytes(), 80);
    let bracketed = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(inner) = bracketed {
        let address = inner.parse::<Ipv6Addr>().map(IpAddr::V6);
        return address
            .map(Host::Address)
            .map_err(|_| address_error(inner, &shown));
    }
    if let Ok(address) = text.parse() {
        return Ok(Host::Address(address));
    }
    if text.contains(':') {
        return Err(address_error(text, &shown));
    }
    check_name(text).map_err(|reason| format!("`{shown}` is not a host name: {reason}"))?;
    Ok(Host::Name(text.to_owned()))
}

fn address_error(text: &str, shown: &str) -> String {
    let is_zoned = text
        .split_once('%')
        .is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    if is_zoned {
        format!(
            "`{shown}` has a zone, which only means something on this host: give a global address"
        )
    } else {
        format!("`{shown}` is neither an address nor a name: leave out ports and schemes")
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.len() > MAX_NAME {
        return Err("it is longer than 253 characters");
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err("it has an empty label");
        }
        if label.len() > MAX_LABEL {
            return Err("a label is longer than 63 characters");
        }
        if !label.is_ascii() {
            return Err("write it in its ASCII form (xn--)");
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !label.bytes().all(plain) {
            return Err("only letters, digits, hyphens, underscores and dots are allowed");
        }
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("it ends in a number and is no IPv4 address");
    }
    Ok(())
}

/// RFC 1035, section 2.3.4.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_answers_without_case_and_comments() {
        let file = "# 192.0.2.9 web\n::1 localhost web\n192.0.2.1\tWEB web.example # web2\nx web\n";
        let found = hosts_addresses(file, "web");
        let expected: Vec<IpAddr> = vec!["192.0.2.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(found, expected);
        assert_eq!(hosts_addresses(file, "web.example.").len(), 1);
        assert!(hosts_addresses(file, "web2").is_empty());
    }

    #[test]
    fn addresses_need_no_resolver() {
        for text in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]"] {
            assert!(matches!(parse_host(text), Ok(Host::Address(_))), "{text}");
        }
        for text in [
            "web",
            "web.example.",
            "_sip.example",
            "xn--bcher-kva.example",
        ] {
            assert_eq!(parse_host(text), Ok(Host::Name(text.to_owned())));
        }
    }

    #[test]
    fn what_is_no_host_is_told_before_any_packet() {
        let long_label = format!("{}.example", "a".repeat(64));
        let long_name = "a.".repeat(130);
        for (text, part) in [
            ("", "it is empty"),
            (".", "it is empty"),
            ("a b", "only letters"),
            ("a\x1b[31m", "\\x1b"),
            ("a..b", "empty label"),
            ("fe80::1%eth0", "has a zone"),
            ("[fe80::1%eth0]", "has a zone"),
            ("[192.0.2.1]", "neither an address nor a name"),
            ("web:22", "leave out ports"),
            ("256.1.1.1", "ends in a number"),
            ("bücher.example", "xn--"),
            (&long_label, "63 characters"),
            (&long_name, "253 characters"),
        ] {
            let error = parse_host(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
