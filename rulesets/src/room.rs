//! How many rules a list still has room for, by the documented quota of its provider.
//!
//! Google Cloud and Alibaba Cloud are left out: the one documents a quota of the whole project without
//! a figure, the other one that depends on the group's type. A host's own lists have none.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::far_end::family_number;
use crate::flow::{Direction, Family};
use crate::layer::{Layer, LayerKind};
use crate::limits::limit;
use crate::program::{Element, Key, Part, Rule, Step, Test, Values};
use serde::Serialize;

/// What is used of a quota, and what is left.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Room {
    /// The list that the quota is of; for groups bound to an instance, the layer's name.
    pub set: String,
    /// What is counted, by the limit's name, such as `rules_per_direction`.
    pub limit: &'static str,
    /// The direction whose rules are counted; `None` where both are, or no rules.
    pub direction: Option<Direction>,
    /// How many there are.
    pub used: usize,
    /// How many there may be, unless the account has another quota.
    pub most: usize,
    /// How many more there may be.
    pub left: usize,
    /// The document that says so, and its year.
    pub source: &'static str,
}

impl Layer {
    /// The room for rules of one direction and family in one of the layer's lists; `None` where no
    /// quota is documented.
    pub fn room_in(&self, set: &str, direction: Direction, family: Family) -> Option<Room> {
        let name = match (self.kind, self.provider.as_str()) {
            // A Lighthouse instance's own firewall, which has no outbound list, has other quotas.
            (LayerKind::SecurityGroup, "tencent") if self.outbound.is_empty() => return None,
            (LayerKind::SecurityGroup, "azure") => "rules_per_group",
            (LayerKind::SecurityGroup, _) => "rules_per_direction",
            (LayerKind::NetworkAcl, _) => "acl_rules_per_direction",
            (LayerKind::HostFirewall, _) => return None,
        };
        let rules = |direction: Direction| {
            let lists = self.lists(direction).iter();
            lists
                .filter(|list| list.set == set)
                .flat_map(|list| &list.rules)
        };
        let used = match self.provider.as_str() {
            "aws" => rules(direction)
                .filter(|rule| concerns(rule, family))
                .count(),
            "azure" => [Direction::Inbound, Direction::Outbound]
                .into_iter()
                .flat_map(rules)
                .filter(|rule| !is_azure_default(rule))
                .count(),
            _ => rules(direction).count(),
        };
        let counted = (self.provider != "azure").then_some(direction);
        self.room(set, (name, counted), used)
    }

    /// The room for further groups on the instance; `None` where no quota is documented.
    pub fn room_for_groups(&self, direction: Direction) -> Option<Room> {
        let groups = self.lists(direction).len();
        match self.kind {
            LayerKind::SecurityGroup if !self.outbound.is_empty() => {
                self.room(self.kind.name(), ("groups_per_instance", None), groups)
            }
            LayerKind::SecurityGroup | LayerKind::NetworkAcl | LayerKind::HostFirewall => None,
        }
    }

    fn room(
        &self,
        set: &str,
        (name, direction): (&str, Option<Direction>),
        used: usize,
    ) -> Option<Room> {
        let limit = limit(&self.provider, name)?;
        Some(Room {
            set: set.to_owned(),
            limit: &limit.name,
            direction,
            used,
            most: limit.value,
            left: limit.value.saturating_sub(used),
            source: &limit.source,
        })
    }
}

/// Whether a rule may be for a family.
fn concerns(rule: &Rule, family: Family) -> bool {
    let other = match family {
        Family::V4 => Family::V6,
        Family::V6 => Family::V4,
    };
    !rule
        .steps
        .iter()
        .any(|step| matches!(step, Step::Test(test) if asks_for(test, other)))
}

/// Whether a test holds for packets of this family alone.
fn asks_for(test: &Test, family: Family) -> bool {
    match test {
        Test::In {
            key,
            values,
            negated: false,
        } => match key.as_slice() {
            [Key::Source(own) | Key::Destination(own)] => *own == family,
            [Key::Family] => {
                let only = vec![Element::of(Part::one(family_number(family)))];
                *values == Values::Inline(only)
            }
            _ => false,
        },
        Test::AnyOf(lists) => lists
            .iter()
            .all(|list| list.iter().any(|test| asks_for(test, family))),
        Test::In { negated: true, .. } | Test::Masked { .. } | Test::Undecided { .. } => false,
    }
}

/// Whether the provider made the rule: its own priorities lie above those that a user may choose
/// (<https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview>).
fn is_azure_default(rule: &Rule) -> bool {
    let priority = rule.text.split(' ').next().and_then(|it| it.parse().ok());
    priority.is_some_and(|priority: u32| priority > MOST_AZURE_PRIORITY)
}

const MOST_AZURE_PRIORITY: u32 = 4096;
