//! Ordered lists of cubes in which the first match decides.

use super::cube::{Cube, Point};

/// What happens to a packet, as the caller numbers it: labels are compared and no more.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Label(pub u32);

/// One cube of a rule.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Entry {
    /// The packets it matches.
    pub cube: Cube,
    /// What happens to them.
    pub label: Label,
    /// The rule it belongs to; a rule that is a union of cubes has several entries.
    pub rule: u32,
}

/// The packet filter of one address family: the first entry that matches a packet decides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct List {
    /// The entries, the first to be asked first.
    pub entries: Vec<Entry>,
    /// What happens to a packet that no entry matches.
    pub default: Label,
}

/// What a list says of a packet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Decision {
    /// What happens to the packet.
    pub label: Label,
    /// The rule that decides; `None` when no entry matches.
    pub rule: Option<u32>,
}

impl List {
    /// Asks one entry after the other: the definition that every faster way is measured against.
    pub fn decide(&self, point: &Point) -> Decision {
        let mut entries = self.entries.iter();
        self.decision(entries.find(|entry| entry.cube.contains(point)))
    }

    /// The decision of an entry, or the default.
    pub(super) fn decision(&self, entry: Option<&Entry>) -> Decision {
        entry.map_or(
            Decision {
                label: self.default,
                rule: None,
            },
            |entry| Decision {
                label: entry.label,
                rule: Some(entry.rule),
            },
        )
    }
}
