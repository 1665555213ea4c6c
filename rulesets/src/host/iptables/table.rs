//! The tables of iptables and where the kernel calls their chains.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::host::{Base, ChainKind, Hook};
use crate::program::Verdict;

/// Whether iptables has this table.
pub(in crate::host) fn is_table(name: &str) -> bool {
    TABLES.iter().any(|(table, _)| *table == name)
}

/// Where the kernel calls a chain of a table; `None` for a chain of the user's own.
pub(in crate::host) fn base(table: &str, chain: &str, policy: Verdict) -> Option<Base> {
    let (_, chains) = TABLES.iter().find(|(name, _)| *name == table)?;
    let (_, hook, priority) = chains.iter().find(|(name, _, _)| *name == chain)?;
    let kind = match table {
        "nat" => ChainKind::Nat,
        "mangle" if *hook == Hook::Output => ChainKind::Route,
        _ => ChainKind::Filter,
    };
    Some(Base {
        kind,
        hook: *hook,
        devices: Vec::new(),
        priority: *priority,
        policy,
    })
}

/// The table whose built-in chains these are, for a listing that does not name it.
pub(super) fn guess(built_in: &[&str]) -> &'static str {
    let has = |name: &str| built_in.contains(&name);
    match (has("PREROUTING"), has("POSTROUTING"), has("FORWARD")) {
        (true, true, true) => "mangle",
        (_, true, _) => "nat",
        (true, false, _) => "raw",
        (false, false, _) => "filter",
    }
}

/// A built-in chain: its name, its hook and its priority.
type BuiltIn = (&'static str, Hook, i32);

/// Each table with its built-in chains, their hooks and their priorities (`iptables(8)`; the numbers
/// are those of the kernel's `netfilter_ipv4.h`).
const TABLES: &[(&str, &[BuiltIn])] = &[
    (
        "raw",
        &[
            ("PREROUTING", Hook::Prerouting, -300),
            ("OUTPUT", Hook::Output, -300),
        ],
    ),
    (
        "mangle",
        &[
            ("PREROUTING", Hook::Prerouting, -150),
            ("INPUT", Hook::Input, -150),
            ("FORWARD", Hook::Forward, -150),
            ("OUTPUT", Hook::Output, -150),
            ("POSTROUTING", Hook::Postrouting, -150),
        ],
    ),
    (
        "nat",
        &[
            ("PREROUTING", Hook::Prerouting, -100),
            ("INPUT", Hook::Input, 100),
            ("OUTPUT", Hook::Output, -100),
            ("POSTROUTING", Hook::Postrouting, 100),
        ],
    ),
    (
        "filter",
        &[
            ("INPUT", Hook::Input, 0),
            ("FORWARD", Hook::Forward, 0),
            ("OUTPUT", Hook::Output, 0),
        ],
    ),
    (
        "security",
        &[
            ("INPUT", Hook::Input, 50),
            ("FORWARD", Hook::Forward, 50),
            ("OUTPUT", Hook::Output, 50),
        ],
    ),
];
