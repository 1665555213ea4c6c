//! The packet filters of a Linux host: iptables in both back ends, nftables, ipset.
//!
//! Several listings of one host combine as the kernel combines them: every base chain of a hook must
//! let the packet pass, whoever made it, in the order of their priorities.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod accept;
mod combine;
mod front_end;
pub mod ipset;
pub mod iptables;
mod judge;
mod merged;
pub mod nft;
mod read;

pub(crate) use accept::Accept;
pub use accept::Spot;
pub use front_end::{FrontEnd, Wanted, front_end};
pub use judge::{FlatPassage, FlatStage, HostFacts, Passage, Stage, Translated};
pub use read::{Error, ListingKind, NamedText, listing_kind};

use crate::program::{Chain, NamedSet, Verdict};

/// Everything that the listings of one host say of its packet filters.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HostRules {
    /// The tables, in the order read.
    pub tables: Vec<Table>,
    /// The sets of `ipset`, which the tables of iptables share.
    pub ipsets: Vec<NamedSet>,
    /// What was read but not understood, with its place, one line each; the rules around it carry
    /// their own undecided steps.
    pub gaps: Vec<String>,
}

/// A table: chains and the sets they share.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Table {
    /// Which part of the kernel runs it.
    pub backend: Backend,
    /// Which packets it sees.
    pub family: TableFamily,
    /// Its name, such as `filter`.
    pub name: String,
    /// Its chains, base chains and others.
    pub chains: Vec<HostChain>,
    /// Its sets and maps.
    pub sets: Vec<NamedSet>,
    /// True when the table is switched off (`flags dormant`).
    pub dormant: bool,
}

/// A chain of a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostChain {
    /// Where the kernel calls it; `None` for a chain that only rules call.
    pub base: Option<Base>,
    /// Its rules; `set` is the family and the table, such as `ip filter`.
    pub chain: Chain,
}

/// Where the kernel calls a base chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Base {
    /// What the chain may do.
    pub kind: ChainKind,
    /// The place on a packet's way.
    pub hook: Hook,
    /// The interfaces of an ingress or egress hook; empty for the other hooks.
    pub devices: Vec<String>,
    /// The order among base chains of one hook, lowest first.
    pub priority: i32,
    /// What happens to a packet that no rule of the chain decides: accept or drop.
    pub policy: Verdict,
}

/// Which part of the kernel runs a table.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Backend {
    /// nftables, which also runs what `iptables-nft` makes.
    Nftables,
    /// The older `x_tables`, which `nft` does not show.
    Legacy,
}

/// Which packets a table sees.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum TableFamily {
    /// IPv4.
    Ip,
    /// IPv6.
    Ip6,
    /// Both.
    Inet,
    /// ARP, which no question here is about.
    Arp,
    /// Packets that a bridge forwards.
    Bridge,
    /// Everything that arrives on a device, or leaves by one.
    Netdev,
}

/// What a base chain may do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ChainKind {
    /// Filters.
    Filter,
    /// Translates addresses; sees only the first packet of a flow.
    Nat,
    /// Filters, and has output packets routed again when it changes them.
    Route,
}

/// The place on a packet's way where a base chain is called.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Hook {
    /// As it arrives on a device.
    Ingress,
    /// Before it is routed.
    Prerouting,
    /// On its way to a process.
    Input,
    /// On its way through.
    Forward,
    /// As a process sends it.
    Output,
    /// After it was routed.
    Postrouting,
    /// As it leaves by a device.
    Egress,
}
