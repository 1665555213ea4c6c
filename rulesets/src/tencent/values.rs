//! Reads the texts inside a rule's members: ports, address blocks, ids.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::problem::{Problem, quoted};
use crate::flow::Family;
use crate::rule::{Peer, PortRange, Ports};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr};

/// Ports: `22`, `8000-8010`, `22,80`, any mix of them, or ALL. Sorted, with overlaps merged.
pub(crate) fn ports(text: &str) -> Result<Ports, Problem> {
    if text.eq_ignore_ascii_case("ALL") {
        return Ok(Ports::Any);
    }
    let mut ranges = Vec::new();
    for item in text.split(',').map(str::trim) {
        if item.is_empty() {
            return Err(Problem::Port(quoted(text)));
        }
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let (first, last) = (port(first, item)?, port(last, item)?);
        if first > last {
            return Err(Problem::ReversedPorts(quoted(item)));
        }
        ranges.push(PortRange { first, last });
    }
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let joined = next.first <= kept.last.saturating_add(1);
        if joined {
            kept.last = kept.last.max(next.last);
        }
        joined
    });
    Ok(Ports::Ranges(ranges))
}

fn port(text: &str, item: &str) -> Result<u16, Problem> {
    let digits = text.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Port(quoted(item)));
    }
    digits
        .parse()
        .map_err(|_| Problem::PortTooHigh(quoted(item)))
}

/// An address or block. The vendor reads any block that begins at 0.0.0.0 as 0.0.0.0/0, and keeps
/// blocks with host bits set.
pub(super) fn block(text: &str, family: Family) -> Result<Peer, Problem> {
    if text.eq_ignore_ascii_case("ALL") {
        return Ok(Peer::All);
    }
    if text.eq_ignore_ascii_case("MY_PUBLIC_IP") {
        return Err(Problem::Placeholder);
    }
    let net = match text.split_once('/') {
        None => text.parse().ok().map(|address: IpAddr| address.into()),
        Some((address, prefix)) => net(address, prefix),
    };
    match net.filter(|net| Family::from(net.addr()) == family) {
        Some(IpNet::V4(net)) if net.addr() == Ipv4Addr::UNSPECIFIED => {
            Ok(Peer::Net(Ipv4Net::default().into()))
        }
        Some(net) => Ok(Peer::Net(net.trunc())),
        None => Err(Problem::Address {
            text: quoted(text),
            family,
        }),
    }
}

/// An address or block, taken as it stands but for host bits.
pub(crate) fn plain_block(text: &str, family: Family) -> Result<IpNet, Problem> {
    let read = match text.split_once('/') {
        None => text.parse().ok().map(|address: IpAddr| address.into()),
        Some((address, prefix)) => net(address, prefix),
    };
    let own = read.filter(|net| Family::from(net.addr()) == family);
    own.map(|net| net.trunc()).ok_or_else(|| Problem::Address {
        text: quoted(text),
        family,
    })
}

pub(crate) fn net(address: &str, prefix: &str) -> Option<IpNet> {
    if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let prefix = prefix.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(v4) => Ipv4Net::new(v4, prefix).ok().map(IpNet::V4),
        IpAddr::V6(v6) => Ipv6Net::new(v6, prefix).ok().map(IpNet::V6),
    }
}

pub(crate) fn id(text: &str) -> Result<String, Problem> {
    if is_id(text) {
        Ok(text.to_owned())
    } else {
        Err(Problem::Id(quoted(text)))
    }
}

/// True for a text that may be an id of the vendor's.
pub(crate) fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.len() <= 64 && text.chars().all(plain)
}
