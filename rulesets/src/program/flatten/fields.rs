//! Which fields are dimensions of the space, and how tests of them cut a box.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::intervals::Intervals;
use crate::program::Key;
use crate::program::evaluate::{Sight, icmp};
use crate::space::{Cube, Field, Span};

/// What a field is in a box of packets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// A dimension, for these protocols.
    Free(Field, Protocols),
    /// The upper byte of a dimension, for one protocol.
    High(u8),
    /// The lower byte of a dimension, for one protocol.
    Low(u8),
    /// No dimension: one value for all packets of these protocols.
    Fixed(Protocols),
}

/// The protocols whose packets have a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Protocols {
    All,
    Ported,
    One(u8),
    None,
}

/// Where a field is found in a packet of this context.
pub(super) fn place(key: Key, sight: &Sight) -> Place {
    let own = |family| {
        if sight.packet.family == family {
            Protocols::All
        } else {
            Protocols::None
        }
    };
    match key {
        Key::Source(family) if sight.made.source => Place::Fixed(own(family)),
        Key::Destination(family) if sight.made.destination => Place::Fixed(own(family)),
        Key::SourcePort if sight.made.source_port => Place::Fixed(Protocols::Ported),
        Key::DestinationPort if sight.made.destination_port => Place::Fixed(Protocols::Ported),
        Key::Source(family) => Place::Free(Field::Source, own(family)),
        Key::Destination(family) => Place::Free(Field::Destination, own(family)),
        Key::Protocol => Place::Free(Field::Protocol, Protocols::All),
        Key::SourcePort => Place::Free(Field::A, Protocols::Ported),
        Key::DestinationPort => Place::Free(Field::B, Protocols::Ported),
        Key::IcmpType(family) => Place::High(icmp(family)),
        Key::IcmpCode(family) => Place::Low(icmp(family)),
        Key::TcpFlags => Place::Fixed(Protocols::One(6)),
        Key::OriginalDestination(family) if sight.tracked() => {
            Place::Free(Field::Destination, own(family))
        }
        Key::OriginalPort if sight.tracked() => Place::Free(Field::B, Protocols::Ported),
        Key::OriginalDestination(_) | Key::OriginalPort => Place::Fixed(Protocols::None),
        Key::Family
        | Key::State
        | Key::ConnectionStatus
        | Key::Mark
        | Key::ConnectionMark
        | Key::InputInterface
        | Key::OutputInterface
        | Key::SourceMac
        | Key::SourceKind
        | Key::DestinationKind => Place::Fixed(Protocols::All),
    }
}

/// The parts of a box whose packets have a protocol of these.
pub(super) fn of_protocols(cube: Cube, protocols: Protocols) -> Vec<Cube> {
    let numbers: &[u128] = match protocols {
        Protocols::All => return vec![cube],
        Protocols::None => return Vec::new(),
        Protocols::Ported => &[6, 17, 33, 132, 136],
        Protocols::One(number) => return with_protocol(cube, number.into()).into_iter().collect(),
    };
    let parts = numbers
        .iter()
        .filter_map(|number| with_protocol(cube, *number));
    parts.collect()
}

/// The parts of a box whose field has one of these values.
pub(super) fn of_values(cube: Cube, place: Place, values: &Intervals) -> Vec<Cube> {
    let spans = || {
        values
            .intervals()
            .filter_map(|(first, last)| Span::new(first, last))
    };
    match place {
        Place::Free(field, protocols) => {
            let whole = |part: &Cube| spans().any(|span| span.covers(part.span(field)));
            let cut = |part: Cube| {
                spans().filter_map(move |span| {
                    let span = span.intersect(part.span(field))?;
                    Some(part.with(field, span))
                })
            };
            let mut parts = Vec::new();
            for part in of_protocols(cube, protocols) {
                if whole(&part) {
                    parts.push(part);
                } else {
                    parts.extend(cut(part));
                }
            }
            parts
        }
        Place::High(protocol) => {
            let Some(part) = with_protocol(cube, protocol.into()) else {
                return Vec::new();
            };
            let wide = spans().filter_map(|span| {
                let last = span.last().min(u8::MAX.into());
                let span = Span::new(span.first() << 8, last << 8 | 0xff)?;
                Some(part.with(Field::B, span.intersect(part.span(Field::B))?))
            });
            wide.collect()
        }
        Place::Low(protocol) => {
            let part = with_protocol(cube, protocol.into());
            part.map_or_else(Vec::new, |part| of_codes(part, values))
        }
        Place::Fixed(_) => vec![cube],
    }
}

/// The ICMP messages of a box with one of these codes, type by type.
fn of_codes(part: Cube, values: &Intervals) -> Vec<Cube> {
    let held = part.span(Field::B);
    if values
        .intervals()
        .any(|(first, last)| first == 0 && last >= 0xff)
    {
        return vec![part];
    }
    let mut parts = Vec::new();
    for kind in (held.first() >> 8)..=(held.last() >> 8) {
        for (first, last) in values.intervals().filter(|(first, _)| *first <= 0xff) {
            let codes = Span::new(kind << 8 | first, kind << 8 | last.min(0xff));
            let codes = codes.and_then(|codes| codes.intersect(held));
            parts.extend(codes.map(|codes| part.with(Field::B, codes)));
        }
    }
    parts
}

fn with_protocol(cube: Cube, number: u128) -> Option<Cube> {
    let span = cube.span(Field::Protocol).intersect(Span::one(number))?;
    Some(cube.with(Field::Protocol, span))
}
