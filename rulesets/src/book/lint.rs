//! The faults of all rules on a way.
//!
//! The rules of a cloud's layer are examined as one list. The rules of a host are examined in every base
//! chain that calls them and for every state that connection tracking may give a packet: what is said of
//! a rule must hold in all of them.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::gates::gate;
use super::way::{Layered, Way};
use crate::flow::{Direction, Family};
use crate::layer::LayerKind;
use crate::packet::{Packet, State};
use crate::program::{Ending, Flat, PASSES, Reason, STOPPED};
use crate::questions::{Code, Finding, Severity, Subject, lint_list};
use crate::rule::{Action, Rule};
use crate::security_group::SecurityGroups;
use crate::space::{Budget, Entry, Label, List, NotDetermined};
use crate::verdict::MatchingRule;
use std::collections::{BTreeMap, BTreeSet};

impl Way {
    /// Every fault of the rules, list by list; `families` are those the instance has.
    pub fn lint(
        &self,
        families: &[Family],
        budget: &Budget,
    ) -> Result<Vec<Finding>, NotDetermined> {
        let mut findings = Vec::new();
        for layer in &self.layers {
            match layer {
                Layered::Groups(groups, _) => findings.extend(trailing_denies(groups)),
                Layered::Cloud(_) | Layered::Host(..) => {}
            }
            for direction in [Direction::Inbound, Direction::Outbound] {
                let mut lists = Lists::default();
                for family in layer.families() {
                    for (name, flat, place) in self.flats(layer, direction, family)? {
                        lists.add(&subject(&name, &flat, place, family), budget);
                    }
                }
                findings.extend(lists.findings(families));
            }
        }
        Ok(findings)
    }

    /// The lists of a layer, each with its name.
    fn flats(
        &self,
        layer: &Layered,
        direction: Direction,
        family: Family,
    ) -> Result<Vec<(String, Flat, Placed)>, NotDetermined> {
        let first = Packet::new(direction, family, 6);
        match layer {
            Layered::Groups(_, layer) | Layered::Cloud(layer) => {
                let name = &layer.fallback(direction).set;
                let name = format!("{name} {direction}");
                Ok(vec![(
                    name,
                    layer.flatten(&first)?,
                    (layer.kind, Some(direction)),
                )])
            }
            Layered::Host(rules, _) => {
                let mut flats = Vec::new();
                for state in STATES {
                    let packet = Packet {
                        state,
                        tcp_flags: None,
                        ..first.clone()
                    };
                    // Where only translated packets go, most rules are for others.
                    let stages = rules.flatten(&packet, &self.facts)?.stages;
                    for stage in stages.into_iter().filter(|stage| stage.untranslated) {
                        let name = format!("{} {}", stage.table, stage.chain);
                        // What is exposed shows in how flows begin.
                        let begins = (state == State::New).then_some(direction);
                        flats.push((name, stage.flat, (LayerKind::HostFirewall, begins)));
                    }
                }
                Ok(flats)
            }
        }
    }
}

/// The faults found so far, and in how many lists each rule stands.
#[derive(Debug, Default)]
struct Lists {
    found: BTreeMap<Place, Found>,
    order: Vec<Place>,
    families: BTreeMap<Place, BTreeSet<Family>>,
}

/// A rule's set, chain and index.
type Place = (String, Option<String>, usize);

#[derive(Debug, Default)]
struct Found {
    lists: usize,
    rule: Option<MatchingRule>,
    list: String,
    findings: BTreeMap<Code, (usize, Finding)>,
}

impl Lists {
    fn add(&mut self, subject: &Subject, budget: &Budget) {
        let doubtful = subject.undecided.iter().map(|(rule, _)| *rule);
        let entries = subject.list.entries.iter().map(|entry| entry.rule);
        let standing: BTreeSet<u32> = entries.chain(doubtful).collect();
        for number in standing {
            let Some(rule) = subject.rules.get(number as usize) else {
                continue;
            };
            let place = place(rule);
            if !self.found.contains_key(&place) {
                self.order.push(place.clone());
            }
            let found = self.found.entry(place.clone()).or_default();
            found.lists += 1;
            found.rule = Some(rule.clone());
            found.list.clone_from(&subject.name);
            self.families
                .entry(place)
                .or_default()
                .insert(subject.family);
        }
        for finding in lint_list(subject, budget) {
            let Some(found) = finding
                .rule
                .as_ref()
                .map(place)
                .and_then(|place| self.found.get_mut(&place))
            else {
                continue;
            };
            let known = found.findings.entry(finding.code);
            known.or_insert((0, finding)).0 += 1;
        }
    }

