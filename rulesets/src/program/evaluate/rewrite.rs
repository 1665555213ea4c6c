//! What a translation makes of one packet.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::sight::Env;
use super::truth::{Eyes, Truth};
use crate::program::{Element, Key, NewValue, Translation};
use std::net::IpAddr;

/// A translation with its values looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rewrite<'a> {
    pub(crate) by: &'a Translation,
    pub(crate) address: Fresh<IpAddr>,
    pub(crate) port: Fresh<u16>,
}

/// The value a field gets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fresh<T> {
    Keep,
    Is(T),
    /// A value that is not known.
    Open,
}

/// Whether a translation applies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Applies<'a> {
    Yes(Rewrite<'a>),
    /// One of its maps may or may not hold the packet's key.
    Maybe(Rewrite<'a>),
    No,
}

impl PartialEq for Rewrite<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.by, other.by) && self.address == other.address && self.port == other.port
    }
}

/// Looks up what a translation gives a packet.
pub(crate) fn rewrite<'a>(eyes: &Eyes<'_, 'a>, by: &'a Translation, env: Env) -> Applies<'a> {
    let (address, address_holds) = fresh(eyes, &by.address, env);
    let (port, port_holds) = fresh(eyes, &by.port, env);
    let rewrite = Rewrite { by, address, port };
    match (address_holds, port_holds) {
        (Truth::False, _) | (_, Truth::False) => Applies::No,
        (Truth::True, Truth::True) => Applies::Yes(rewrite),
        (Truth::Open, _) | (_, Truth::Open) => Applies::Maybe(rewrite),
    }
}

/// The value, and whether there is one.
fn fresh<T: Copy + PartialEq>(
    eyes: &Eyes<'_, '_>,
    value: &NewValue<T>,
    env: Env,
) -> (Fresh<T>, Truth) {
    match value {
        NewValue::Keep => (Fresh::Keep, Truth::True),
        NewValue::One(value) => (Fresh::Is(*value), Truth::True),
        NewValue::Between(first, last) if first == last => (Fresh::Is(*first), Truth::True),
        NewValue::Between(..) | NewValue::Unknown => (Fresh::Open, Truth::True),
        NewValue::Mapped { key, entries } => mapped(eyes, key, entries, env),
    }
}

fn mapped<T: Copy + PartialEq>(
    eyes: &Eyes<'_, '_>,
    key: &[Key],
    entries: &[(Element, T)],
    env: Env,
) -> (Fresh<T>, Truth) {
    if eyes.lacks(key, env) {
        return (Fresh::Keep, Truth::False);
    }
    let mut value = None;
    for (element, entry) in entries {
        let holds = eyes.element(key, element, env);
        if holds == Truth::False {
            continue;
        }
        let agrees = value.is_none_or(|value| value == Fresh::Is(*entry));
        value = Some(if agrees {
            Fresh::Is(*entry)
        } else {
            Fresh::Open
        });
        if holds == Truth::True {
            return (value.unwrap_or(Fresh::Open), Truth::True);
        }
    }
    value.map_or((Fresh::Keep, Truth::False), |value| (value, Truth::Open))
}
