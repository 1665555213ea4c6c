//! What the documents of one account say, put together.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::acl::NetworkAcl;
use super::facts::{Bindings, GroupProfile, GroupReferences};
use super::layer::chain;
use crate::document::{Document, Instance, NamedLayer};
use crate::flow::Direction;
use crate::layer::{Fallback, Layer, LayerKind};
use crate::members::Inventory;
use crate::program::Verdict;
use crate::security_group::{SecurityGroup, SecurityGroups};
use std::collections::{BTreeMap, BTreeSet};

/// What documents of one account say of its rules, of what the rules name, and of what they are bound
/// to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Account {
    /// The rules of security groups.
    pub groups: Vec<SecurityGroup>,
    /// The names of security groups.
    pub profiles: Vec<GroupProfile>,
    /// The members of groups and templates.
    pub inventory: Inventory,
    /// The network ACLs.
    pub acls: Vec<NetworkAcl>,
    /// The firewalls of Lighthouse instances; they have inbound rules alone.
    pub firewalls: Vec<SecurityGroup>,
    /// How many resources of each kind groups are bound to.
    pub bindings: Vec<Bindings>,
    /// Which groups name a group in their rules.
    pub references: Vec<GroupReferences>,
    /// The instances and interfaces.
    pub machines: Vec<Machine>,
    /// What a reader should know of all of it, one line each.
    pub remarks: Vec<String>,
}

/// An instance or an interface, with what decides whether it may go.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Machine {
    /// What it is and what is bound to it.
    pub instance: Instance,
    /// The vendor's word for its state, such as `RUNNING`; empty when the document has none.
    pub state: String,
    /// True when it waits in the recycle bin, where it keeps its groups.
    pub recycled: bool,
}

impl Account {
    /// Takes in what other documents say; a rule list of one id is replaced.
    pub fn extend(&mut self, other: Self) {
        self.append(other);
        self.settle();
    }

    /// Takes in what another document says, without a look at what is there already.
    pub(super) fn append(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.profiles.extend(other.profiles);
        self.firewalls.extend(other.firewalls);
        self.bindings.extend(other.bindings);
        self.references.extend(other.references);
        self.machines.extend(other.machines);
        self.acls.extend(other.acls);
        self.remarks.extend(other.remarks);
        self.inventory.extend(other.inventory);
    }

    /// Leaves the last of what is there several times.
    pub(super) fn settle(&mut self) {
        keep_last(&mut self.groups, |one| &one.id);
        keep_last(&mut self.profiles, |one| &one.id);
        keep_last(&mut self.firewalls, |one| &one.id);
        keep_last(&mut self.bindings, |one| &one.id);
        keep_last(&mut self.references, |one| &one.id);
        keep_last(&mut self.machines, |one| &one.instance.id);
        keep_last(&mut self.remarks, |one| one);
        let mut places = BTreeMap::new();
        let mut acls: Vec<NetworkAcl> = Vec::new();
        for acl in std::mem::take(&mut self.acls) {
            let place = *places.entry(acl.id.clone()).or_insert(acls.len());
            if let Some(own) = acls.get_mut(place) {
                own.extend(acl);
            } else {
                acls.push(acl);
            }
        }
        self.acls = acls;
    }

    /// The groups of these ids, in this order, with the members of what their rules name. An id that
    /// is not here is the error.
    pub fn bound<'a>(&self, ids: &[&'a str]) -> Result<SecurityGroups, &'a str> {
        let found = |id: &&'a str| {
            let group = self.groups.iter().find(|group| group.id == *id);
            group.cloned().ok_or(*id)
        };
        let groups = ids.iter().map(found).collect::<Result<_, _>>()?;
        Ok(SecurityGroups { groups }.with_members(&self.inventory))
    }

    /// The same in the form that the documents of every cloud are read into; what rules name is among
    /// its sets.
    pub fn document(&self) -> Document {
        let groups = self.groups.iter().map(|group| self.group_list(group));
        let acls = self.acls.iter().map(NetworkAcl::list);
        let firewalls = self.firewalls.iter().map(firewall_list);
        Document {
            lists: groups.chain(acls).chain(firewalls).collect(),
            sets: self.inventory.sets(),
            closed: Vec::new(),
            instances: self
                .machines
                .iter()
                .map(|machine| machine.instance.clone())
                .collect(),
            remarks: self.remarks.clone(),
        }
    }

    fn group_list(&self, group: &SecurityGroup) -> NamedLayer {
        let alone = SecurityGroups {
            groups: vec![group.clone()],
        };
        let profile = self.profiles.iter().find(|one| one.id == group.id);
        NamedLayer {
            id: group.id.clone(),
            name: profile.map(|one| one.name.clone()).unwrap_or_default(),
            layer: Layer::from(&alone),
            is_default: profile.is_some_and(|one| one.is_default),
            attached: Vec::new(),
            combines: true,
            targets: Vec::new(),
        }
    }
}

impl From<&Account> for Document {
    fn from(account: &Account) -> Self {
        account.document()
    }
}

/// The firewall of a Lighthouse instance: inbound rules, first match, everything outbound allowed
/// (vendor page "Managing firewalls", 1103/41393).
fn firewall_list(rules: &SecurityGroup) -> NamedLayer {
    let fallback = |verdict, text: &str| Fallback {
        set: rules.id.clone(),
        verdict,
        text: text.to_owned(),
    };
    NamedLayer {
        id: rules.id.clone(),
        name: String::new(),
        layer: Layer {
            kind: LayerKind::SecurityGroup,
            provider: "tencent".to_owned(),
            stateful: true,
            inbound: vec![chain(&rules.id, Direction::Inbound, &rules.ingress)],
            outbound: Vec::new(),
            inbound_fallback: fallback(Verdict::Drop, "implicit reject"),
            outbound_fallback: fallback(Verdict::Accept, "outbound traffic is not filtered"),
            sets: Vec::new(),
            remarks: Vec::new(),
        },
        is_default: false,
        attached: vec![rules.id.clone()],
        combines: false,
        targets: Vec::new(),
    }
}

fn keep_last<T>(all: &mut Vec<T>, id: impl Fn(&T) -> &String) {
    let last: BTreeMap<&String, usize> = all
        .iter()
        .enumerate()
        .map(|(place, one)| (id(one), place))
        .collect();
    let kept: BTreeSet<usize> = last.into_values().collect();
    let mut place = 0..;
    all.retain(|_| place.next().is_some_and(|place| kept.contains(&place)));
}
