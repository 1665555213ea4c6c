//! The protocol of a rule, and what only that protocol's packets have: ports, flags, ICMP types.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::build::{among, has_ports, masked, never, undecided};
use super::draft::{Group, Item};
use super::error::Problem;
use super::names;
use crate::flow::Family;
use crate::program::{Element, Key, Part, Reason, Test, Values};

/// The test that `-p` makes; `None` when every protocol passes it.
pub(super) fn protocol(item: &Item<'_>) -> Result<Option<Test>, Problem> {
    Ok(match names::protocol(item.value()?) {
        Some(0) if !item.negated => None,
        Some(0) | None => Some(undecided(Reason::Unsupported, item.text())),
        Some(number) => {
            let parts = vec![Part::one(number)];
            Some(among(Key::Protocol, parts, item.negated))
        }
    })
}

/// The test that an option of a protocol makes; `None` when every packet of the protocol passes.
pub(super) fn option(item: &Item<'_>) -> Result<Option<Test>, Problem> {
    Ok(match &*item.option {
        "--sport" => Some(ports(Key::SourcePort, item)?),
        "--dport" => Some(ports(Key::DestinationPort, item)?),
        "--syn" => Some(masked(Key::TcpFlags, SYN_OF, SYN, item.negated)),
        "--tcp-flags" => Some(flags(item)),
        "--icmp-type" => icmp(item, Family::V4)?,
        "--icmpv6-type" => icmp(item, Family::V6)?,
        "--ports" | "--sports" | "--dports" => Some(multiport_option(item)?),
        _ => Some(undecided(Reason::Unsupported, item.text())),
    })
}

fn multiport_option(item: &Item<'_>) -> Result<Test, Problem> {
    let list: Vec<&str> = item.value()?.split(',').collect();
    if list.len() > MULTIPORT {
        return Ok(undecided(Reason::Unsupported, item.text()));
    }
    let parts: Vec<Part> = list.into_iter().map(port_part).collect();
    let tested = |key, negated| among(key, parts.clone(), negated);
    Ok(match &*item.option {
        "--sports" => tested(Key::SourcePort, item.negated),
        "--dports" => tested(Key::DestinationPort, item.negated),
        _ if item.negated => Test::AnyOf(vec![vec![
            tested(Key::SourcePort, true),
            tested(Key::DestinationPort, true),
        ]]),
        _ => Test::AnyOf(vec![
            vec![tested(Key::SourcePort, false)],
            vec![tested(Key::DestinationPort, false)],
        ]),
    })
}

/// The protocol test that the options of a rule without `-p` need all the same.
pub(super) fn implied(group: &Group<'_>) -> Option<Test> {
    let has = |option: &str| group.items.iter().any(|item| item.option == option);
    let only = |number: u8| among(Key::Protocol, vec![Part::one(number)], false);
    if has("--syn") || has("--tcp-flags") {
        return Some(only(6));
    }
    if has("--icmp-type") {
        return Some(only(1));
    }
    if has("--icmpv6-type") {
        return Some(only(58));
    }
    (has("--sport") || has("--dport")).then(|| has_ports(false))
}

fn ports(key: Key, item: &Item<'_>) -> Result<Test, Problem> {
    Ok(among(key, vec![port_part(item.value()?)], item.negated))
}

fn port_part(text: &str) -> Part {
    names::ports(text).unwrap_or_else(|| Part::Unread {
        text: text.to_owned(),
    })
}

fn flags(item: &Item<'_>) -> Test {
    let bits = |at: usize| item.values.get(at).and_then(|word| flag_bits(&word.text));
    match (bits(0), bits(1)) {
        (Some(mask), Some(value)) => masked(Key::TcpFlags, mask, value, item.negated),
        _ => undecided(Reason::Unsupported, item.text()),
    }
}

fn flag_bits(list: &str) -> Option<u128> {
    list.split(',').try_fold(0, |bits, word| {
        let bit = match &*word.to_ascii_uppercase() {
            "NONE" => 0,
            "FIN" => 1,
            "SYN" => 2,
            "RST" => 4,
            "PSH" => 8,
            "ACK" => 16,
            "URG" => 32,
            "ALL" => 63,
            other => u128::from_str_radix(other.strip_prefix("0X")?, 16)
                .ok()
                .filter(|&bits| bits <= 63)?,
        };
        Some(bits | bit)
    })
}

fn icmp(item: &Item<'_>, family: Family) -> Result<Option<Test>, Problem> {
    let Some((kind, code)) = names::icmp(item.value()?, family) else {
        return Ok(Some(undecided(Reason::Unsupported, item.text())));
    };
    if kind == ANY_TYPE && family == Family::V4 {
        return Ok(item.negated.then(never));
    }
    let Some(code) = code else {
        let parts = vec![Part::one(kind)];
        return Ok(Some(among(Key::IcmpType(family), parts, item.negated)));
    };
    Ok(Some(Test::In {
        key: vec![Key::IcmpType(family), Key::IcmpCode(family)],
        values: Values::Inline(vec![Element(vec![Part::one(kind), Part::one(code)])]),
        negated: item.negated,
    }))
}

/// The flags that `--syn` looks at: SYN, RST, ACK and FIN.
const SYN_OF: u128 = 23;
const SYN: u128 = 2;

/// The type by which the kernel means every ICMP message.
const ANY_TYPE: u8 = 255;

/// The most ports that one multiport match holds (`XT_MULTI_PORTS`).
const MULTIPORT: usize = 15;
