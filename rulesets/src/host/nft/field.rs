//! The fields that rules test, by the words nftables has for them (nft(8), "Payload expressions" and
//! on).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::Cursor;
use super::value::Kind;
use crate::flow::Family;
use crate::host::TableFamily;
use crate::program::{Element, Key, Part, Reason, Test, Values};

/// A field, or something else that a rule compares.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The field of the model; `None` when the model has none for it.
    pub(super) key: Option<Key>,
    pub(super) kind: Kind,
    /// The tests that nft puts in front of it.
    pub(super) needs: Vec<Test>,
    /// Why it cannot be decided when the model has no field for it.
    pub(super) reason: Reason,
}

/// Reads the name of a field; `None`, with nothing read, when none begins here.
pub(super) fn field(cursor: &mut Cursor<'_, '_>, table: TableFamily) -> Option<Field> {
    let start = cursor.at;
    if cursor.peek()?.is_sign("(") {
        let inner = cursor.group()?;
        let known = inner.first().is_some_and(|token| !token.is_sign("("))
            && field(&mut Cursor::new(inner), table).is_some();
        cursor.at = if known { cursor.at } else { start };
        return known.then(|| unknown(Reason::Unsupported));
    }
    let head = cursor.word()?;
    cursor.at += 1;
    let found = match head {
        "ip" => ip(cursor, table),
        "ip6" => ip6(cursor, table),
        "tcp" | "udp" | "udplite" | "sctp" | "dccp" => transport(cursor, head),
        "th" => ports(cursor, Vec::new()),
        "icmp" => icmp(cursor, Family::V4),
        "icmpv6" => icmp(cursor, Family::V6),
        "ether" => ether(cursor),
        "meta" => cursor.take_text().map(meta),
        "ct" => connection(cursor, table),
        "fib" => fib(cursor),
        _ if BARE_META.contains(&head) => Some(meta(head)),
        _ => other(cursor, head),
    };
    if found.is_none() {
        cursor.at = start;
    }
    found
}

/// The test that the packet is of this family; none where the table sees no other.
pub(super) fn family_test(family: Family, table: TableFamily) -> Vec<Test> {
    let (number, own) = match family {
        Family::V4 => (2, TableFamily::Ip),
        Family::V6 => (10, TableFamily::Ip6),
    };
    let test = || one_of(Key::Family, &[number]);
    (table != own).then(test).into_iter().collect()
}

/// The test that the packet is of this protocol.
pub(super) fn protocol_test(protocol: u8) -> Test {
    one_of(Key::Protocol, &[protocol])
}

/// The test that the field has one of these values.
pub(super) fn one_of(key: Key, values: &[u8]) -> Test {
    let elements = values.iter().map(|value| Element::of(Part::one(*value)));
    Test::In {
        key: vec![key],
        values: Values::Inline(elements.collect()),
        negated: false,
    }
}

/// True when the test holds only for packets with ports.
pub(super) fn means_ports(test: &Test) -> bool {
    let has_ports = |element: &Element| match element.0.as_slice() {
        [Part::Span { first, last }] => {
            first == last && PORTED.iter().any(|number| u128::from(*number) == *first)
        }
        _ => false,
    };
    match test {
        Test::In {
            key,
            values: Values::Inline(elements),
            negated: false,
        } => key == &[Key::Protocol] && elements.iter().all(has_ports),
        Test::In { .. } | Test::Masked { .. } | Test::AnyOf(_) | Test::Undecided { .. } => false,
    }
}

fn known(key: Key, kind: Kind) -> Field {
    Field {
        key: Some(key),
        kind,
        needs: Vec::new(),
        reason: Reason::Unsupported,
    }
}

fn unknown(reason: Reason) -> Field {
    Field {
        key: None,
        kind: Kind::Other,
        needs: Vec::new(),
        reason,
    }
}

fn needing(mut field: Field, needs: Vec<Test>) -> Field {
    field.needs = needs;
    field
}

fn ip(cursor: &mut Cursor<'_, '_>, table: TableFamily) -> Option<Field> {
    let needs = family_test(Family::V4, table);
    Some(match cursor.take_text()? {
        "saddr" => known(Key::Source(Family::V4), Kind::V4),
        "daddr" => known(Key::Destination(Family::V4), Kind::V4),
        "protocol" => needing(known(Key::Protocol, Kind::Protocol), needs),
        "option" => {
            cursor.take_text()?;
            cursor.eat_any(OPTION_FIELDS);
            needing(unknown(Reason::Unsupported), needs)
        }
        _ => needing(unknown(Reason::Unsupported), needs),
    })
}

