//! What the documents of a cloud hold: rule lists by their ids, the members of what rules refer to, and
//! the instances that carry them.
//!
//! Each document is read on its own, and those of one account are put together by
//! [`Document::extend`]. A caller then names the lists bound to an instance and gets one [`Layer`],
//! with every set that its rules name and that is at hand.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Direction, Family};
use crate::intervals::number;
use crate::layer::Layer;
use crate::program::{Chain, Element, NamedSet, Part, Step, Test, Values, Verdict};
use crate::text::shown;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What one document, or several put together, hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Document {
    /// The rule lists, in the order read.
    pub lists: Vec<NamedLayer>,
    /// The members of groups, prefix lists, templates and tags; named by [`set_name`].
    pub sets: Vec<NamedSet>,
    /// Beginnings of set names, such as `sg-`, of which every set that has a member is at hand: a set
    /// named so that is not in `sets` is empty.
    pub closed: Vec<String>,
    /// The instances, or interfaces, as far as the documents show them.
    pub instances: Vec<Instance>,
    /// What a reader should know of all of it and no verdict shows, one line each.
    pub remarks: Vec<String>,
}

/// A rule list under the name by which its owner knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedLayer {
    /// The id, such as `sg-1`, by which a caller chooses it.
    pub id: String,
    /// The name its owner gave it; empty when it has none.
    pub name: String,
    /// Its rules, as if it were bound alone.
    pub layer: Layer,
    /// True when the provider made it and binds it where nothing else is bound.
    pub is_default: bool,
    /// The subnets, interfaces or instances that the document says it is bound to.
    pub attached: Vec<String>,
    /// True when several such lists bound to one instance are one layer, read one after the other.
    pub combines: bool,
    /// The rules that apply to some of the instances only.
    pub targets: Vec<Target>,
}

/// A rule that applies to some instances only; its first step is a test that nobody can decide without
/// knowing the instance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// The direction of the rule.
    pub direction: Direction,
    /// The rule's `index` in its list.
    pub rule: usize,
    /// It applies to an instance with one of these attributes, such as `tag:web`.
    pub any_of: Vec<String>,
}

/// An instance, or an interface, as far as a document shows it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Instance {
    /// Its id.
    pub id: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// Its private addresses.
    pub addresses: Vec<IpAddr>,
    /// Its public addresses, which no rule sees.
    pub public_addresses: Vec<IpAddr>,
    /// The ids of the lists bound to it, highest priority first.
    pub lists: Vec<String>,
    /// The ids of its subnets or networks.
    pub subnets: Vec<String>,
    /// What rules may ask of it, such as `tag:web`.
    pub attributes: Vec<String>,
}

/// Sets while their members are being read, in time that grows with the members alone.
#[derive(Debug, Default)]
pub struct Members(BTreeMap<String, Collected>);

#[derive(Debug)]
struct Collected {
    elements: BTreeMap<Element, Option<Verdict>>,
    dynamic: bool,
    incomplete: bool,
}

/// Why the lists asked for make no layer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SelectError {
    /// No list was asked for.
    #[error("no rule list named; choose from {known}")]
    Nothing {
        /// The ids there are.
        known: String,
    },
    /// There is no such list.
    #[error("no rule list `{id}` here; choose from {known}")]
    Unknown {
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// Lists of this kind are layers of their own.
    #[error("`{first}` and `{second}` are not one layer; ask for each alone")]
    Apart {
        /// The one id.
        first: String,
        /// The other.
        second: String,
    },
    /// There is no such instance.
    #[error("no instance `{0}` in the documents; give the answer that describes it")]
    UnknownInstance(String),
    /// No list is bound to the instance.
    #[error("no rule list here is bound to `{0}`; give the rules of its groups and of its subnet")]
    Unbound(String),
    /// Several interfaces answer to it, and each may have lists of its own.
    #[error("`{id}` has several interfaces (`{first}`, `{second}`); name one, or its address")]
    SeveralInterfaces {
        /// What was asked for.
        id: String,
        /// One interface.
        first: String,
        /// Another.
        second: String,
    },
}

impl Document {
    /// Takes in another document: sets of one name are united, an instance of one id gains what the
    /// other document knows of it, and a list of one id is replaced.
    pub fn extend(&mut self, other: Self) {
        let new: BTreeSet<&str> = other.lists.iter().map(|list| list.id.as_str()).collect();
        self.lists.retain(|list| !new.contains(list.id.as_str()));
        self.lists.extend(other.lists);
        let own = std::mem::take(&mut self.sets);
        let mut members = Members::default();
        for set in own.into_iter().chain(other.sets) {
            members.unite(set);
        }
        self.sets = members.into_sets();
        self.instances.extend(other.instances);
        self.instances = united(std::mem::take(&mut self.instances));
        for line in other.remarks {
            if !self.remarks.contains(&line) {
                self.remarks.push(line);
            }
        }
        for prefix in other.closed {
            if !self.closed.contains(&prefix) {
                self.closed.push(prefix);
            }
        }
    }

