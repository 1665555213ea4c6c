//! Puts the rules of all bound groups into the order in which they are read.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::group::{Group, GroupKind};
use super::rule::Entry;
use crate::build::{is_member, list_name, undecided};
use crate::document::set_name;
use crate::flow::{Direction, Family};
use crate::layer::{Fallback, Layer, LayerKind};
use crate::program::{Chain, Key, Reason, Rule, Step, Test, Verdict};
use crate::rule::Action;
use crate::text::{shell_word, shown};

/// The layer that these groups make, all bound to one interface; their order does not matter. Rules of
/// one group that follow each other are one chain. Behind the rules stand the vendor's own: access
/// within a basic group where it is on, and for groups whose type is not known an outbound rule that
/// cannot be decided.
pub fn bind(groups: &[&Group]) -> Layer {
    let fallback = |direction| Fallback {
        set: groups.first().map_or("", |group| &group.id).to_owned(),
        verdict: default(groups, direction),
        text: "default of the group's type".to_owned(),
    };
    Layer {
        kind: LayerKind::SecurityGroup,
        provider: "alibaba".to_owned(),
        stateful: true,
        inbound: lists(groups, Direction::Inbound),
        outbound: lists(groups, Direction::Outbound),
        inbound_fallback: fallback(Direction::Inbound),
        outbound_fallback: fallback(Direction::Outbound),
        sets: Vec::new(),
        remarks: remarks(groups),
    }
}

/// The type of a group: an answer that leaves it out still shows a basic group by the access within
/// the group, which enterprise groups do not have.
fn kind(group: &Group) -> Option<GroupKind> {
    let basic = || (group.inner_access == Some(true)).then_some(GroupKind::Basic);
    group.kind.or_else(basic)
}

fn default(groups: &[&Group], direction: Direction) -> Verdict {
    let enterprise = |group: &&Group| kind(group) == Some(GroupKind::Enterprise);
    match direction {
        Direction::Outbound if !groups.is_empty() && !groups.iter().any(enterprise) => {
            Verdict::Accept
        }
        Direction::Inbound | Direction::Outbound => Verdict::Drop,
    }
}

fn lists(groups: &[&Group], direction: Direction) -> Vec<Chain> {
    let mut all: Vec<(&Group, &Entry)> = groups
        .iter()
        .flat_map(|group| {
            let entries = group.entries(direction).iter();
            entries.map(move |entry| (*group, entry))
        })
        .collect();
    all.sort_by_key(|(_, entry)| (entry.priority, entry.action == Action::Accept));
    let mut lists: Vec<Chain> = Vec::new();
    for (group, entry) in all {
        push(&mut lists, &group.id, direction, entry.rule.clone());
    }
    for group in groups {
        let index = group.ingress.len() + group.egress.len();
        if !group.with_rules {
            push(&mut lists, &group.id, direction, not_at_hand(group, index));
        }
        match (direction, kind(group)) {
            (Direction::Inbound, _) if group.inner_access == Some(true) => {
                push(&mut lists, &group.id, direction, within(group, index));
            }
            (Direction::Outbound, None) => {
                push(&mut lists, &group.id, direction, open_type(group, index));
            }
            (Direction::Inbound | Direction::Outbound, _) => {}
        }
    }
    lists
}

fn push(lists: &mut Vec<Chain>, set: &str, direction: Direction, rule: Rule) {
    match lists.last_mut() {
        Some(last) if last.set == set => last.rules.push(rule),
        Some(_) | None => lists.push(Chain {
            set: set.to_owned(),
            name: list_name(direction).to_owned(),
            rules: vec![rule],
        }),
    }
}

/// The vendor's own rule that members of a basic group reach each other over the private network.
fn within(group: &Group, index: usize) -> Rule {
    let id = shown(&group.id, 60);
    let missing = format!(
        "members of group `{id}`: run `aliyun ecs DescribeNetworkInterfaces --SecurityGroupId {}`",
        shell_word(&id)
    );
    let one = |own| {
        let name = set_name(&group.id, own);
        vec![is_member(vec![Key::Source(own)], name, &missing)]
    };
    let members = Test::AnyOf(vec![one(Family::V4), one(Family::V6)]);
    own_rule(
        index,
        "Accept all from members of the group (InnerAccessPolicy)".to_owned(),
        members,
        Verdict::Accept,
    )
}

/// What stands for the default of a group that may be an enterprise group.
fn open_type(group: &Group, index: usize) -> Rule {
    let id = shown(&group.id, 60);
    let text = format!(
        "whether `{id}` is an enterprise group, which lets nothing out by default: run `aliyun ecs \
         DescribeSecurityGroups --SecurityGroupId {}`",
        shell_word(&id)
    );
    let open = undecided(Reason::Reference, text);
    let text = "Drop all, default of an enterprise group".to_owned();
    own_rule(index, text, open, Verdict::Drop)
}

fn not_at_hand(group: &Group, index: usize) -> Rule {
    let id = shown(&group.id, 60);
    let text = format!(
        "the rules of `{id}`: run `aliyun ecs DescribeSecurityGroupAttribute --SecurityGroupId {}`",
        shell_word(&id)
    );
    Rule {
        index,
        handle: None,
        text: text.clone(),
        description: String::new(),
        steps: vec![Step::Opaque { text }],
    }
}

fn own_rule(index: usize, text: String, test: Test, verdict: Verdict) -> Rule {
    Rule {
        index,
        handle: None,
        text,
        description: String::new(),
        steps: vec![Step::Test(test), Step::Verdict(verdict)],
    }
}

fn remarks(groups: &[&Group]) -> Vec<String> {
    let mut remarks = Vec::new();
    for group in groups {
        let id = shown(&group.id, 60);
        if kind(group).is_none() {
            remarks.push(format!(
                "`{id}`: the answer does not say whether it is a basic or an enterprise group; the \
                 defaults of the two differ"
            ));
        }
        if group.inner_access == Some(true) {
            remarks.push(format!(
                "`{id}`: its members reach each other over the private network without a rule \
                 (InnerAccessPolicy Accept)"
            ));
        }
    }
    remarks
}
