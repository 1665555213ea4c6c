//! The members of what rules refer to, and rules with the references replaced by them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::document::{set_name, span};
use crate::flow::Family;
use crate::program::{Element, NamedSet, Part};
use crate::rule::{Peer, PeerMembers, PortRange, Ports, Rule, Service, ServiceMembers};
use crate::security_group::SecurityGroups;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// The members of security groups and of templates, as far as they are known.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Inventory {
    /// The addresses of groups (`sg-*`) and of address templates (`ipm-*`, `ipmg-*`), by id.
    pub addresses: BTreeMap<String, Addresses>,
    /// The services of service templates (`ppm-*`, `ppmg-*`), by id.
    pub services: BTreeMap<String, Services>,
}

/// What a group or an address template stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Addresses {
    /// The addresses that certainly belong to it.
    pub nets: BTreeSet<IpNet>,
    /// The addresses that may: IPv6 addresses of a group's members, on which the vendor is silent.
    pub perhaps: BTreeSet<IpNet>,
    /// The ids of the templates whose members belong to it too.
    pub includes: BTreeSet<String>,
    /// True when there are no others.
    pub complete: bool,
}

/// What a service template stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Services {
    /// The services that belong to it, none of them a template.
    pub services: Vec<Service>,
    /// The ids of the templates whose members belong to it too.
    pub includes: BTreeSet<String>,
    /// True when there are no others.
    pub complete: bool,
}

impl Default for Addresses {
    /// No address at all.
    fn default() -> Self {
        Self {
            nets: BTreeSet::new(),
            perhaps: BTreeSet::new(),
            includes: BTreeSet::new(),
            complete: true,
        }
    }
}

impl Default for Services {
    /// No service at all.
    fn default() -> Self {
        Self {
            services: Vec::new(),
            includes: BTreeSet::new(),
            complete: true,
        }
    }
}

impl Inventory {
    /// Takes in what another one knows: members of one id are united, and complete when either is.
    pub fn extend(&mut self, other: Self) {
        for (id, new) in other.addresses {
            let Some(own) = self.addresses.get_mut(&id) else {
                self.addresses.insert(id, new);
                continue;
            };
            own.nets.extend(new.nets);
            own.perhaps.extend(new.perhaps);
            own.includes.extend(new.includes);
            own.complete |= new.complete;
        }
        for (id, new) in other.services {
            let Some(own) = self.services.get_mut(&id) else {
                self.services.insert(id, new);
                continue;
            };
            for service in new.services {
                if !own.services.contains(&service) {
                    own.services.push(service);
                }
            }
            own.includes.extend(new.includes);
            own.complete |= new.complete;
        }
    }

    /// The addresses of a group or template, those of the templates it includes among them; `None`
    /// when nothing is known of it.
    pub fn addresses_of(&self, id: &str) -> Option<Addresses> {
        let mut all = self.addresses.get(id)?.clone();
        for part in &all.includes {
            match self.addresses.get(part) {
                Some(part) => {
                    all.nets.extend(&part.nets);
                    all.perhaps.extend(&part.perhaps);
                    all.complete &= part.complete && part.includes.is_empty();
                }
                None => all.complete = false,
            }
        }
        Some(all)
    }

    /// The services of a template, those of the templates it includes among them; `None` when nothing
    /// is known of it.
    pub fn services_of(&self, id: &str) -> Option<Services> {
        let mut all = self.services.get(id)?.clone();
        for part in &all.includes {
            match self.services.get(part) {
                Some(part) => {
                    all.services.extend(part.services.iter().cloned());
                    all.complete &= part.complete && part.includes.is_empty();
                }
                None => all.complete = false,
            }
        }
        Some(all)
    }

