//! The security groups bound to one instance, as one ordered rule set, and edits to it.
//!
//! Groups are read in priority order, each from top to bottom; the first rule that matches decides,
//! and one implicit reject stands after the last group. The groups are not a union.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::explain::{Order, walk};
use crate::flow::{Direction, Flow};
use crate::rule::{Action, Rule};
use serde::{Deserialize, Serialize};

/// Every security group bound to an instance, the one of highest priority first.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SecurityGroups {
    /// The groups.
    pub groups: Vec<SecurityGroup>,
}

/// One security group.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct SecurityGroup {
    /// Its id, such as `sg-1`.
    pub id: String,
    /// The version of its rules, which the vendor asks for when they are changed.
    pub version: Option<String>,
    /// The inbound rules, top first.
    pub ingress: Vec<Rule>,
    /// The outbound rules, top first.
    pub egress: Vec<Rule>,
}

impl SecurityGroup {
    /// The rules of one direction, top first.
    pub fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Inbound => &self.ingress,
            Direction::Outbound => &self.egress,
        }
    }
}

impl SecurityGroups {
    /// The same groups with a rule put into group number `group` so that it stands at `position`
    /// (at the end when that is past it). A group that is not there changes nothing.
    #[must_use]
    pub fn with_rule(
        &self,
        group: usize,
        direction: Direction,
        position: usize,
        rule: Rule,
    ) -> Self {
        let mut changed = self.clone();
        if let Some(group) = changed.groups.get_mut(group) {
            let rules = match direction {
                Direction::Inbound => &mut group.ingress,
                Direction::Outbound => &mut group.egress,
            };
            rules.insert(position.min(rules.len()), rule);
        }
        changed
    }

    /// The same groups below one more, which gets the highest priority.
    #[must_use]
    pub fn with_group_first(&self, group: SecurityGroup) -> Self {
        let mut changed = self.clone();
        changed.groups.insert(0, group);
        changed
    }

    /// The same groups above one more, which gets the lowest priority.
    #[must_use]
    pub fn with_group_last(&self, group: SecurityGroup) -> Self {
        let mut changed = self.clone();
        changed.groups.push(group);
        changed
    }

    /// Where a rule that allows `flow` must stand to be obeyed, as group number and position, in the
    /// least intrusive place: just above the deny that decides or might, or at the very end when only
    /// the implicit reject stands in the way. With no group bound there is no such place, and the
    /// answer is `(0, 0)`.
    pub fn placement(&self, flow: &Flow) -> (usize, usize) {
        let walk = walk(self, flow, Order::Strict);
        let deny = walk
            .reached
            .iter()
            .find(|step| step.rule.action == Action::Drop);
        if let Some(step) = deny {
            return (step.group, step.index);
        }
        let Some(last) = self.groups.last() else {
            return (0, 0);
        };
        (self.groups.len() - 1, last.rules(flow.direction).len())
    }
}
