//! Translation: `dnat`, `snat`, `masquerade` and `redirect`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::cursor::{Cursor, split};
use super::element::entry;
use super::field::{Field, family_test};
use super::lexer::Token;
use super::relation::{SetWords, fields, keys, kinds, set};
use super::rule::RuleReader;
use super::value::{Kind, part};
use crate::flow::Family;
use crate::host::TableFamily;
use crate::program::{Element, Key, NewValue, Part, Step, Translation, TranslationKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The values of a map that is kept beside the rules.
#[derive(Clone, Debug, Default)]
pub(super) struct DataMap {
    /// The members with the parts of their values.
    pub(super) entries: Vec<(Element, Vec<Part>)>,
    /// The kinds of the values' parts.
    pub(super) kinds: Vec<Kind>,
    /// False when a packet may find what the listing does not show.
    pub(super) complete: bool,
}

/// Reads a translation and adds it to the rule.
pub(super) fn translation(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    kind: TranslationKind,
) {
    let start = cursor.at;
    cursor.at += 1;
    let family = match cursor.eat_any(&["ip", "ip6"]) {
        Some("ip") => Some(Family::V4),
        Some(_) => Some(Family::V6),
        None => table_family(rule.family()),
    };
    let needs = family.map(|family| family_test(family, rule.family()));
    for test in needs.into_iter().flatten() {
        rule.require(test);
    }
    let plain = cursor.eat_any(&["prefix", "interval", "addr"]).is_none();
    if cursor.eat_sign(".") {
        cursor.eat("port");
    }
    let unnamed = matches!(
        kind,
        TranslationKind::Redirect | TranslationKind::Masquerade
    );
    let mut values = match (cursor.eat("to"), unnamed) {
        (false, true) => (NewValue::Keep, NewValue::Keep),
        _ => target(cursor, rule, family),
    };
    if !plain {
        values = (NewValue::Unknown, NewValue::Keep);
    }
    let text = cursor.spelled_since(start);
    while cursor
        .eat_any(&["random", "fully-random", "persistent"])
        .is_some()
    {
        cursor.eat_sign(",");
    }
    rule.steps.push(Step::Translate(Translation {
        kind,
        address: values.0,
        port: values.1,
        text: crate::text::shown(&text, TEXT),
    }));
}

/// The new address and port.
fn target(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    family: Option<Family>,
) -> (NewValue<IpAddr>, NewValue<u16>) {
    let mut values = (NewValue::Keep, NewValue::Keep);
    if cursor.peek().is_none_or(|token| !token.is_sign(":")) {
        if let Some(fields) = fields(cursor, rule) {
            values = mapped_target(cursor, rule, &fields, family);
        } else {
            values.0 = address(literal(cursor), family);
        }
    }
    if cursor.eat_sign(":") {
        values.1 = match fields(cursor, rule) {
            Some(fields) => mapped_port(cursor, rule, &fields),
            None => port(literal(cursor)),
        };
    }
    values
}

/// An address or port with its range, without a port behind it.
fn literal<'t, 'a>(cursor: &mut Cursor<'t, 'a>) -> &'t [Token<'a>] {
    if let Some(inner) = cursor.group() {
        return inner;
    }
    let start = cursor.at;
    cursor.advance();
    if cursor.eat_sign("-") {
        cursor.advance();
    }
    cursor.since(start)
}

fn address(tokens: &[Token<'_>], family: Option<Family>) -> NewValue<IpAddr> {
    let four = matches!(family, None | Some(Family::V4)).then(|| part(Kind::V4, tokens));
    let six = matches!(family, None | Some(Family::V6)).then(|| part(Kind::V6, tokens));
    let four = four.map(|part| new_value(&part, v4));
    let six = six.map(|part| new_value(&part, |value| Some(v6(value))));
    let mut read = four
        .into_iter()
        .chain(six)
        .filter(|value| *value != NewValue::Unknown);
    read.next().unwrap_or(NewValue::Unknown)
}

fn v4(value: u128) -> Option<IpAddr> {
    u32::try_from(value)
        .ok()
        .map(|value| IpAddr::V4(Ipv4Addr::from(value)))
}

fn v6(value: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from(value))
}