    /// The layer that these lists make, in this order, for `instance` where it is given: rules for
    /// other instances then never match.
    pub fn layer(&self, ids: &[&str], instance: Option<&str>) -> Result<Layer, SelectError> {
        let instance = instance.map(|id| self.instance(id)).transpose()?;
        let mut chosen = ids.iter().map(|id| self.list(id));
        let known = || self.known();
        let first = chosen
            .next()
            .ok_or_else(|| SelectError::Nothing { known: known() })??;
        let mut layer = first.for_instance(instance);
        for list in chosen {
            let list = list?;
            if !(first.combines && list.combines && first.layer.kind == list.layer.kind) {
                return Err(SelectError::Apart {
                    first: shown(&first.id, ID_SHOWN),
                    second: shown(&list.id, ID_SHOWN),
                });
            }
            let own = list.for_instance(instance);
            layer.inbound.extend(own.inbound);
            layer.outbound.extend(own.outbound);
            let fresh = |line: &String| !layer.remarks.contains(line);
            let remarks: Vec<String> = own.remarks.into_iter().filter(fresh).collect();
            layer.remarks.extend(remarks);
        }
        layer.sets = self.named_by(&layer);
        Ok(layer)
    }

    /// The list of this id, or the only one of this name.
    pub fn list(&self, id: &str) -> Result<&NamedLayer, SelectError> {
        let mut named = self.lists.iter().filter(|list| list.name == id);
        let only = match (named.next(), named.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        let found = self.lists.iter().find(|list| list.id == id).or(only);
        found.ok_or_else(|| SelectError::Unknown {
            id: shown(id, ID_SHOWN),
            known: self.known(),
        })
    }

    /// The instance or interface of this id or with this address, or the only one of this name or of the
    /// instance of this id.
    pub fn instance(&self, id: &str) -> Result<&Instance, SelectError> {
        let address = id.parse::<IpAddr>().ok();
        let owner = format!("instance:{id}");
        let is = |one: &&Instance| {
            let mut all = one.addresses.iter().chain(&one.public_addresses);
            one.id == id || address.is_some_and(|address| all.any(|own| *own == address))
        };
        let belongs = |one: &&Instance| one.name == id || one.attributes.contains(&owner);
        if let Some(one) = self.instances.iter().find(is) {
            return Ok(one);
        }
        let mut several = self.instances.iter().filter(belongs);
        match (several.next(), several.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(SelectError::UnknownInstance(shown(id, ID_SHOWN))),
            (Some(first), Some(second)) => Err(SelectError::SeveralInterfaces {
                id: shown(id, ID_SHOWN),
                first: shown(&first.id, ID_SHOWN),
                second: shown(&second.id, ID_SHOWN),
            }),
        }
    }

    /// The sets that the rules of a layer name and that are at hand.
    fn named_by(&self, layer: &Layer) -> Vec<NamedSet> {
        let mut names = BTreeSet::new();
        for chain in layer.inbound.iter().chain(&layer.outbound) {
            for step in chain.rules.iter().flat_map(|rule| &rule.steps) {
                if let Step::Test(test) = step {
                    named_in(test, &mut names);
                }
            }
        }
        let at_hand: BTreeMap<&str, &NamedSet> = self
            .sets
            .iter()
            .map(|set| (set.name.as_str(), set))
            .collect();
        let supply = |name: &str| match at_hand.get(name) {
            Some(set) => Some((*set).clone()),
            None if self.closed.iter().any(|prefix| name.starts_with(prefix)) => Some(NamedSet {
                name: name.to_owned(),
                elements: Vec::new(),
                dynamic: false,
                incomplete: false,
            }),
            None => None,
        };
        names.iter().filter_map(|name| supply(name)).collect()
    }

    pub(crate) fn known(&self) -> String {
        let ids = self.lists.iter().map(|list| shown(&list.id, ID_SHOWN));
        let mut ids: Vec<String> = ids.take(IDS_SHOWN + 1).collect();
        if ids.is_empty() {
            return "none: the documents hold no rules".to_owned();
        }
        if ids.len() > IDS_SHOWN {
            ids.truncate(IDS_SHOWN);
            ids.push("…".to_owned());
        }
        ids.join(", ")
    }
}

impl NamedLayer {
    /// The layer as this instance meets it.
    fn for_instance(&self, instance: Option<&Instance>) -> Layer {
        let mut layer = self.layer.clone();
        let Some(instance) = instance else {
            return layer;
        };
        let applies = |target: &Target| {
            let mut any_of = target.any_of.iter();
            any_of.any(|one| instance.attributes.contains(one))
        };
        let targets = self.targets.iter();
        let applies: BTreeMap<(Direction, usize), bool> = targets
            .map(|target| ((target.direction, target.rule), applies(target)))
            .collect();
        decide(&mut layer.inbound, Direction::Inbound, &applies);
        decide(&mut layer.outbound, Direction::Outbound, &applies);
        layer
    }
}

impl Members {
    /// Adds members to the sets of this name, one set a family. Without members the sets are there and
    /// empty. `incomplete` says that there may be more.
    pub fn add(&mut self, name: &str, members: &[IpNet], incomplete: bool) {
        for family in [Family::V4, Family::V6] {
            let own = members
                .iter()
                .filter(|net| Family::from(net.addr()) == family);
            let parts = own.map(|net| (Element::of(span(net)), None)).collect();
            self.unite(NamedSet {
                name: set_name(name, family),
                elements: parts,
                dynamic: false,
                incomplete,
            });
        }
    }

