//! One member of a set: its words in, its parts out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Field;
use crate::flow::Family;
use crate::host::iptables::{full, mac, number, protocol, range, span, word, words};
use crate::program::{Element, Part};

/// How the members of a set are written.
pub(super) struct Shape {
    /// The fields; none for a type that is not known.
    pub fields: Vec<Field>,
    /// The family of its addresses; `None` without addresses.
    pub family: Option<Family>,
    /// The bits of an address that count.
    mask: Option<u128>,
    /// False when it has a mask that is not modelled.
    plain: bool,
}

impl Shape {
    /// How the members of a set of this type and header are written.
    pub(super) fn of(kind: &str, header: &str) -> Self {
        let fields = fields(kind).unwrap_or_default();
        let option = |name: &str| {
            let mut words = header.split_ascii_whitespace();
            words.find(|word| *word == name)?;
            words.next()
        };
        let addressed = fields.contains(&Field::Address);
        let family = addressed.then(|| match option("family") {
            Some("inet6") => Family::V6,
            Some(_) | None => Family::V4,
        });
        let mask = option("netmask").or_else(|| option("bitmask"));
        let read = mask.map(|mask| family.and_then(|family| contiguous(mask, family)));
        Self {
            fields,
            family,
            mask: read.flatten(),
            plain: read != Some(None)
                && option("markmask").is_none_or(|mask| word(mask) == Some(u32::MAX)),
        }
    }
}

/// The elements of a member; `None` for one that is not understood, has no ports, or is a set.
pub(super) fn elements(line: &str, shape: &Shape) -> Option<Vec<Element>> {
    let words = words(line).ok()?;
    let (member, options) = words.split_first()?;
    let prefix = options.iter().any(|word| word.written == "wildcard");
    let mut texts = member.text.split(',');
    let mut parts = Vec::with_capacity(shape.fields.len());
    for field in &shape.fields {
        let text = texts.next();
        match (field, text) {
            (Field::Mac, None) => parts.push(Part::Span {
                first: 0,
                last: (1 << 48) - 1,
            }),
            (Field::BarePort, Some(text)) => {
                let ports = ports(text)?;
                let of = |number: u8| Element(vec![Part::one(number), ports.clone()]);
                return Some(vec![of(6), of(17)]);
            }
            (Field::Port, Some(text)) => parts.extend(protocol_and_ports(text)?),
            (_, Some(text)) => parts.push(part(*field, text, prefix, shape)?),
            (_, None) => return None,
        }
    }
    let read = texts.next().is_none() && !parts.is_empty();
    read.then(|| vec![Element(parts)])
}

/// Whether a member is a block that is cut out of those around it.
pub(super) fn is_excepted(line: &str) -> bool {
    let words = line.split(" comment ").next().unwrap_or_default();
    words
        .split_ascii_whitespace()
        .skip(1)
        .any(|word| word == "nomatch")
}

/// Whether a member is of a protocol without ports.
pub(super) fn is_portless(line: &str, shape: &Shape) -> bool {
    let member = line.split(' ').next().unwrap_or_default();
    let texts = member.split(',').zip(&shape.fields);
    let mut ports = texts.filter(|(_, field)| **field == Field::Port);
    ports.any(|(text, _)| {
        let protocol = text.split_once(':').and_then(|(name, _)| protocol(name));
        protocol.is_some_and(|protocol| !PORTED.contains(&protocol))
    })
}

/// The set that a member of a list names.
pub(super) fn listed(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// Leaves open whether the element matches, because another one may except it.
pub(super) fn open(element: &mut Element, line: &str) {
    if let Some(first) = element.0.first_mut() {
        let text = line.to_owned();
        *first = Part::Unread { text };
    }
}

fn part(field: Field, text: &str, prefix: bool, shape: &Shape) -> Option<Part> {
    let family = shape.family.unwrap_or(Family::V4);
    Some(match field {
        _ if !shape.plain => Part::Unread {
            text: text.to_owned(),
        },
        Field::Address => match shape.mask {
            Some(mask) => {
                let first = number(text, family)? & mask;
                let last = first | (full(family) & !mask);
                Part::Span { first, last }
            }
            None => span(text, family).or_else(|| range(text, family))?,
        },
        Field::Interface if text.starts_with("physdev:") => Part::Unread {
            text: text.to_owned(),
        },
        Field::Interface => Part::Name {
            text: text.to_owned(),
            prefix,
        },
        Field::Mac => Part::one(mac(text)?),
        Field::Mark => Part::one(word(text)?),
        Field::Port | Field::BarePort | Field::Set => return None,
    })
}

/// The protocol and the ports of `tcp:80` or `tcp:80-90`; TCP when there is no protocol.
fn protocol_and_ports(text: &str) -> Option<[Part; 2]> {
    let (name, numbers) = text.split_once(':').unwrap_or(("tcp", text));
    let protocol = protocol(name).filter(|protocol| PORTED.contains(protocol))?;
    Some([Part::one(protocol), ports(numbers)?])
}

fn ports(text: &str) -> Option<Part> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
    (first <= last).then(|| Part::Span {
        first: first.into(),
        last: last.into(),
    })
}

/// The mask of `netmask` or `bitmask`; `None` when its bits are not the first ones of an address.
fn contiguous(text: &str, family: Family) -> Option<u128> {
    let whole = span(&format!("{}/{text}", number_all(family)), family)?;
    match whole {
        Part::Span { first, .. } => Some(first),
        Part::Name { .. } | Part::Unread { .. } => None,
    }
}

/// The address whose bits are all set.
fn number_all(family: Family) -> &'static str {
    match family {
        Family::V4 => "255.255.255.255",
        Family::V6 => "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    }
}

fn fields(kind: &str) -> Option<Vec<Field>> {
    match kind {
        "list:set" => return Some(vec![Field::Set]),
        "bitmap:port" => return Some(vec![Field::BarePort]),
        _ => {}
    }
    let (method, names) = kind.split_once(':')?;
    let known = matches!(method, "hash" | "bitmap");
    let fields = names
        .split(',')
        .take(MOST_FIELDS + 1)
        .map(|name| match name {
            "ip" | "net" => Some(Field::Address),
            "port" => Some(Field::Port),
            "iface" => Some(Field::Interface),
            "mac" => Some(Field::Mac),
            "mark" => Some(Field::Mark),
            _ => None,
        });
    let fields = fields.collect::<Option<Vec<Field>>>()?;
    (known && fields.len() <= MOST_FIELDS).then_some(fields)
}

/// The protocols that have ports.
const PORTED: [u8; 5] = [6, 17, 33, 132, 136];

/// The most fields a type has.
const MOST_FIELDS: usize = 3;
