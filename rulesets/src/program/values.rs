//! The values that tests compare with.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Verdict;

/// A set of values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Values {
    /// Written in the rule.
    Inline(Vec<Element>),
    /// A set kept beside the rules: a set of the same table, an ipset, the members of a group, a
    /// template. When it is not at hand the test cannot be decided.
    Named {
        /// The name it is kept under.
        name: String,
        /// What to supply when it is not at hand, such as "the elements of set `x`: run `ipset save`".
        missing: String,
    },
}

/// One member of a set: one part for each field of the key.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Element(pub Vec<Part>);

/// What one field is compared with.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Part {
    /// The numbers from `first` to `last`, both included. An IPv4 address is its 32-bit number.
    Span {
        /// The lowest.
        first: u128,
        /// The highest.
        last: u128,
    },
    /// An interface's name.
    Name {
        /// The name, or its beginning.
        text: String,
        /// True when any name that begins so will do.
        prefix: bool,
    },
    /// A value that was not understood: whether it matches is not known.
    Unread {
        /// The value in the user's own words.
        text: String,
    },
}

/// A set or map kept beside the rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedSet {
    /// The name that rules use.
    pub name: String,
    /// The members; with a verdict each when it is a verdict map.
    pub elements: Vec<(Element, Option<Verdict>)>,
    /// True when rules add members as packets pass, so that the listing may be out of date.
    pub dynamic: bool,
    /// True when part of the set could not be read: a value that is not found may still be a member.
    pub incomplete: bool,
}

impl Part {
    /// This number alone.
    pub fn one(value: impl Into<u128>) -> Self {
        let value = value.into();
        Self::Span {
            first: value,
            last: value,
        }
    }
}

impl Element {
    /// A member of one part.
    pub fn of(part: Part) -> Self {
        Self(vec![part])
    }
}
