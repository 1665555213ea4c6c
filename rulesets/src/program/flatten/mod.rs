//! Chains as flat lists of boxes, in which the first match decides.
//!
//! Everything that is no dimension of the space is fixed beforehand: the family, the interfaces, the
//! connection state, the flags. Calls are written out with the caller's tests added, negated tests are
//! the gaps between their values, and what returns from a chain is cut out of the rest of it. What
//! nobody can decide stays an entry that names its condition; from such a list come two exact ones,
//! what must be allowed and what may be.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod fields;
mod holding;
mod layer;
mod leave;
mod maps;
mod pieces;
mod rewrite;
mod walk;

pub(crate) use layer::any;
pub(crate) use pieces::{Piece, whole};
pub(crate) use rewrite::{Rewritten, parted};
pub(crate) use walk::Walk;

use crate::answer::Condition;
use crate::space::{Cube, Entry, Label, List};
use crate::verdict::Decider;

/// A flat list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Flat {
    /// The entries, the first to be asked first.
    pub entries: Vec<FlatEntry>,
    /// What happens to a packet that no entry matches.
    pub default: Ending,
    /// Every rule that has an entry, by the number its entries carry; the last one is the default.
    pub origins: Vec<Decider>,
    /// What entries depend on, by the number they carry.
    pub conditions: Vec<Condition>,
}

/// One box of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FlatEntry {
    /// The packets.
    pub cube: Cube,
    /// What happens to them.
    pub ending: Ending,
    /// The rule, as a place in [`Flat::origins`].
    pub rule: u32,
    /// When it is not certain that the entry matches, the first thing it depends on, as a place in
    /// [`Flat::conditions`].
    pub condition: Option<u32>,
}

/// What happens to a packet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Ending {
    /// It passes.
    Accept,
    /// It is discarded in silence.
    Drop,
    /// It is discarded and the sender told.
    Reject,
    /// A rule that was not understood decides.
    Unclear,
}

/// The label of packets that pass in the lists of [`Flat`].
pub const PASSES: Label = Label(1);

/// The label of packets that are stopped in the lists of [`Flat`].
pub const STOPPED: Label = Label(0);

impl Flat {
    /// The place of the default in [`Flat::origins`].
    pub fn default_rule(&self) -> u32 {
        u32::try_from(self.origins.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Adds a rule that no entry has yet; its number.
    pub(crate) fn add_origin(&mut self, decider: Decider) -> u32 {
        let rule = self.default_rule();
        self.origins.insert(rule as usize, decider);
        rule
    }

    /// The list that lets pass what certainly passes: claims that something works rest on it.
    pub fn must_pass(&self) -> List {
        self.bound(false)
    }

    /// The list that lets pass what may pass: claims that nothing is exposed rest on it.
    pub fn may_pass(&self) -> List {
        self.bound(true)
    }

    /// The list itself, when every entry of it is certain.
    pub fn certain(&self) -> Option<List> {
        let sure = |entry: &FlatEntry| entry.condition.is_none() && entry.ending != Ending::Unclear;
        let all = self.entries.iter().all(sure) && self.default != Ending::Unclear;
        all.then(|| self.must_pass())
    }

    /// Doubtful entries count where they lead to `doubt`.
    fn bound(&self, doubt: bool) -> List {
        let passes = |ending| match ending {
            Ending::Accept => true,
            Ending::Drop | Ending::Reject => false,
            Ending::Unclear => doubt,
        };
        let label = |passes| if passes { PASSES } else { STOPPED };
        let counts =
            |entry: &&FlatEntry| entry.condition.is_none() || passes(entry.ending) == doubt;
        let entries = self.entries.iter().filter(counts).map(|entry| Entry {
            cube: entry.cube,
            label: label(passes(entry.ending)),
            rule: entry.rule,
        });
        List {
            entries: entries.collect(),
            default: label(passes(self.default)),
        }
    }
}