fn port(tokens: &[Token<'_>]) -> NewValue<u16> {
    new_value(&part(Kind::Port, tokens), |value| u16::try_from(value).ok())
}

fn new_value<T>(part: &Part, convert: impl Fn(u128) -> Option<T>) -> NewValue<T> {
    let Part::Span { first, last } = part else {
        return NewValue::Unknown;
    };
    match (convert(*first), convert(*last)) {
        (Some(value), Some(_)) if first == last => NewValue::One(value),
        (Some(first), Some(last)) => NewValue::Between(first, last),
        _ => NewValue::Unknown,
    }
}

/// A map behind the fields; its values are addresses, or addresses with ports.
fn mapped_target(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    fields: &[Field],
    family: Option<Family>,
) -> (NewValue<IpAddr>, NewValue<u16>) {
    let unknown = (NewValue::Unknown, NewValue::Unknown);
    rule.need(fields);
    let Some((key, map)) = map(cursor, rule, fields, family) else {
        return unknown;
    };
    let Some((address_kind, ports)) = map.kinds.split_first() else {
        return unknown;
    };
    let to_address = |value: u128| {
        let four = *address_kind == Kind::V4;
        let six = *address_kind == Kind::V6;
        v4(value)
            .filter(|_| four)
            .or_else(|| six.then(|| v6(value)))
    };
    let address = mapped(&key, &map, 0, to_address);
    match ports {
        [] => (address, NewValue::Keep),
        [Kind::Port] => (
            address,
            mapped(&key, &map, 1, |value| u16::try_from(value).ok()),
        ),
        _ => unknown,
    }
}

fn mapped_port(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    fields: &[Field],
) -> NewValue<u16> {
    rule.need(fields);
    match map(cursor, rule, fields, None) {
        Some((key, map)) if map.kinds == [Kind::Port] => {
            mapped(&key, &map, 0, |value| u16::try_from(value).ok())
        }
        _ => NewValue::Unknown,
    }
}

fn mapped<T>(
    key: &[Key],
    map: &DataMap,
    at: usize,
    convert: impl Fn(u128) -> Option<T>,
) -> NewValue<T> {
    let value = |(element, parts): &(Element, Vec<Part>)| match parts.get(at)? {
        Part::Span { first, last } if first == last => Some((element.clone(), convert(*first)?)),
        Part::Span { .. } | Part::Name { .. } | Part::Unread { .. } => None,
    };
    let entries = map.entries.iter().map(value).collect::<Option<_>>();
    entries.map_or(NewValue::Unknown, |entries| NewValue::Mapped {
        key: key.to_vec(),
        entries,
    })
}

/// The map behind `map`, with the fields it is looked up by.
fn map(
    cursor: &mut Cursor<'_, '_>,
    rule: &mut RuleReader<'_, '_>,
    fields: &[Field],
    family: Option<Family>,
) -> Option<(Vec<Key>, DataMap)> {
    if !cursor.eat("map") {
        return None;
    }
    let value = cursor.value();
    let key = keys(fields)?;
    let map = match set(value)? {
        SetWords::Named(name) => rule.scope.map(&name)?,
        SetWords::Inline(members) => inline(&members, fields, family)?,
    };
    Some((key, map))
}

/// A map written in the rule. The kinds of its values show in the first of them.
fn inline(members: &[&[Token<'_>]], fields: &[Field], family: Option<Family>) -> Option<DataMap> {
    let keys = kinds(fields);
    let (_, first) = entry(&keys, members.first()?)?;
    let kind = |tokens: &&[Token<'_>]| {
        let is = |kind| matches!(part(kind, tokens), Part::Span { .. });
        [Kind::Port, Kind::V4, Kind::V6]
            .into_iter()
            .find(|kind| is(*kind))
    };
    let kinds: Vec<Kind> = split(first, ".").iter().map(kind).collect::<Option<_>>()?;
    let agrees = match family {
        Some(Family::V4) => kinds[0] != Kind::V6,
        Some(Family::V6) => kinds[0] != Kind::V4,
        None => true,
    };
    let mut entries = Vec::with_capacity(members.len());
    for member in members.iter().filter(|_| agrees) {
        let (element, value) = entry(&keys, member)?;
        entries.push((element, data(&kinds, value)?));
    }
    Some(DataMap {
        entries,
        kinds,
        complete: true,
    })
}

/// The parts of a map's value.
pub(super) fn data(kinds: &[Kind], tokens: &[Token<'_>]) -> Option<Vec<Part>> {
    let parts = split(tokens, ".");
    let parts = (parts.len() == kinds.len()).then_some(parts)?;
    Some(
        kinds
            .iter()
            .zip(parts)
            .map(|(kind, tokens)| part(*kind, tokens))
            .collect(),
    )
}

fn table_family(table: TableFamily) -> Option<Family> {
    match table {
        TableFamily::Ip => Some(Family::V4),
        TableFamily::Ip6 => Some(Family::V6),
        TableFamily::Inet | TableFamily::Arp | TableFamily::Bridge | TableFamily::Netdev => None,
    }
}

/// The most characters kept of a translation's own words.
const TEXT: usize = 500;
