//! The targets that rewrite addresses and ports.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::bits;
use super::draft::Group;
use super::rule::Scope;
use super::target::opaque;
use crate::flow::Family;
use crate::program::{NewValue, Step, Translation, TranslationKind};
use std::net::IpAddr;

/// The step of a target that rewrites addresses or ports.
pub(super) fn step(target: &Group<'_>, scope: &Scope<'_>) -> Step {
    let (kind, (address, port)) = match &*target.name {
        "DNAT" => (
            TranslationKind::Destination,
            place(target, "--to-destination", scope.family),
        ),
        "SNAT" => (
            TranslationKind::Source,
            place(target, "--to-source", scope.family),
        ),
        "REDIRECT" => (
            TranslationKind::Redirect,
            (NewValue::Keep, to_ports(target)),
        ),
        "MASQUERADE" => (
            TranslationKind::Masquerade,
            (NewValue::Keep, to_ports(target)),
        ),
        _ => {
            let kind = match scope.chain {
                "PREROUTING" | "OUTPUT" => TranslationKind::Destination,
                "POSTROUTING" | "INPUT" => TranslationKind::Source,
                _ => return opaque(target),
            };
            (kind, (mapped(target, scope.family), NewValue::Keep))
        }
    };
    Step::Translate(Translation {
        kind,
        address,
        port,
        text: target.target_text(),
    })
}

/// The new address and port. Several of them, or ports counted from another, are not understood.
fn place(target: &Group<'_>, option: &str, family: Family) -> (NewValue<IpAddr>, NewValue<u16>) {
    let mut given = target.items.iter().filter(|item| item.option == option);
    let (Some(item), None) = (given.next(), given.next()) else {
        return (NewValue::Unknown, NewValue::Unknown);
    };
    let text = item.value().unwrap_or_default();
    let (addresses, ports) = split(text, family);
    let addresses = match addresses {
        "" => NewValue::Keep,
        range => between(range, |text| from(text, family)),
    };
    let ports = match ports {
        "" => NewValue::Keep,
        range => between(range, |text| text.parse().ok()),
    };
    (addresses, ports)
}

/// The address part and the port part: `192.0.2.1:80`, `[2001:db8::1]:80`.
fn split(text: &str, family: Family) -> (&str, &str) {
    match (text.strip_prefix('['), family) {
        (Some(rest), _) => {
            let (address, rest) = rest.split_once(']').unwrap_or((rest, ""));
            (address, rest.strip_prefix(':').unwrap_or(rest))
        }
        (None, Family::V4) => text.split_once(':').unwrap_or((text, "")),
        (None, Family::V6) => (text, ""),
    }
}

fn between<T: Ord>(text: &str, read: impl Fn(&str) -> Option<T>) -> NewValue<T> {
    let value = match text.split_once('-') {
        None => read(text).map(NewValue::One),
        Some((first, last)) => match (read(first), read(last)) {
            (Some(first), Some(last)) if first == last => Some(NewValue::One(first)),
            (Some(first), Some(last)) if first < last => Some(NewValue::Between(first, last)),
            _ => None,
        },
    };
    value.unwrap_or(NewValue::Unknown)
}

fn from(text: &str, family: Family) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    (Family::from(address) == family).then_some(address)
}

fn to_ports(target: &Group<'_>) -> NewValue<u16> {
    match target
        .value("--to-ports")
        .or_else(|| target.value("--to-port"))
    {
        None => NewValue::Keep,
        Some(text) => between(text, |text| text.parse().ok()),
    }
}

/// NETMAP keeps the host's bits; only a single address can be told here.
fn mapped(target: &Group<'_>, family: Family) -> NewValue<IpAddr> {
    let text = target.value("--to").unwrap_or_default();
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let single = length.is_empty() || length.parse() == Ok(bits(family));
    match from(address, family) {
        Some(address) if single => NewValue::One(address),
        Some(_) | None => NewValue::Unknown,
    }
}
