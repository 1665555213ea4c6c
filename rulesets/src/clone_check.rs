//! What to know before a security group is cloned.
//!
//! A clone carries the rules of both directions and nothing else: no instance is bound to it. It can be
//! made in another project or region, never in another account (Tencent Cloud, "Cloning security
//! groups" and FAQ "Security groups", 2023; `CloneSecurityGroup`, vpc 2017-03-12).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Direction;
use crate::limits::limit;
use crate::rule::{Peer, Rule, Service};
use crate::security_group::SecurityGroup;
use crate::tencent::GroupProfile;
use crate::text::shown;
use serde::Serialize;
use std::collections::BTreeSet;

/// Where the clone is to be made, and what is known of that place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloneTarget {
    /// True when it is the account of the source.
    pub same_account: bool,
    /// True when it is the region of the source.
    pub same_region: bool,
    /// True when it is the project of the source.
    pub same_project: bool,
    /// The name for the clone; `None` keeps the source's.
    pub name: Option<String>,
    /// The names of the groups there; `None` when they are not known.
    pub names: Option<Vec<String>>,
}

/// One thing to know.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct CloneFinding {
    /// How bad it is.
    pub severity: CloneSeverity,
    /// What it is, and what to do about it, on one line.
    pub text: String,
    /// The rule it is about; `None` when it is about the group.
    pub rule: Option<ClonedRule>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CloneSeverity {
    /// The vendor refuses the clone.
    Refused,
    /// The clone would do something else than the source.
    Differs,
    /// Good to know.
    Note,
}

/// A rule of the source.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct ClonedRule {
    /// Its direction.
    pub direction: Direction,
    /// Its position in its own list, from 0.
    pub index: usize,
    /// Its own text.
    pub rule: String,
}

/// What to know before `source` is cloned to `target`, the worst first. `profile` is what else is known
/// of the source.
pub fn clone_findings(
    source: &SecurityGroup,
    profile: Option<&GroupProfile>,
    target: &CloneTarget,
) -> Vec<CloneFinding> {
    let mut found = Vec::new();
    if !target.same_account {
        let text = "a group cannot be cloned to another account: write its rules out and create them \
                    there";
        found.push(about_group(CloneSeverity::Refused, text));
    }
    names(profile, target, &mut found);
    sizes(source, target, &mut found);
    for direction in [Direction::Inbound, Direction::Outbound] {
        for (index, rule) in source.rules(direction).iter().enumerate() {
            for text in [peer(source, rule, target), service(rule, target)] {
                found.extend(text.map(|(severity, text)| CloneFinding {
                    severity,
                    text,
                    rule: Some(ClonedRule {
                        direction,
                        index,
                        rule: rule.text.clone(),
                    }),
                }));
            }
        }
    }
    let text = "the clone is bound to nothing: bind it to each instance that needs it";
    found.push(about_group(CloneSeverity::Note, text));
    if profile.is_some_and(|one| one.is_default) {
        let text = "the source is the default group; its clone is an ordinary one";
        found.push(about_group(CloneSeverity::Note, text));
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

fn about_group(severity: CloneSeverity, text: impl Into<String>) -> CloneFinding {
    CloneFinding {
        severity,
        text: text.into(),
        rule: None,
    }
}

/// The vendor's own pages differ on whether a clone may bear the name of another group.
fn names(profile: Option<&GroupProfile>, target: &CloneTarget, found: &mut Vec<CloneFinding>) {
    let kept = profile.map(|one| one.name.clone());
    let Some(name) = target.name.clone().or(kept) else {
        return;
    };
    let said = shown(&name, 80);
    let most = most("group_name_characters");
    if name.chars().count() > most {
        let text =
            format!("the name `{said}` is longer than {most} characters: choose a shorter one");
        found.push(about_group(CloneSeverity::Refused, text));
    }
    let taken = target.names.iter().flatten().any(|one| *one == name);
    let kept_here = target.same_region && target.same_project && target.name.is_none();
    if taken || kept_here {
        let text = format!(
            "a group there is named `{said}` already: older vendor pages refuse that, so choose another \
             name"
        );
        found.push(about_group(CloneSeverity::Note, text));
    }
}

fn sizes(source: &SecurityGroup, target: &CloneTarget, found: &mut Vec<CloneFinding>) {
    let rules = most("rules_per_direction");
    for direction in [Direction::Inbound, Direction::Outbound] {
        let count = source.rules(direction).len();
        if count > rules {
            let text = format!(
                "{count} {direction} rules are more than the {rules} of the usual quota: ask for a \
                 higher one there, or merge rules"
            );
            found.push(about_group(CloneSeverity::Refused, text));
        }
    }
    let groups = most("groups_per_region");
    let there = target.names.as_ref().map_or(0, Vec::len);
    if there >= groups {
        let text = format!("{there} groups are there, and {groups} is the usual quota of a region");
        found.push(about_group(CloneSeverity::Refused, text));
    }
    let named: BTreeSet<&str> = source
        .ingress
        .iter()
        .chain(&source.egress)
        .filter(|rule| matches!(rule.peer.named(), Peer::Group(_)))
        .map(|rule| rule.peer.reference())
        .collect();
    let most = most("groups_named_by_a_group");
    if named.len() > most {
        let count = named.len();
        let text = format!("its rules name {count} groups, and {most} is the usual quota");
        found.push(about_group(CloneSeverity::Refused, text));
    }
}

fn peer(
    source: &SecurityGroup,
    rule: &Rule,
    target: &CloneTarget,
) -> Option<(CloneSeverity, String)> {
    let id = shown(rule.peer.reference(), 60);
    let away = !target.same_account || !target.same_region;
    match rule.peer.named() {
        Peer::Group(own) if *own == source.id && !away => Some((
            CloneSeverity::Differs,
            format!(
                "names the source itself: in the clone it means the members of `{id}`, not its own"
            ),
        )),
        Peer::Group(_) if away || !target.same_project => Some((
            CloneSeverity::Differs,
            format!(
                "names group `{id}`, which does not resolve {}: name a group or a block of that place",
                place(target)
            ),
        )),
        Peer::Template(_) if away => Some((
            CloneSeverity::Differs,
            format!(
                "names address template `{id}`, which does not resolve {}: create the template there",
                place(target)
            ),
        )),
        Peer::Net(_)
        | Peer::All
        | Peer::Group(_)
        | Peer::Template(_)
        | Peer::Unnamed
        | Peer::Members(_) => None,
    }
}

fn service(rule: &Rule, target: &CloneTarget) -> Option<(CloneSeverity, String)> {
    let id = match &rule.service {
        Service::Template(id) => id,
        Service::Members(members) => &members.of,
        Service::All
        | Service::Tcp(_)
        | Service::Udp(_)
        | Service::Icmp
        | Service::Icmpv6
        | Service::Gre => return None,
    };
    let away = !target.same_account || !target.same_region;
    away.then(|| {
        let text = format!(
            "names service template `{}`, which does not resolve {}: create the template there",
            shown(id, 60),
            place(target)
        );
        (CloneSeverity::Differs, text)
    })
}

fn place(target: &CloneTarget) -> &'static str {
    if !target.same_account {
        "in another account"
    } else if !target.same_region {
        "in another region"
    } else {
        "in another project"
    }
}

fn most(name: &str) -> usize {
    limit("tencent", name).map_or(usize::MAX, |limit| limit.value)
}
