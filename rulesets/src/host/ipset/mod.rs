//! The sets of `ipset`: what `ipset save` and `ipset list` print.
//!
//! A set's type names the fields of its members (`hash:ip,port`), and a rule's match says for each
//! field which end of the packet it takes (`src,dst`). [`Sets`] holds the types, so that a match is
//! joined with its set where the rule is read: the match gives the directions, the set the fields,
//! and together they are the key of the test. A port stands for two fields, its protocol and its
//! number, in the key and in every member. The members themselves are looked up by name.
//!
//! Members of protocols without ports (`icmp:8/0`, `gre:0`) are left out, and a match on such a set is
//! open for packets without ports. Blocks marked `nomatch` are cut out of the blocks around them where
//! the set has one field; in other sets they leave the members undecided.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod document;
mod join;
mod member;
mod nested;

pub use join::Sets;

use crate::flow::Family;
use crate::program::{Element, NamedSet};
use crate::text::shown;
use document::{Draft, document};
use member::Shape;

/// A set of ipset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IpSet {
    /// The members, one part for each field; a port makes two parts, its protocol and its number.
    pub members: NamedSet,
    /// The fields of a member, as the type names them; none for a type that is not known.
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

/// Why a text was not read as sets of ipset.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The text is larger than any listing.
    #[error("larger than {limit} MB, which no listing is; give the sets that rules name")]
    TooLarge {
        /// The most that is read, in megabytes.
        limit: usize,
    },
    /// The sets have more members than are read.
    #[error("more than {limit} members; give the sets that rules name (`ipset save NAME`)")]
    TooManyMembers {
        /// The most that is read.
        limit: usize,
    },
    /// A line is no line of a listing.
    #[error(
        "line {line}: `{text}` is no line of `ipset save` or `ipset list`; give its output unchanged"
    )]
    NotALine {
        /// The line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A line is longer than any that ipset prints.
    #[error(
        "line {line}: longer than {limit} bytes, which ipset does not print; save the sets again"
    )]
    LongLine {
        /// The line, from 1.
        line: usize,
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// A member is added to a set that is not created above.
    #[error("line {line}: set `{set}` is not created above; give the whole output of `ipset save`")]
    NoSet {
        /// The line, from 1.
        line: usize,
        /// The set.
        set: String,
    },
    /// A set is created twice.
    #[error("line {line}: set `{set}` stands twice; give the output of one run of `ipset save`")]
    SetTwice {
        /// The line, from 1.
        line: usize,
        /// The set.
        set: String,
    },
}

/// Reads what `ipset save` or `ipset list` prints.
///
/// Fails on another text, and on one larger than 100 MB or 2,000,000 members.
pub fn parse(text: &str) -> Result<Vec<IpSet>, Error> {
    if text.len() > MEGABYTES * 1_000_000 {
        return Err(Error::TooLarge { limit: MEGABYTES });
    }
    let drafts = document(text.trim_start_matches('\u{feff}'))?;
    Ok(drafts.iter().map(IpSet::of).collect())
}

/// Whether a text looks like sets of ipset.
pub fn is_listing(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(document::begins)
}

impl IpSet {
    fn of(draft: &Draft<'_>) -> Self {
        let shape = Shape::of(draft.kind, draft.header);
        let mut set = Self {
            members: NamedSet {
                name: draft.name.to_owned(),
                elements: Vec::new(),
                dynamic: false,
                incomplete: shape.fields.is_empty(),
            },
            fields: shape.fields.clone(),
            family: shape.family,
            lists: Vec::new(),
            portless: false,
        };
        let excepted = draft.members.iter().any(|line| member::is_excepted(line));
        let nested = if excepted && shape.fields == [Field::Address] {
            Some(nested::members(&draft.members, &shape))
        } else if shape.fields == [Field::Address, Field::Interface] {
            Some(nested::members_with_interfaces(&draft.members, &shape))
        } else {
            None
        };
        if let Some(members) = nested {
            match members {
                Some(elements) => set.add(elements),
                None => set.members.incomplete = true,
            }
            return set;
        }
        for line in &draft.members {
            match member::elements(line, &shape) {
                Some(mut elements) => {
                    if excepted {
                        for element in &mut elements {
                            member::open(element, line);
                        }
                    }
                    set.add(elements);
                }
                None if shape.fields == [Field::Set] => {
                    set.lists.push(member::listed(line).to_owned());
                }
                None if member::is_portless(line, &shape) => set.portless = true,
                None => set.members.incomplete = true,
            }
        }
        set
    }

    fn add(&mut self, elements: Vec<Element>) {
        let members = elements.into_iter().map(|element| (element, None));
        self.members.elements.extend(members);
    }
}

/// A text as an error quotes it.
fn quoted(text: &str) -> String {
    shown(text, 50)
}

/// The most that is read of one listing.
const MEGABYTES: usize = 100;

/// The most members that are read; a set holds 65,536 unless its maker says otherwise.
const MEMBERS: usize = 2_000_000;

/// The longest line that is read.
const LINE_BYTES: usize = 4096;
