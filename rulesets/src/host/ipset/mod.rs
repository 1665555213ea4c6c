//! The sets of `ipset`: which fields a set's members have, and what looking a packet up in it means.
//!
//! A set's type names the fields of its members (`hash:ip,port`), and a rule's match says for each
//! field which end of the packet it takes (`src,dst`). [`Sets`] holds the types, so that a match can
//! be joined with its set where the rule is read; the members themselves are looked up by name.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod join;

pub use join::Sets;

use crate::flow::Family;
use crate::program::NamedSet;

/// A set of ipset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IpSet {
    /// The members, one part for each field; a port makes two parts, its protocol and its number.
    pub members: NamedSet,
    /// The fields of a member, as the type names them.
    pub fields: Vec<Field>,
    /// The family of its addresses; `None` for a type without addresses.
    pub family: Option<Family>,
    /// The sets it lists, for the type `list:set`.
    pub lists: Vec<String>,
    /// True when it has members of protocols without ports, such as `icmp:8/0`, which are not among
    /// the members here.
    pub portless: bool,
}

/// A field of a set's members.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Field {
    /// An address, or a block of them (`ip`, `net`).
    Address,
    /// A protocol and its port (`port`).
    Port,
    /// A port of either TCP or UDP (`bitmap:port`).
    BarePort,
    /// An interface (`iface`).
    Interface,
    /// A hardware address (`mac`).
    Mac,
    /// A packet mark (`mark`).
    Mark,
    /// Another set (`list:set`).
    Set,
}
