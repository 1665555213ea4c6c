//! The one model that every rule format is read into.
//!
//! A rule set is a list of chains; a chain is a list of rules; a rule is a list of steps, taken in
//! order until a test fails or a verdict is given. A cloud's rule list is a chain without jumps. What a
//! parser did not understand stays in the rule, quoted, as a step that cannot be decided: it is never
//! left out and never taken for "no match".
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod evaluate;
mod flatten;
mod values;

pub use flatten::{Ending, Flat, FlatEntry, PASSES, STOPPED};
pub(crate) use flatten::{Piece, Rewritten, Walk, any, parted, whole};
pub use values::{Element, NamedSet, Part, Values};

use crate::flow::Family;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Rules that are read in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chain {
    /// The rule set the chain belongs to: a group such as `sg-1`, or a table such as `inet filter`.
    pub set: String,
    /// The chain's own name, such as `INPUT`; for a cloud's list `inbound` or `outbound`.
    pub name: String,
    /// The rules, first to last.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// The position in the user's own list, from 0 (a cloud's ACL number or priority is in `text`).
    pub index: usize,
    /// The handle by which the kernel names it, where the listing shows one.
    pub handle: Option<u64>,
    /// The rule on one line, in the user's own spelling.
    pub text: String,
    /// The user's remark; empty when there is none.
    pub description: String,
    /// What it tests and does, in order.
    pub steps: Vec<Step>,
}

/// One step of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// The rule ends here, without a verdict, unless this holds.
    Test(Test),
    /// The rule ends here with this verdict.
    Verdict(Verdict),
    /// The rule ends here with the verdict that the map holds for the key; it goes on when the map
    /// holds none.
    Lookup {
        /// The fields looked up, together.
        key: Vec<Key>,
        /// The map.
        map: VerdictMap,
    },
    /// The packet's addresses or ports are rewritten, and the base chain of type `nat` accepts.
    Translate(Translation),
    /// The packet's mark becomes `(mark & !mask) ^ value`.
    SetMark {
        /// The bits to clear.
        mask: u32,
        /// The bits to flip afterwards.
        value: u32,
    },
    /// The mark of the packet, or of its connection, becomes `(mark & !mask) ^ (other & copied) ^ value`,
    /// where `other` is that of the other one. Without a connection nothing happens.
    CopyMark {
        /// Which of the two changes.
        to: Marked,
        /// The bits to clear.
        mask: u32,
        /// The bits to flip where the other mark has them.
        copied: u32,
        /// The bits to flip in any case.
        value: u32,
    },
    /// The packet is exempted from connection tracking.
    Notrack,
    /// Something that was not understood and may have any effect, a verdict included.
    Opaque {
        /// The words of the rule that were not understood.
        text: String,
    },
}

/// What bears a mark.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Marked {
    /// The packet, as long as it is in the host.
    Packet,
    /// Its connection, as long as it is tracked.
    Connection,
}

/// A condition on the packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Test {
    /// The values of these fields, taken together, are among `values` (or, negated, are not). It
    /// fails, negated or not, for a packet that lacks one of the fields.
    In {
        /// One field, or a concatenation of several.
        key: Vec<Key>,
        /// What they are compared with; an element has one part a field.
        values: Values,
        /// True when the values must not be among them.
        negated: bool,
    },
    /// The field's value, masked, is among `values` (or, negated, is not).
    Masked {
        /// The field.
        key: Key,
        /// The bits that count.
        mask: u128,
        /// What they are compared with, one part an element.
        values: Values,
        /// True when the masked value must not be among them.
        negated: bool,
    },
    /// At least one of these lists of tests holds in full; with no list, nothing does.
    AnyOf(Vec<Vec<Self>>),
    /// A condition on something that no packet shows, or that was not understood.
    Undecided {
        /// What kind of thing it depends on.
        reason: Reason,
        /// The condition in the user's own words.
        text: String,
    },
}