fn ip6(cursor: &mut Cursor<'_, '_>, table: TableFamily) -> Option<Field> {
    let needs = family_test(Family::V6, table);
    Some(match cursor.take_text()? {
        "saddr" => known(Key::Source(Family::V6), Kind::V6),
        "daddr" => known(Key::Destination(Family::V6), Kind::V6),
        "nexthdr" => needing(known(Key::Protocol, Kind::Protocol), needs),
        _ => needing(unknown(Reason::Unsupported), needs),
    })
}

fn transport(cursor: &mut Cursor<'_, '_>, head: &str) -> Option<Field> {
    let number = match head {
        "tcp" => 6,
        "udp" => 17,
        "dccp" => 33,
        "sctp" => 132,
        _ => 136,
    };
    let needs = vec![protocol_test(number)];
    match cursor.word()? {
        "flags" if number == 6 => {
            cursor.at += 1;
            Some(needing(known(Key::TcpFlags, Kind::TcpFlags), needs))
        }
        "option" | "chunk" => {
            cursor.at += 1;
            cursor.take_text()?;
            cursor.eat_any(OPTION_FIELDS);
            Some(unknown(Reason::Unsupported))
        }
        _ => ports(cursor, needs),
    }
}

fn ports(cursor: &mut Cursor<'_, '_>, needs: Vec<Test>) -> Option<Field> {
    let field = match cursor.take_text()? {
        "sport" => known(Key::SourcePort, Kind::Port),
        "dport" => known(Key::DestinationPort, Kind::Port),
        _ => unknown(Reason::Unsupported),
    };
    Some(needing(field, needs))
}

fn icmp(cursor: &mut Cursor<'_, '_>, family: Family) -> Option<Field> {
    let (number, types, codes) = match family {
        Family::V4 => (1, Kind::IcmpType, Kind::IcmpCode),
        Family::V6 => (58, Kind::Icmpv6Type, Kind::Icmpv6Code),
    };
    let field = match cursor.take_text()? {
        "type" => known(Key::IcmpType(family), types),
        "code" => known(Key::IcmpCode(family), codes),
        _ => unknown(Reason::Unsupported),
    };
    Some(needing(field, vec![protocol_test(number)]))
}

fn ether(cursor: &mut Cursor<'_, '_>) -> Option<Field> {
    Some(match cursor.take_text()? {
        "saddr" => known(Key::SourceMac, Kind::Mac),
        "type" => known(Key::Family, Kind::EtherType),
        _ => unknown(Reason::Unsupported),
    })
}

fn meta(key: &str) -> Field {
    match key {
        "l4proto" => known(Key::Protocol, Kind::Protocol),
        "nfproto" => known(Key::Family, Kind::Family),
        "protocol" => known(Key::Family, Kind::EtherType),
        "mark" => known(Key::Mark, Kind::Mark),
        "iifname" => known(Key::InputInterface, Kind::InterfaceName),
        "oifname" => known(Key::OutputInterface, Kind::InterfaceName),
        "iif" => known(Key::InputInterface, Kind::Interface),
        "oif" => known(Key::OutputInterface, Kind::Interface),
        "iiftype" => known(Key::InputInterface, Kind::InterfaceType),
        "oiftype" => known(Key::OutputInterface, Kind::InterfaceType),
        "skuid" | "skgid" | "cgroup" => unknown(Reason::Owner),
        "time" | "day" | "hour" => unknown(Reason::Time),
        _ => unknown(Reason::Unsupported),
    }
}

fn connection(cursor: &mut Cursor<'_, '_>, table: TableFamily) -> Option<Field> {
    let way = cursor.eat_any(&["original", "reply"]);
    let first = cursor.take_text()?;
    let mut words = first.split(' ').collect::<Vec<_>>();
    if matches!(first, "ip" | "ip6") {
        words.push(cursor.take_text()?);
    }
    let family = match (words.as_slice(), table) {
        (["ip", "daddr"], _) | (["daddr"], TableFamily::Ip) => Some((Family::V4, Kind::V4)),
        (["ip6", "daddr"], _) | (["daddr"], TableFamily::Ip6) => Some((Family::V6, Kind::V6)),
        _ => None,
    };
    if let (Some("original"), Some((family, kind))) = (way, family) {
        return Some(known(Key::OriginalDestination(family), kind));
    }
    Some(match (way, words.as_slice()) {
        (None, ["state"]) => known(Key::State, Kind::State),
        (None, ["mark"]) => known(Key::ConnectionMark, Kind::Mark),
        (None, ["status"]) => known(Key::ConnectionStatus, Kind::Status),
        (Some("original"), ["proto-dst"]) => known(Key::OriginalPort, Kind::Port),
        (None, ["count"]) => unknown(Reason::RateLimit),
        _ => unknown(Reason::Unsupported),
    })
}