    /// The same as sets, under the names that the rules of a layer use. Addresses that only may belong
    /// to a group make its set incomplete.
    pub fn sets(&self) -> Vec<NamedSet> {
        let mut sets = Vec::new();
        for id in self.addresses.keys() {
            let all = self.addresses_of(id).unwrap_or_default();
            for family in [Family::V4, Family::V6] {
                let own = |net: &&IpNet| Family::from(net.addr()) == family;
                let members = all.nets.iter().filter(own);
                sets.push(NamedSet {
                    name: set_name(id, family),
                    elements: members.map(|net| (Element::of(span(net)), None)).collect(),
                    dynamic: false,
                    incomplete: !all.complete || all.perhaps.iter().any(|net| own(&net)),
                });
            }
        }
        for id in self.services.keys() {
            if let Some(all) = self.services_of(id) {
                sets.extend(service_sets(id, &all));
            }
        }
        sets
    }
}

impl SecurityGroups {
    /// The same groups, with the members of every group and template that `inventory` knows put into
    /// the rules that name it. Texts and positions stay. Past a million members in all, rules stay as
    /// they are and their verdicts undecided.
    #[must_use]
    pub fn with_members(&self, inventory: &Inventory) -> Self {
        let mut changed = self.clone();
        let mut left = MEMBERS;
        for group in &mut changed.groups {
            for rule in group.ingress.iter_mut().chain(&mut group.egress) {
                resolve(rule, inventory, &mut left);
            }
        }
        changed
    }
}

/// The name of the set that holds the members without ports of a service template.
pub(crate) fn portless_name(id: &str) -> String {
    format!("{id} (without ports)")
}

fn resolve(rule: &mut Rule, inventory: &Inventory, left: &mut usize) {
    if let Peer::Group(id) | Peer::Template(id) = &rule.peer
        && let Some(all) = inventory.addresses_of(id)
        && let Some(rest) = left.checked_sub(all.nets.len() + all.perhaps.len())
    {
        *left = rest;
        rule.peer = Peer::Members(PeerMembers {
            of: Box::new(rule.peer.clone()),
            nets: all.nets.into_iter().collect(),
            perhaps: all.perhaps.into_iter().collect(),
            complete: all.complete,
        });
    }
    if let Service::Template(id) = &rule.service
        && let Some(all) = inventory.services_of(id)
        && let Some(rest) = left.checked_sub(all.services.len())
    {
        *left = rest;
        rule.service = Service::Members(ServiceMembers {
            of: id.clone(),
            services: all.services,
            complete: all.complete,
        });
    }
}

/// Members with ports are pairs of protocol and port; those without are pairs of family and protocol.
fn service_sets(id: &str, all: &Services) -> [NamedSet; 2] {
    let mut ported = Vec::new();
    let mut portless = Vec::new();
    for service in &all.services {
        let families = |first: u128, last: u128| Part::Span { first, last };
        match service {
            Service::Tcp(ports) => ported.extend(pairs(6, ports)),
            Service::Udp(ports) => ported.extend(pairs(17, ports)),
            Service::Icmp => portless.push((families(V4, V4), Part::one(1_u8))),
            Service::Icmpv6 => portless.push((families(V6, V6), Part::one(58_u8))),
            Service::Gre => portless.push((families(V4, V6), Part::one(47_u8))),
            Service::All => portless.push((families(V4, V6), families(0, 255))),
            Service::Template(_) | Service::Members(_) => {}
        }
    }
    let set = |name: String, parts: Vec<(Part, Part)>| NamedSet {
        name,
        elements: parts
            .into_iter()
            .map(|(first, second)| (Element(vec![first, second]), None))
            .collect(),
        dynamic: false,
        incomplete: !all.complete,
    };
    [set(id.to_owned(), ported), set(portless_name(id), portless)]
}

fn pairs(protocol: u8, ports: &Ports) -> Vec<(Part, Part)> {
    let whole = [PortRange {
        first: 0,
        last: u16::MAX,
    }];
    let ranges: &[PortRange] = match ports {
        Ports::Any => &whole,
        Ports::Ranges(ranges) => ranges,
    };
    let pair = |range: &PortRange| {
        let (first, last) = (range.first.into(), range.last.into());
        (Part::one(protocol), Part::Span { first, last })
    };
    ranges.iter().map(pair).collect()
}

/// The families, as nftables numbers them.
const V4: u128 = 2;
const V6: u128 = 10;

/// The most members put into the rules of one instance; the vendor's own limit is far below.
const MEMBERS: usize = 1_000_000;
