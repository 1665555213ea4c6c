//! Which base chains see a packet, and in which order.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::host::{Backend, Base, ChainKind, Hook, HostRules, Table, TableFamily};
use crate::program::evaluate::Program;
use std::cmp::Reverse;

/// A table as its chains are called.
#[derive(Debug)]
pub(super) struct Called<'a> {
    pub(super) table: &'a Table,
    pub(super) program: Program<'a>,
}

/// A base chain in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'t, 'a> {
    pub(super) called: &'t Called<'a>,
    /// The chain's place in the table.
    pub(super) chain: usize,
    pub(super) base: &'a Base,
    /// The priority at which the kernel calls it.
    pub(super) priority: i32,
}

/// The tables that are switched on and see packets of this family.
pub(super) fn tables(rules: &HostRules, family: Family) -> Vec<Called<'_>> {
    let seen = |table: &&Table| !table.dormant && sees(table.family, family);
    let tables = rules.tables.iter().filter(seen);
    tables
        .map(|table| {
            let chains = table.chains.iter().map(|chain| &chain.chain);
            Called {
                table,
                program: Program::new(chains, table.sets.iter().chain(&rules.ipsets)),
            }
        })
        .collect()
}

/// When each table was made: the higher, the later.
pub(super) type Ranks = Vec<usize>;

/// The tables were made as they stand.
pub(super) fn ranks(tables: &[Called<'_>]) -> Ranks {
    (0..tables.len()).map(|place| 2 * place + 1).collect()
}

/// The rank of a table that was made right after another one.
pub(super) fn rank_above(place: usize) -> usize {
    2 * place + 2
}

/// The base chains of one hook, first to last.
pub(super) fn places<'t, 'a>(
    tables: &'t [Called<'a>],
    ranks: &[usize],
    hook: Hook,
) -> Vec<Place<'t, 'a>> {
    let mut places = Vec::new();
    for (called, made) in tables.iter().zip(ranks) {
        for (chain, listed) in called.table.chains.iter().enumerate() {
            let Some(base) = listed.base.as_ref().filter(|base| base.hook == hook) else {
                continue;
            };
            let place = Place {
                called,
                chain,
                base,
                priority: priority(base),
            };
            places.push((place, Reverse((*made, chain))));
        }
    }
    places.sort_by_key(|(place, made)| (key(place.base), *made));
    places.into_iter().map(|(place, _)| place).collect()
}

impl Place<'_, '_> {
    pub(super) fn backend(&self) -> Backend {
        self.called.table.backend
    }
}

fn sees(table: TableFamily, family: Family) -> bool {
    match table {
        TableFamily::Ip => family == Family::V4,
        TableFamily::Ip6 => family == Family::V6,
        TableFamily::Inet | TableFamily::Netdev => true,
        TableFamily::Arp | TableFamily::Bridge => false,
    }
}

/// Where a base chain is called; the order among those with one key is the order they were made in.
pub(super) fn key(base: &Base) -> (Hook, i32, i32) {
    (base.hook, priority(base), base.priority)
}

/// The priority at which the kernel calls a base chain: those of type `nat` share one.
fn priority(base: &Base) -> i32 {
    match (base.kind, base.hook) {
        (ChainKind::Nat, Hook::Prerouting | Hook::Output) => -100,
        (ChainKind::Nat, Hook::Input | Hook::Postrouting) => 100,
        (
            ChainKind::Nat | ChainKind::Filter | ChainKind::Route,
            Hook::Ingress
            | Hook::Prerouting
            | Hook::Input
            | Hook::Forward
            | Hook::Output
            | Hook::Postrouting
            | Hook::Egress,
        ) => base.priority,
    }
}