/// `fib daddr type` is a field of the model; with an interface beside the address, and for what
/// routes say of it, it depends on routes that no rule shows.
fn fib(cursor: &mut Cursor<'_, '_>) -> Option<Field> {
    let first = cursor.eat_any(FIB_FLAGS)?;
    let mut alone = true;
    while cursor.eat_sign(".") {
        cursor.eat_any(FIB_FLAGS)?;
        alone = false;
    }
    let result = cursor.eat_any(&["type", "oif", "oifname", "check"])?;
    Some(match (first, result, alone) {
        ("saddr", "type", true) => known(Key::SourceKind, Kind::Locality),
        ("daddr", "type", true) => known(Key::DestinationKind, Kind::Locality),
        _ => unknown(Reason::Unsupported),
    })
}

/// What the model has no field for, by how many words it takes.
fn other(cursor: &mut Cursor<'_, '_>, head: &str) -> Option<Field> {
    match head {
        "vlan" | "arp" | "igmp" | "ah" | "esp" | "comp" | "gre" | "gretap" | "geneve" | "vxlan"
        | "hbh" | "dst" | "frag" | "mh" | "exthdr" => {
            let word = cursor.take_text()?;
            if matches!((head, word), ("arp", "saddr" | "daddr")) {
                cursor.take_text()?;
            }
        }
        "rt" => {
            if matches!(cursor.take_text()?, "ip" | "ip6") {
                cursor.take_text()?;
            }
        }
        "socket" => {
            if cursor.take_text()? == "cgroupv2" && cursor.eat("level") {
                cursor.take_text()?;
                return Some(unknown(Reason::Owner));
            }
        }
        "osf" => {
            if cursor.eat("ttl") {
                cursor.take_text()?;
            }
            cursor.take_text()?;
        }
        "ipsec" => {
            cursor.take_text()?;
            if cursor.eat("spnum") {
                cursor.take_text()?;
            }
            if matches!(cursor.take_text()?, "ip" | "ip6") {
                cursor.take_text()?;
            }
        }
        "numgen" => {
            cursor.take_text()?;
            modulus(cursor)?;
        }
        "symhash" => modulus(cursor)?,
        "jhash" => {
            let mut left = HASHED;
            while left > 0 && !cursor.done() && cursor.word() != Some("mod") {
                cursor.at += 1;
                left -= 1;
            }
            modulus(cursor)?;
        }
        "@ll" | "@nh" | "@th" | "@ih" => {
            cursor.eat_sign(",").then_some(())?;
            cursor.take_text()?;
            cursor.eat_sign(",").then_some(())?;
            cursor.take_text()?;
        }
        _ => return None,
    }
    Some(unknown(Reason::Unsupported))
}

fn modulus(cursor: &mut Cursor<'_, '_>) -> Option<()> {
    cursor.eat("mod").then_some(())?;
    cursor.take_text()?;
    while cursor.eat_any(&["seed", "offset"]).is_some() {
        cursor.take_text()?;
    }
    Some(())
}

/// The protocols whose packets have ports: TCP, UDP, DCCP, SCTP, UDP-Lite.
pub(super) const PORTED: &[u8] = &[6, 17, 33, 132, 136];

/// The keys that may be written without `meta` before them.
const BARE_META: &[&str] = &[
    "mark",
    "iif",
    "iifname",
    "iiftype",
    "iifgroup",
    "oif",
    "oifname",
    "oiftype",
    "oifgroup",
    "skuid",
    "skgid",
    "nftrace",
    "rtclassid",
    "ibriport",
    "obriport",
    "ibrname",
    "obrname",
    "pkttype",
    "cpu",
    "cgroup",
    "time",
    "day",
    "hour",
];
/// The most words hashed by `jhash`.
const HASHED: usize = 64;
const FIB_FLAGS: &[&str] = &["saddr", "daddr", "mark", "iif", "oif"];
const OPTION_FIELDS: &[&str] = &[
    "kind", "length", "size", "count", "left", "right", "tsval", "tsecr", "shift", "type", "ptr",
    "value", "addr", "flags", "subtype",
];