    /// What holds in every list, and what one list is enough for.
    fn findings(self, families: &[Family]) -> Vec<Finding> {
        let mut all = Vec::new();
        for place in &self.order {
            let Some(found) = self.found.get(place) else {
                continue;
            };
            let own = &self.families[place];
            if let (Some(rule), true) = (
                &found.rule,
                own.is_disjoint(&families.iter().copied().collect()),
            ) {
                all.push(absent(rule, &found.list));
                continue;
            }
            let kept = found
                .findings
                .values()
                .filter(|(count, finding)| *count == found.lists || one_is_enough(finding.code));
            all.extend(kept.map(|(_, finding)| finding.clone()));
        }
        all
    }
}

/// Whether a fault in one list is a fault, whatever the rule does in others.
fn one_is_enough(code: Code) -> bool {
    match code {
        Code::Conflict
        | Code::OpenToWorld
        | Code::BlockedPortOpened
        | Code::Undecided
        | Code::NotDetermined => true,
        Code::DeadRule
        | Code::AllowBelowReject
        | Code::RedundantRule
        | Code::FamilyAbsent
        | Code::TrailingDeny => false,
    }
}

fn place(rule: &MatchingRule) -> Place {
    (rule.set.clone(), rule.chain.clone(), rule.index)
}

fn absent(rule: &MatchingRule, list: &str) -> Finding {
    Finding {
        code: Code::FamilyAbsent,
        severity: Severity::Note,
        list: list.to_owned(),
        rule: Some(rule.clone()),
        message: "is for an address family that the instance lacks".to_owned(),
        related: Vec::new(),
        witness: None,
    }
}

/// The layer a list belongs to, and the direction of the flows that begin there, if any.
type Placed = (LayerKind, Option<Direction>);

fn subject(name: &str, flat: &Flat, (kind, direction): Placed, family: Family) -> Subject {
    let gate = gate(kind, name, flat);
    let certain =
        |it: &&crate::program::FlatEntry| it.condition.is_none() && it.ending != Ending::Unclear;
    let entries = flat.entries.iter().filter(certain).map(|it| Entry {
        cube: it.cube,
        label: label(it.ending),
        rule: it.rule,
    });
    let list = List {
        entries: entries.collect(),
        default: label(flat.default),
    };
    let doubtful: Vec<_> = flat.entries.iter().filter(|it| !certain(it)).collect();
    let mut undecided: BTreeMap<u32, String> = BTreeMap::new();
    for entry in &doubtful {
        let condition = entry
            .condition
            .and_then(|at| flat.conditions.get(at as usize));
        let open = condition.filter(|it| it.reason != Reason::Unspecified);
        if let Some(condition) = open {
            undecided
                .entry(entry.rule)
                .or_insert_with(|| condition.text.clone());
        }
    }
    // A rule may be certain for some packets; it is undecided for the others all the same.
    Subject {
        name: name.to_owned(),
        family,
        direction,
        list,
        must: gate.must,
        doubtful: doubtful.iter().map(|it| it.cube).collect(),
        rules: gate.rules,
        undecided: undecided.into_iter().collect(),
    }
}

/// A silent refusal and one that is told are different actions.
fn label(ending: Ending) -> Label {
    match ending {
        Ending::Accept => PASSES,
        Ending::Drop | Ending::Unclear => STOPPED,
        Ending::Reject => Label(2),
    }
}

/// Groups that end with a refusal of everything and have others below them.
fn trailing_denies(groups: &SecurityGroups) -> Vec<Finding> {
    let mut findings = Vec::new();
    let last = groups.groups.len().saturating_sub(1);
    for group in &groups.groups[..last] {
        for direction in [Direction::Inbound, Direction::Outbound] {
            let rules = group.rules(direction);
            let Some(rule) = rules.last().filter(|rule| denies_all(rule)) else {
                continue;
            };
            findings.push(Finding {
                code: Code::TrailingDeny,
                severity: Severity::Warning,
                list: format!("{} {direction}", group.id),
                rule: Some(MatchingRule {
                    set: group.id.clone(),
                    chain: None,
                    handle: None,
                    index: rules.len() - 1,
                    rule: rule.text.clone(),
                    allows: false,
                }),
                message: "refuses everything, so that groups of lower priority do nothing"
                    .to_owned(),
                related: Vec::new(),
                witness: None,
            });
        }
    }
    findings
}

fn denies_all(rule: &Rule) -> bool {
    let whole = matches!(rule.peer, crate::rule::Peer::Net(net) if net.prefix_len() == 0);
    let named_all = rule.peer == crate::rule::Peer::All;
    rule.action == Action::Drop && rule.service == crate::rule::Service::All && (whole || named_all)
}

/// Every state connection tracking may give a packet.
const STATES: [State; 5] = [
    State::New,
    State::Established,
    State::Related,
    State::Invalid,
    State::Untracked,
];
