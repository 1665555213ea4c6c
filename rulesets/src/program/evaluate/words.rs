//! Tests in words, for the conditions of an outcome.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::intervals::address;
use crate::program::{Element, Key, Part, Test, Values};

/// A test in words, such as `source address in 10.0.0.0/8`.
pub(crate) fn describe(test: &Test) -> String {
    match test {
        Test::In {
            key,
            values,
            negated,
        } => format!(
            "{} {}{}",
            fields_words(key),
            if *negated { "not " } else { "" },
            values_words(key, values)
        ),
        Test::Masked {
            key,
            mask,
            values,
            negated,
        } => format!(
            "{} & {mask:#x} {}{}",
            field_name(*key),
            if *negated { "not " } else { "" },
            values_words(&[Key::Protocol], values)
        ),
        Test::AnyOf(lists) => {
            let lists = lists.iter().take(VALUES_SHOWN).map(|list| {
                let tests: Vec<String> = list.iter().take(VALUES_SHOWN).map(describe).collect();
                tests.join(" and ")
            });
            lists.collect::<Vec<_>>().join(" or ")
        }
        Test::Undecided { text, .. } => text.clone(),
    }
}

/// The names of these fields.
pub(crate) fn fields_words(key: &[Key]) -> String {
    let names: Vec<&str> = key.iter().map(|key| field_name(*key)).collect();
    names.join(" and ")
}

/// A field as a reader knows it.
pub(crate) fn field_name(key: Key) -> &'static str {
    match key {
        Key::Source(_) => "source address",
        Key::Destination(_) => "destination address",
        Key::Protocol => "protocol",
        Key::Family => "address family",
        Key::SourcePort => "source port",
        Key::DestinationPort => "destination port",
        Key::IcmpType(_) => "ICMP type",
        Key::IcmpCode(_) => "ICMP code",
        Key::TcpFlags => "TCP flags",
        Key::State => "connection state",
        Key::ConnectionStatus => "translation of the connection",
        Key::OriginalDestination(_) => "destination address before translation",
        Key::OriginalPort => "destination port before translation",
        Key::Mark => "packet mark",
        Key::ConnectionMark => "mark of the connection",
        Key::InputInterface => "incoming interface",
        Key::OutputInterface => "outgoing interface",
        Key::SourceMac => "source hardware address",
        Key::SourceKind => "kind of the source address (this host's addresses)",
        Key::DestinationKind => "kind of the destination address (this host's addresses)",
    }
}

/// One element, its parts joined as nftables joins them.
pub(crate) fn element_words(key: &[Key], element: &Element) -> String {
    let parts = element.0.iter().enumerate();
    let parts: Vec<String> = parts
        .map(|(place, part)| part_words(key.get(place).copied(), part))
        .collect();
    parts.join(" . ")
}

fn values_words(key: &[Key], values: &Values) -> String {
    let elements = match values {
        Values::Named { name, .. } => return format!("in `{name}`"),
        Values::Inline(elements) => elements,
    };
    let shown = elements.iter().take(VALUES_SHOWN);
    let shown: Vec<String> = shown.map(|element| element_words(key, element)).collect();
    match elements.len().saturating_sub(VALUES_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} or {more} more", shown.join(", ")),
    }
}

fn part_words(key: Option<Key>, part: &Part) -> String {
    let (first, last) = match part {
        Part::Span { first, last } => (*first, *last),
        Part::Name { text, prefix } => {
            return format!("{text}{}", if *prefix { "*" } else { "" });
        }
        Part::Unread { text } => return text.clone(),
    };
    let family = match key {
        Some(Key::Source(family) | Key::Destination(family) | Key::OriginalDestination(family)) => {
            family
        }
        Some(
            Key::Protocol
            | Key::Family
            | Key::SourcePort
            | Key::DestinationPort
            | Key::IcmpType(_)
            | Key::IcmpCode(_)
            | Key::TcpFlags
            | Key::State
            | Key::ConnectionStatus
            | Key::OriginalPort
            | Key::Mark
            | Key::ConnectionMark
            | Key::InputInterface
            | Key::OutputInterface
            | Key::SourceMac
            | Key::SourceKind
            | Key::DestinationKind,
        )
        | None => return span_words(first, last, &|number| number.to_string()),
    };
    let bits: u32 = match family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    let host_bits = (first ^ last).count_ones();
    let low = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
    if first != last && first & low == 0 && last == first | low && host_bits <= bits {
        return format!("{}/{}", address(first, family), bits - host_bits);
    }
    span_words(first, last, &|number| address(number, family).to_string())
}

fn span_words(first: u128, last: u128, number: &dyn Fn(u128) -> String) -> String {
    if first == last {
        return number(first);
    }
    format!("{}-{}", number(first), number(last))
}

/// How many values of a test are written out.
const VALUES_SHOWN: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_addresses_read_as_blocks_where_they_are_ones() {
        let source = Some(Key::Source(Family::V4));
        let block = |first: u128, last: u128| part_words(source, &Part::Span { first, last });
        assert_eq!(block(0x0a00_0000, 0x0aff_ffff), "10.0.0.0/8");
        assert_eq!(block(0, 0xffff_ffff), "0.0.0.0/0");
        assert_eq!(block(0x0a00_0001, 0x0a00_0001), "10.0.0.1");
        assert_eq!(block(0x0a00_0001, 0x0a00_0004), "10.0.0.1-10.0.0.4");
        let all = Part::Span {
            first: 0,
            last: u128::MAX,
        };
        assert_eq!(part_words(Some(Key::Source(Family::V6)), &all), "::/0");
    }
}