    /// The sets, sorted by name.
    pub fn into_sets(self) -> Vec<NamedSet> {
        let set = |(name, own): (String, Collected)| NamedSet {
            name,
            elements: own.elements.into_iter().collect(),
            dynamic: own.dynamic,
            incomplete: own.incomplete,
        };
        self.0.into_iter().map(set).collect()
    }

    fn unite(&mut self, set: NamedSet) {
        let fresh = || Collected {
            elements: BTreeMap::new(),
            dynamic: false,
            incomplete: true,
        };
        let own = self.0.entry(set.name).or_insert_with(fresh);
        own.elements.extend(set.elements);
        own.dynamic |= set.dynamic;
        own.incomplete &= set.incomplete;
    }
}

/// Puts what is known of the instance in the place of the tests that ask for it.
fn decide(lists: &mut [Chain], direction: Direction, applies: &BTreeMap<(Direction, usize), bool>) {
    for rule in lists.iter_mut().flat_map(|chain| &mut chain.rules) {
        let Some(applies) = applies.get(&(direction, rule.index)) else {
            continue;
        };
        if let Some(first) = rule.steps.first_mut() {
            let always = vec![Vec::new()];
            let decided = if *applies { always } else { Vec::new() };
            *first = Step::Test(Test::AnyOf(decided));
        }
    }
}

/// The name of the set that holds the members of `name` of one family: the name itself for IPv4, with
/// ` (IPv6)` behind it for IPv6, since both count their addresses from 0.
pub fn set_name(name: &str, family: Family) -> String {
    match family {
        Family::V4 => name.to_owned(),
        Family::V6 => format!("{name} (IPv6)"),
    }
}

/// The numbers of a block's addresses.
pub fn span(net: &IpNet) -> Part {
    Part::Span {
        first: number(net.network()),
        last: number(net.broadcast()),
    }
}

fn named_in(test: &Test, names: &mut BTreeSet<String>) {
    match test {
        Test::In { values, .. } | Test::Masked { values, .. } => {
            if let Values::Named { name, .. } = values {
                names.insert(name.clone());
            }
        }
        Test::AnyOf(lists) => {
            for test in lists.iter().flatten() {
                named_in(test, names);
            }
        }
        Test::Undecided { .. } => {}
    }
}

/// Instances with what was said of one id in several places put together.
fn united(instances: Vec<Instance>) -> Vec<Instance> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut out: Vec<Instance> = Vec::new();
    for instance in instances {
        let Some(place) = places.get(&instance.id) else {
            places.insert(instance.id.clone(), out.len());
            out.push(instance);
            continue;
        };
        let own = &mut out[*place];
        if own.name.is_empty() {
            own.name = instance.name;
        }
        add(&mut own.addresses, instance.addresses);
        add(&mut own.public_addresses, instance.public_addresses);
        add(&mut own.lists, instance.lists);
        add(&mut own.subnets, instance.subnets);
        add(&mut own.attributes, instance.attributes);
    }
    out
}

fn add<T: PartialEq>(own: &mut Vec<T>, new: Vec<T>) {
    for item in new {
        if !own.contains(&item) {
            own.push(item);
        }
    }
}

const ID_SHOWN: usize = 60;
const IDS_SHOWN: usize = 8;
