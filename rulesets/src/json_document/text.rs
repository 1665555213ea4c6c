//! Reads the small texts inside documents: address blocks, spans of ports, protocols.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Fault;
use crate::text::shown;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::IpAddr;

/// An address or a block in CIDR notation, host bits cleared; `None` when it is neither.
pub(crate) fn address_block(text: &str) -> Option<IpNet> {
    let Some((address, length)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length = length.parse().ok()?;
    let net = match address.parse().ok()? {
        IpAddr::V4(address) => Ipv4Net::new(address, length).ok()?.into(),
        IpAddr::V6(address) => Ipv6Net::new(address, length).ok()?.into(),
    };
    Some(IpNet::trunc(&net))
}

/// A port or a range of them, `22` or `8000-8010`.
pub(crate) fn number_span(text: &str) -> Result<(u16, u16), Fault> {
    let port = |text: &str| {
        let digits = text.trim();
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        (Some(_), Some(_)) => Err(Fault::Reversed(quoted(text))),
        _ => Err(Fault::Value {
            value: quoted(text),
            expected: "a port from 0 to 65535 or a range such as 8000-8010",
        }),
    }
}

/// The IANA number of a protocol given by its keyword, in any case, or by its number.
pub(crate) fn ip_protocol(text: &str) -> Option<u8> {
    let word = text.to_ascii_lowercase();
    let known = KEYWORDS.iter().find(|(name, _)| *name == word);
    known.map(|(_, number)| *number).or_else(|| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    })
}

/// Input as an error quotes it.
pub(crate) fn quoted(text: &str) -> String {
    shown(text, 50)
}

/// The keywords of IANA's protocol numbers that clouds accept, and their usual other spellings.
const KEYWORDS: [(&str, u8); 15] = [
    ("icmp", 1),
    ("icmpv4", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", 6),
    ("udp", 17),
    ("dccp", 33),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("icmpv6", 58),
    ("ipv6-icmp", 58),
    ("vrrp", 112),
    ("sctp", 132),
    ("udplite", 136),
];
