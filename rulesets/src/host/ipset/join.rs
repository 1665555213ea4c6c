//! What a match of iptables makes of a set: the fields of the packet that are looked up, together.
//!
//! The kernel looks up no packet that lacks a field, and a negated match holds for such a packet. The
//! model's tests fail for it, negated or not, so that a negated match is a choice between the packets
//! that lack the field and those that are not among the members.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::{Field, IpSet};
use crate::flow::Family;
use crate::host::iptables::has_ports;
use crate::program::{Element, Key, NamedSet, Part, Reason, Test, Values};
use std::collections::{BTreeMap, BTreeSet};

/// The sets that are at hand, by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sets(BTreeMap<String, IpSet>);

impl FromIterator<IpSet> for Sets {
    fn from_iter<I: IntoIterator<Item = IpSet>>(sets: I) -> Self {
        let named = |set: IpSet| (set.members.name.clone(), set);
        Self(sets.into_iter().map(named).collect())
    }
}

impl Sets {
    /// The set of this name.
    pub fn get(&self, name: &str) -> Option<&IpSet> {
        self.0.get(name)
    }

    /// The members of every set, without the types; those of these names change as packets pass.
    pub(in crate::host) fn into_members(self, fed: &BTreeSet<String>) -> Vec<NamedSet> {
        let members = self.0.into_iter().map(|(name, set)| NamedSet {
            dynamic: fed.contains(&name),
            ..set.members
        });
        members.collect()
    }

    /// What a match with this set tests, in a rule of this family; `sources` says for each field
    /// whether it is the packet's source (or its destination). No test when every packet passes.
    pub fn tests(&self, name: &str, sources: &[bool], negated: bool, family: Family) -> Vec<Test> {
        let Some(set) = self.get(name) else {
            return vec![absent(name, sources, negated, family)];
        };
        if set.fields.first() == Some(&Field::Set) {
            let each = set.lists.iter().map(|name| match self.get(name) {
                Some(listed) if listed.fields.first() != Some(&Field::Set) => {
                    listed.tests(sources, negated, family)
                }
                Some(_) | None => vec![absent(name, sources, negated, family)],
            });
            return if negated {
                each.flatten().collect()
            } else {
                vec![Test::AnyOf(each.collect())]
            };
        }
        set.tests(sources, negated, family)
    }
}

impl IpSet {
    fn tests(&self, sources: &[bool], negated: bool, family: Family) -> Vec<Test> {
        let name = &self.members.name;
        if self.fields.is_empty() {
            return vec![undecided(name)];
        }
        let nothing = || {
            if negated {
                Vec::new()
            } else {
                vec![Test::AnyOf(Vec::new())]
            }
        };
        let other_family = self.family.is_some_and(|own| own != family);
        if other_family || sources.len() < self.fields.len() {
            return nothing();
        }
        let keys = self.fields.iter().zip(sources);
        let keys: Option<Vec<Vec<Key>>> = keys
            .map(|(field, source)| field.keys(*source, family))
            .collect();
        let Some(keys) = keys else {
            return vec![undecided(name)];
        };
        let member = Test::In {
            key: keys.into_iter().flatten().collect(),
            values: named(name),
            negated,
        };
        let mut choices = vec![vec![member]];
        let lacking = if self.fields.contains(&Field::BarePort) {
            Some(among(&[6, 17], true))
        } else {
            self.fields.contains(&Field::Port).then(|| has_ports(true))
        };
        if let Some(lacking) = lacking {
            if self.portless {
                choices.push(vec![lacking, undecided(name)]);
            } else if negated {
                choices.push(vec![lacking]);
            }
        }
        if negated && self.fields.contains(&Field::Mac) {
            choices.push(vec![undecided(name)]);
        }
        match choices.len() {
            1 => choices.remove(0),
            _ => vec![Test::AnyOf(choices)],
        }
    }
}

impl Field {
    /// The fields of a packet; `None` for one that is not modelled.
    fn keys(self, source: bool, family: Family) -> Option<Vec<Key>> {
        let port = if source {
            Key::SourcePort
        } else {
            Key::DestinationPort
        };
        Some(match (self, source) {
            (Self::Address, true) => vec![Key::Source(family)],
            (Self::Address, false) => vec![Key::Destination(family)],
            (Self::Port | Self::BarePort, _) => vec![Key::Protocol, port],
            (Self::Interface, true) => vec![Key::InputInterface],
            (Self::Interface, false) => vec![Key::OutputInterface],
            (Self::Mac, true) => vec![Key::SourceMac],
            (Self::Mark, _) => vec![Key::Mark],
            (Self::Mac, false) | (Self::Set, _) => return None,
        })
    }
}

/// The test on a set that is not at hand; which fields it would take is a guess.
fn absent(name: &str, sources: &[bool], negated: bool, family: Family) -> Test {
    let source = sources.first().is_none_or(|source| *source);
    let key = if source {
        Key::Source(family)
    } else {
        Key::Destination(family)
    };
    Test::In {
        key: vec![key],
        values: named(name),
        negated,
    }
}

fn named(name: &str) -> Values {
    let shown = crate::text::shown(name, NAME_SHOWN);
    Values::Named {
        name: name.to_owned(),
        missing: format!("the members of set `{shown}`: run `ipset save`"),
    }
}

fn undecided(name: &str) -> Test {
    Test::Undecided {
        reason: Reason::Unsupported,
        text: format!("match-set {name}"),
    }
}

fn among(protocols: &[u8], negated: bool) -> Test {
    let elements = protocols
        .iter()
        .map(|&number| Element::of(Part::one(number)));
    Test::In {
        key: vec![Key::Protocol],
        values: Values::Inline(elements.collect()),
        negated,
    }
}

/// The longest name of a set (`IPSET_MAXNAMELEN`).
const NAME_SHOWN: usize = 31;
