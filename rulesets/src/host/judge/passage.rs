//! The account of a packet's way through a host.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::answer::{Answer, Condition, Outcome};
use crate::host::{Backend, ChainKind, Hook};
use crate::packet::Packet;
use crate::verdict::Decider;

/// A packet's way through a host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Passage {
    /// What becomes of it in the end. It passes only where every base chain accepts; the rule named
    /// then is the last one that accepts it in a filter of its main hook (input, forward or output),
    /// or that filter's policy.
    pub answer: Answer,
    /// The base chains that see it, in the order they are called.
    pub stages: Vec<Stage>,
    /// What would stop it in base chains behind the one that does, once that one lets it pass.
    pub also_stopped_by: Vec<Outcome>,
    /// The packet as it is at the end of its way.
    pub packet: Packet,
    /// What rewrites it, in the order it happens.
    pub translations: Vec<Translated>,
}

/// One base chain on a packet's way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stage {
    /// Which part of the kernel runs it.
    pub backend: Backend,
    /// The table with its family, such as `ip filter`.
    pub table: String,
    /// The base chain.
    pub chain: String,
    /// What the chain may do.
    pub kind: ChainKind,
    /// The hook that calls it.
    pub hook: Hook,
    /// The priority that the listing gives.
    pub priority: i32,
    /// False when the packet gets here only once what stops it earlier lets it pass.
    pub reached: bool,
    /// The packet as the chain meets it, after the translations before it; `None` where that is not
    /// one packet only.
    pub met: Option<Packet>,
    /// What the chain does to the packet; it passes where this says accept.
    pub answer: Answer,
}

/// A translation on a packet's way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Translated {
    /// The rule.
    pub decider: Decider,
    /// The statement in the user's own words.
    pub text: String,
    /// What must be so for it to happen.
    pub conditions: Vec<Condition>,
    /// The packet afterwards.
    pub packet: Packet,
}
