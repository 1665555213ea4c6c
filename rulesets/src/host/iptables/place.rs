//! Where a packet comes from and goes to, apart from `-s` and `-d`: interfaces, ranges, kinds of
//! address, hardware address, mark.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::address;
use super::build::{among, masked, never, undecided};
use super::draft::{Group, Item};
use super::error::Problem;
use crate::flow::Family;
use crate::program::{Key, Part, Reason, Test};

/// The test that `-i` or `-o` makes; `None` when every interface passes it.
pub(super) fn interface(key: Key, item: &Item<'_>) -> Result<Option<Test>, Problem> {
    let name = item.value()?;
    let beginning = name.strip_suffix('+');
    if beginning == Some("") {
        return Ok(item.negated.then(never));
    }
    let part = Part::Name {
        text: beginning.unwrap_or(name).to_owned(),
        prefix: beginning.is_some(),
    };
    Ok(Some(among(key, vec![part], item.negated)))
}

/// The tests of `-m iprange`.
pub(super) fn ranges(group: &Group<'_>, family: Family) -> Result<Vec<Test>, Problem> {
    let tests = group.items.iter().map(|item| {
        let key = match &*item.option {
            "--src-range" => Key::Source(family),
            "--dst-range" => Key::Destination(family),
            _ => return Ok(undecided(Reason::Unsupported, item.text())),
        };
        Ok(match address::range(item.value()?, family) {
            Some(part) => among(key, vec![part], item.negated),
            None => undecided(Reason::Unsupported, item.text()),
        })
    });
    tests.collect()
}

/// The tests of `-m addrtype`. With `--limit-iface-in` or `-out` an address counts as local only on
/// one interface, which no rule text decides.
pub(super) fn kinds(group: &Group<'_>) -> Result<Vec<Test>, Problem> {
    let limited = |item: &Item<'_>| item.option.starts_with("--limit-iface");
    if group.items.iter().any(limited) {
        return Ok(vec![undecided(Reason::Unsupported, group.text())]);
    }
    let tests = group.items.iter().map(|item| {
        let key = match &*item.option {
            "--src-type" => Key::SourceKind,
            "--dst-type" => Key::DestinationKind,
            _ => return Ok(undecided(Reason::Unsupported, item.text())),
        };
        let words = item.value()?.split(',');
        let kinds: Option<Vec<u8>> = words.map(kind).collect();
        Ok(match kinds {
            Some(mut kinds) => {
                kinds.sort_unstable();
                kinds.dedup();
                let parts = kinds.into_iter().map(Part::one).collect();
                among(key, parts, item.negated)
            }
            None => undecided(Reason::Unsupported, item.text()),
        })
    });
    tests.collect()
}

/// The tests of `-m mac`.
pub(super) fn hardware(group: &Group<'_>) -> Result<Vec<Test>, Problem> {
    let tests = group.items.iter().map(|item| {
        let address = match &*item.option {
            "--mac-source" => mac(item.value()?),
            _ => None,
        };
        Ok(match address {
            Some(address) => among(Key::SourceMac, vec![Part::one(address)], item.negated),
            None => undecided(Reason::Unsupported, item.text()),
        })
    });
    tests.collect()
}

/// The tests of `-m mark` and `-m connmark`.
pub(super) fn mark(key: Key, group: &Group<'_>) -> Result<Vec<Test>, Problem> {
    let tests = group.items.iter().map(|item| {
        let value = match &*item.option {
            "--mark" => marked(item.value()?),
            _ => None,
        };
        Ok(match value {
            Some((value, None | Some(u32::MAX))) => {
                among(key, vec![Part::one(value)], item.negated)
            }
            Some((value, Some(mask))) => masked(key, mask.into(), value.into(), item.negated),
            None => undecided(Reason::Unsupported, item.text()),
        })
    });
    tests.collect()
}

/// A mark and its mask.
pub(super) fn marked(text: &str) -> Option<(u32, Option<u32>)> {
    Some(match text.split_once('/') {
        Some((value, mask)) => (word(value)?, Some(word(mask)?)),
        None => (word(text)?, None),
    })
}

/// A number of 32 bits, decimal, hexadecimal or octal.
pub(in crate::host) fn word(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u32::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// A hardware address as a number of 48 bits.
pub(in crate::host) fn mac(text: &str) -> Option<u64> {
    let octets = text.split(':').map(|octet| u8::from_str_radix(octet, 16));
    let octets = octets.collect::<Result<Vec<u8>, _>>().ok()?;
    let whole = |octets: Vec<u8>| {
        octets
            .iter()
            .fold(0, |all, &octet| all << 8 | u64::from(octet))
    };
    (octets.len() == 6).then(|| whole(octets))
}

/// The number by which routing knows a kind of address (`RTN_*`).
fn kind(name: &str) -> Option<u8> {
    let kinds = [
        "UNSPEC",
        "UNICAST",
        "LOCAL",
        "BROADCAST",
        "ANYCAST",
        "MULTICAST",
        "BLACKHOLE",
        "UNREACHABLE",
        "PROHIBIT",
        "THROW",
        "NAT",
        "XRESOLVE",
    ];
    let at = kinds
        .iter()
        .position(|kind| kind.eq_ignore_ascii_case(name))?;
    u8::try_from(at).ok()
}
