//! Whether a security group can be deleted, and what stands in the way.
//!
//! The vendor refuses while a resource is bound to the group, instances in the recycle bin among them,
//! while a rule of another group names it, and for the group it made itself (Tencent Cloud, "Deleting
//! security groups", 2023; `DeleteSecurityGroup`, vpc 2017-03-12).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Direction;
use crate::rule::Rule;
use crate::security_group::SecurityGroup;
use crate::tencent::Account;
use crate::text::{json_line, shell_word, shown};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;

/// Whether a group can be deleted.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Deletion {
    /// The answer, as far as the documents allow one.
    pub state: DeletionState,
    /// What stands in the way, each on one line.
    pub obstacles: Vec<Obstacle>,
    /// What to supply for a full answer: a command each.
    pub missing: Vec<String>,
}

/// The answer to whether a group can be deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletionState {
    /// Nothing stands in the way.
    Possible,
    /// Something does.
    Blocked,
    /// Nothing is known to, and not everything was looked at.
    Unknown,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Obstacle {
    /// What kind of thing.
    pub kind: ObstacleKind,
    /// What it is, and what to do about it.
    pub text: String,
}

/// What kind of thing keeps a group.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObstacleKind {
    /// It is the account's default group.
    DefaultGroup,
    /// A resource is bound to it.
    Bound,
    /// An instance in the recycle bin is bound to it.
    RecycleBin,
    /// A rule of another group names it.
    Referenced,
}

/// What keeps the group of this id, by what the account's documents say.
pub fn deletion(id: &str, account: &Account) -> Deletion {
    let mut found = Deletion {
        state: DeletionState::Possible,
        obstacles: Vec::new(),
        missing: Vec::new(),
    };
    default_group(id, account, &mut found);
    bound(id, account, &mut found);
    referenced(id, account, &mut found);
    found.state = match (found.obstacles.is_empty(), found.missing.is_empty()) {
        (false, _) => DeletionState::Blocked,
        (true, false) => DeletionState::Unknown,
        (true, true) => DeletionState::Possible,
    };
    found
}

impl Deletion {
    fn obstacle(&mut self, kind: ObstacleKind, text: String) {
        self.obstacles.push(Obstacle { kind, text });
    }
}

fn default_group(id: &str, account: &Account, found: &mut Deletion) {
    let Some(profile) = account.profiles.iter().find(|one| one.id == id) else {
        found.missing.push(by_ids("DescribeSecurityGroups", id));
        return;
    };
    if profile.is_default {
        let text = "it is the default group, which the vendor made and keeps";
        found.obstacle(ObstacleKind::DefaultGroup, text.to_owned());
    }
}

fn bound(id: &str, account: &Account, found: &mut Deletion) {
    let own = |lists: &[String]| lists.iter().any(|list| list == id);
    let machines = account
        .machines
        .iter()
        .filter(|one| own(&one.instance.lists));
    let mut named = 0;
    for machine in machines.take(NAMED) {
        let instance = shown(&machine.instance.id, 60);
        named += 1;
        if machine.recycled {
            let text = format!(
                "`{instance}` is bound to it and lies in the recycle bin: destroy it there, or take it \
                 back and bind another group"
            );
            found.obstacle(ObstacleKind::RecycleBin, text);
        } else {
            let text = format!("`{instance}` is bound to it: bind another group in its place");
            found.obstacle(ObstacleKind::Bound, text);
        }
    }
    let Some(bindings) = account.bindings.iter().find(|one| one.id == id) else {
        let action = "DescribeSecurityGroupAssociationStatistics";
        found.missing.push(by_ids(action, id));
        return;
    };
    for (kind, count) in &bindings.counts {
        let kind = shown(kind, 40);
        let mut text = format!("it is bound to {count} {kind}: bind another group in their place");
        if named == 0 && kind == "CVM" {
            let filters = json!([{"Name": "security-group-id", "Values": [id]}]);
            let filters = shell_word(&json_line(&filters));
            text.push_str("; instances in the recycle bin count, list all by `tccli cvm ");
            text.push_str("DescribeInstances --Filters ");
            text.push_str(&filters);
            text.push('`');
        }
        found.obstacle(ObstacleKind::Bound, text);
    }
}

/// A rule that names its own group does not keep it.
fn referenced(id: &str, account: &Account, found: &mut Deletion) {
    let mut naming = BTreeSet::new();
    for group in account.groups.iter().filter(|group| group.id != id) {
        for (direction, index, rule) in rules_naming(group, id) {
            naming.insert(group.id.as_str());
            let text = format!(
                "`{}` {direction} rule {index} `{}` names it: change or delete the rule",
                shown(&group.id, 60),
                shown(&rule.text, 160),
            );
            found.obstacle(ObstacleKind::Referenced, text);
        }
    }
    let references = account.references.iter().find(|one| one.id == id);
    for by in references.iter().flat_map(|one| &one.by) {
        if by != id && naming.insert(by) {
            let text = format!(
                "a rule of `{}` names it: change or delete it",
                shown(by, 60)
            );
            found.obstacle(ObstacleKind::Referenced, text);
        }
    }
    let counted = account.bindings.iter().find(|one| one.id == id);
    let none = counted.is_some_and(|one| one.referring == 0);
    if references.is_none() && !none && naming.is_empty() {
        found
            .missing
            .push(by_ids("DescribeSecurityGroupReferences", id));
    }
}

/// The rules of a group that name another one, at most a few.
fn rules_naming<'a>(
    group: &'a SecurityGroup,
    id: &'a str,
) -> impl Iterator<Item = (Direction, usize, &'a Rule)> {
    [Direction::Inbound, Direction::Outbound]
        .into_iter()
        .flat_map(|direction| {
            let rules = group.rules(direction).iter().enumerate();
            rules.map(move |(index, rule)| (direction, index, rule))
        })
        .filter(move |(.., rule)| rule.peer.reference() == id)
        .take(NAMED)
}

fn by_ids(action: &str, id: &str) -> String {
    let ids = shell_word(&json_line(&json!([id])));
    format!("run `tccli vpc {action} --SecurityGroupIds {ids}`")
}

/// How many of one kind are named; more would not be read.
const NAMED: usize = 20;