/// Why a test cannot be decided.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A rate, a number of connections, or a quota: it holds until it is used up.
    RateLimit,
    /// What this source did before (`recent`, a set filled by rules).
    History,
    /// The clock.
    Time,
    /// The process, user or group at this host's end.
    Owner,
    /// A field the question left open.
    Unspecified,
    /// The members of a set, group or template that is not at hand.
    Reference,
    /// A condition this tool does not evaluate.
    Unsupported,
}

/// A field of a packet, or of its way through the host. Numbers compare as numbers, interfaces as
/// names.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Key {
    /// The source address; a packet of the other family lacks it.
    Source(Family),
    /// The destination address; a packet of the other family lacks it.
    Destination(Family),
    /// The protocol above IP.
    Protocol,
    /// The family, as nftables numbers it (`meta nfproto`): 2 for IPv4, 10 for IPv6.
    Family,
    /// The source port; only TCP, UDP, UDP-Lite, SCTP and DCCP have one.
    SourcePort,
    /// The destination port; only TCP, UDP, UDP-Lite, SCTP and DCCP have one.
    DestinationPort,
    /// The type of an ICMP message of this family.
    IcmpType(Family),
    /// The code of an ICMP message of this family.
    IcmpCode(Family),
    /// The flags of a TCP header.
    TcpFlags,
    /// What connection tracking says, by its bit ([`crate::State::bit`]).
    State,
    /// How connection tracking changed the packet's flow: SNAT 16, DNAT 32 (`ct status`, `ctstate`).
    ConnectionStatus,
    /// The destination address before translation.
    OriginalDestination(Family),
    /// The destination port before translation.
    OriginalPort,
    /// The packet mark.
    Mark,
    /// The mark of the packet's connection, which is 0 until a rule sets it; a packet without a
    /// connection lacks it.
    ConnectionMark,
    /// The interface the packet arrives on.
    InputInterface,
    /// The interface the packet leaves by.
    OutputInterface,
    /// The sender's hardware address.
    SourceMac,
    /// What kind of address the source is to this host, as routing numbers it: 1 unicast, 2 local,
    /// 3 broadcast, 5 multicast.
    SourceKind,
    /// What kind of address the destination is to this host; the same numbers.
    DestinationKind,
}

/// What a rule does to a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The packet passes this base chain.
    Accept,
    /// The packet is discarded.
    Drop,
    /// The packet is discarded and the sender told.
    Reject {
        /// What the sender is told, as the rule says it, such as `tcp reset`.
        with: String,
    },
    /// The calling chain goes on; in a base chain, its policy applies.
    Return,
    /// The next rule is read.
    Continue,
    /// That chain is read, and this one goes on after it.
    Jump(String),
    /// That chain is read, and the caller of this one goes on after it.
    Goto(String),
}

/// A map from field values to verdicts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum VerdictMap {
    /// Written in the rule.
    Inline(Vec<(Element, Verdict)>),
    /// A named map of the same table.
    Named(String),
}

/// A rewriting of addresses or ports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Translation {
    /// What is rewritten.
    pub kind: TranslationKind,
    /// The new address.
    pub address: NewValue<IpAddr>,
    /// The new port.
    pub port: NewValue<u16>,
    /// The statement in the user's own words.
    pub text: String,
}

/// What a translation rewrites.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TranslationKind {
    /// The destination.
    Destination,
    /// The destination, to this host itself.
    Redirect,
    /// The source.
    Source,
    /// The source, to the address of the interface the packet leaves by.
    Masquerade,
}

/// The value a translation gives a field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NewValue<T> {
    /// The field stays.
    Keep,
    /// This value.
    One(T),
    /// One of these values, the kernel chooses which.
    Between(T, T),
    /// The value that a map holds for a key of the packet; no translation when it holds none.
    Mapped {
        /// The fields looked up, together.
        key: Vec<Key>,
        /// The map's entries.
        entries: Vec<(Element, T)>,
    },
    /// Not understood.
    Unknown,
}
