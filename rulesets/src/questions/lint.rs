//! What is wrong with a list of rules: rules that decide nothing, rules that could go, rules that
//! contend, and rules that open what should stay shut.
//!
//! A rule is judged within its own list, with every packet of its family: that a rule decides nothing
//! there holds for every way the list may be reached. What is undecided is taken to hide no other rule,
//! so that no rule is called dead that might be alive, and a rule beside it is not called redundant.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::flows::flow_sets;
use super::{ALLOW, FlowSet};
use crate::flow::{Direction, Family, Protocol};
use crate::ports::{blocked_ports, private_ports};
use crate::space::{
    Budget, ConflictKind, Cube, Entry, Field, Life, List, Point, Removal, Span, conflicts, lint,
    region_by_rule,
};
use crate::verdict::MatchingRule;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A list to examine: the rules of one set, or one chain, for one family and direction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// The name that findings give it, such as `sg-1 inbound`.
    pub name: String,
    /// The family of its packets.
    pub family: Family,
    /// Seen from the instance; `None` for a chain that no direction can be told of.
    pub direction: Option<Direction>,
    /// The rules that are certain; labels tell actions apart.
    pub list: List,
    /// What certainly passes.
    pub must: List,
    /// What rules match that cannot be decided: nothing is said of rules that share packets with it.
    pub doubtful: Vec<Cube>,
    /// The rules by their number in the list.
    pub rules: Vec<MatchingRule>,
    /// Numbers of rules that cannot be decided, each with what is missing.
    pub undecided: Vec<(u32, String)>,
}

/// Something wrong with a rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of fault, by its id.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// The list it is in.
    pub list: String,
    /// The rule; `None` where the list as a whole is at fault.
    pub rule: Option<MatchingRule>,
    /// The fault in one sentence.
    pub message: String,
    /// The rules that cover it, contend with it, or come to the same.
    pub related: Vec<MatchingRule>,
    /// A packet that shows it, in words.
    pub witness: Option<String>,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// Earlier rules decide every packet of the rule.
    DeadRule,
    /// An allow that a refusal of everything stands above.
    AllowBelowReject,
    /// The rule could be removed and nothing would change.
    RedundantRule,
    /// An allow and a refusal share packets, each has others of its own, and their order decides.
    Conflict,
    /// A port for logging in, or one with no protection of its own, is open to every address.
    OpenToWorld,
    /// An opened port is on the list of ports that networks block.
    BlockedPortOpened,
    /// The rule is for an address family that the instance lacks.
    FamilyAbsent,
    /// A refusal of everything ends a group, and another group comes after it.
    TrailingDeny,
    /// The rule cannot be decided.
    Undecided,
    /// Finding out would have taken too many steps.
    NotDetermined,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not do what its author meant, or exposes the instance.
    Warning,
    /// Worth knowing.
    Note,
}

impl Code {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::DeadRule,
        Self::AllowBelowReject,
        Self::RedundantRule,
        Self::Conflict,
        Self::OpenToWorld,
        Self::BlockedPortOpened,
        Self::FamilyAbsent,
        Self::TrailingDeny,
        Self::Undecided,
        Self::NotDetermined,
    ];

    /// The id, as reports write it.
    pub fn id(self) -> &'static str {
        match self {
            Self::DeadRule => "dead-rule",
            Self::AllowBelowReject => "allow-below-reject",
            Self::RedundantRule => "redundant-rule",
            Self::Conflict => "conflict",
            Self::OpenToWorld => "open-to-world",
            Self::BlockedPortOpened => "blocked-port-opened",
            Self::FamilyAbsent => "family-absent",
            Self::TrailingDeny => "trailing-deny",
            Self::Undecided => "undecided",
            Self::NotDetermined => "not-determined",
        }
    }

    /// What the kind means, in one sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::DeadRule => {
                "Earlier rules decide every packet of the rule, so that it does nothing."
            }
            Self::AllowBelowReject => {
                "The rule allows something below a rule that refuses everything, so that it does nothing."
            }
            Self::RedundantRule => "Without the rule every packet would fare the same.",
            Self::Conflict => {
                "An allow and a refusal share packets, and each has others, so that their order decides."
            }
            Self::OpenToWorld => {
                "A port for logging in, or for a service without protection of its own, is open to every \
                 address."
            }
            Self::BlockedPortOpened => {
                "The rule opens a port that networks are known to block, so that it may not be reachable \
                 all the same."
            }
            Self::FamilyAbsent => "The rule is for an address family that the instance lacks.",
            Self::TrailingDeny => {
                "A rule that refuses everything ends a group, so that groups of lower priority do nothing."
            }
            Self::Undecided => "What the rule matches cannot be told from the documents given.",
            Self::NotDetermined => {
                "The rules are too entangled to be examined within the steps allowed."
            }
        }
    }
}

/// The faults of a list, in the order of its rules.
pub fn lint_list(subject: &Subject, budget: &Budget) -> Vec<Finding> {
    let mut findings = Vec::new();
    let examined = lint(&subject.list, &whole(subject.family), budget);
    let mut live = vec![true; subject.rules.len()];
    for rule in &examined.rules {
        if matches!(rule.life, Life::Dead(_))
            && let Some(live) = live.get_mut(rule.rule as usize)
        {
            *live = false;
        }
        findings.extend(subject.life(rule.rule, &rule.life));
        let settled = !matches!(rule.life, Life::Dead(_) | Life::Outside);
        if settled && !subject.is_doubtful(rule.rule) {
            findings.extend(subject.removal(rule.rule, &rule.removal));
        }
    }
    findings.extend(subject.conflicts(&live, budget));
    if subject.direction == Some(Direction::Inbound) {
        findings.extend(subject.exposed(budget));
    }
    for (rule, missing) in &subject.undecided {
        findings.push(subject.finding(
            Code::Undecided,
            *rule,
            format!("cannot be decided: {missing}"),
        ));
    }
    findings
}

impl Subject {
    fn named(&self, rule: u32) -> Option<&MatchingRule> {
        self.rules.get(usize::try_from(rule).ok()?)
    }

    /// Whether what a rule matches shares packets with what cannot be decided.
    fn is_doubtful(&self, rule: u32) -> bool {
        let mut own = self.list.entries.iter().filter(|entry| entry.rule == rule);
        own.any(|entry| {
            let mut doubtful = self.doubtful.iter();
            doubtful.any(|cube| cube.intersect(&entry.cube).is_some())
        })
    }

    fn finding(&self, code: Code, rule: u32, message: String) -> Finding {
        Finding {
            code,
            severity: match code {
                Code::DeadRule
                | Code::AllowBelowReject
                | Code::OpenToWorld
                | Code::TrailingDeny => Severity::Warning,
                Code::RedundantRule
                | Code::Conflict
                | Code::BlockedPortOpened
                | Code::FamilyAbsent
                | Code::Undecided
                | Code::NotDetermined => Severity::Note,
            },
            list: self.name.clone(),
            rule: self.named(rule).cloned(),
            message,
            related: Vec::new(),
            witness: None,
        }
    }

    fn life(&self, rule: u32, life: &Life) -> Option<Finding> {
        let cover = match life {
            Life::Live(_) | Life::Outside => return None,
            Life::NotDetermined => {
                let message = "whether it decides anything was not determined".to_owned();
                return Some(self.finding(Code::NotDetermined, rule, message));
            }
            Life::Dead(cover) => cover,
        };
        let allows = self.named(rule).is_some_and(|rule| rule.allows);
        let refusing = cover.rules.iter().find(|other| self.refuses_all(**other));
        let (code, message) = match refusing {
            Some(_) if allows => (
                Code::AllowBelowReject,
                "never reached: a rule above refuses everything".to_owned(),
            ),
            _ if cover.other_label.is_some() => (
                Code::DeadRule,
                "decides nothing: rules above take all its packets, and do otherwise".to_owned(),
            ),
            _ => (
                Code::DeadRule,
                "decides nothing: rules above take all its packets, to the same end".to_owned(),
            ),
        };
        let mut finding = self.finding(code, rule, message);
        finding.related = self.all_named(&cover.rules);
        Some(finding)
    }

    fn removal(&self, rule: u32, removal: &Removal) -> Option<Finding> {
        match removal {
            Removal::Redundant => {
                let message = "could be removed: every packet would fare the same".to_owned();
                Some(self.finding(Code::RedundantRule, rule, message))
            }
            Removal::NotDetermined => {
                let message = "whether it could be removed was not determined".to_owned();
                Some(self.finding(Code::NotDetermined, rule, message))
            }
            Removal::Needed { .. } => None,
        }
    }

    fn conflicts(&self, live: &[bool], budget: &Budget) -> Vec<Finding> {
        let found = conflicts(&self.list, &whole(self.family), budget, CONFLICTS);
        let alive = |rule: u32| live.get(rule as usize).copied().unwrap_or(true);
        let contending = found.found.iter().filter(|it| {
            it.kind == ConflictKind::Correlation
                && alive(it.first)
                && alive(it.second)
                && self.allows(it.first) != self.allows(it.second)
                && !self.is_exception(it.first)
        });
        let findings = contending.map(|conflict| {
            let message = "shares packets with a rule above that does otherwise; the order decides";
            let mut finding = self.finding(Code::Conflict, conflict.second, message.to_owned());
            finding.related = self.all_named(&[conflict.first]);
            finding.witness = Some(packet_words(&conflict.witness, self.family));
            finding
        });
        findings.collect()
    }

    /// Whether a rule lets packets pass.
    fn allows(&self, rule: u32) -> bool {
        let mut own = self.list.entries.iter().filter(|it| it.rule == rule);
        own.any(|entry| entry.label == ALLOW)
    }

    /// Whether a rule does what becomes of every packet in the end, so that all it achieves is to be an
    /// exception to rules below it: a ban above what is opened, say, where the rest is refused too.
    fn is_exception(&self, rule: u32) -> bool {
        let whole = whole(self.family);
        let mut entries = self.list.entries.iter();
        let last = entries.find(|entry| entry.cube.covers(&whole));
        let end = last.map_or(self.list.default, |entry| entry.label);
        self.allows(rule) == (end == ALLOW)
    }

    /// Whether a rule takes every packet and stops it.
    fn refuses_all(&self, rule: u32) -> bool {
        let whole = whole(self.family);
        let mut entries = self.list.entries.iter().filter(|entry| entry.rule == rule);
        entries.any(|entry| entry.label != ALLOW && entry.cube.covers(&whole))
    }

    fn all_named(&self, rules: &[u32]) -> Vec<MatchingRule> {
        let rules = rules.iter().take(RELATED);
        rules
            .filter_map(|rule| self.named(*rule).cloned())
            .collect()
    }

    /// Ports that are open to every address and should not be, and opened ports that networks block.
    fn exposed(&self, budget: &Budget) -> Vec<Finding> {
        let mut world: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for port in private_ports() {
            for rule in self.openers(port.protocol, port.port, budget, |entry| self.world(entry)) {
                let words = format!("{} {} ({})", port.protocol, port.port, port.name);
                world.entry(rule).or_default().push(words);
            }
        }
        let mut blocked: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for port in blocked_ports() {
            for number in port.ports.0.first..=port.ports.0.last {
                for rule in self.openers(port.protocol, number, budget, narrow) {
                    let words = format!("{} {number}", port.protocol);
                    blocked.entry(rule).or_default().push(words);
                }
            }
        }
        let open = world.into_iter().map(|(rule, ports)| {
            let message = format!("open to every address: {}", ports.join(", "));
            self.finding(Code::OpenToWorld, rule, message)
        });
        let listed = blocked.into_iter().map(|(rule, ports)| {
            let message = format!("opens ports that networks block: {}", ports.join(", "));
            self.finding(Code::BlockedPortOpened, rule, message)
        });
        open.chain(listed).collect()
    }

    /// The rules with such an entry that let packets to a port pass.
    fn openers(
        &self,
        protocol: Protocol,
        port: u16,
        budget: &Budget,
        such: impl Fn(&Entry) -> bool,
    ) -> BTreeSet<u32> {
        let service = whole(self.family)
            .with(Field::Protocol, Span::one(u128::from(protocol.number())))
            .with(Field::B, Span::one(u128::from(port)));
        let entries = self.must.entries.iter();
        let candidates: BTreeSet<u32> = entries
            .filter(|entry| entry.label == ALLOW && such(entry))
            .filter(|entry| entry.cube.intersect(&service).is_some())
            .map(|entry| entry.rule)
            .collect();
        if candidates.is_empty() {
            return candidates;
        }
        // What is not determined is no finding.
        let decided = region_by_rule(&self.must, &service, ALLOW, budget).unwrap_or_default();
        let deciders = decided.iter().filter_map(|part| part.decision.rule);
        deciders.filter(|rule| candidates.contains(rule)).collect()
    }

    /// Whether an entry holds half of all addresses or more.
    fn world(&self, entry: &Entry) -> bool {
        let all = whole(self.family).span(Field::Source).last();
        let source = entry.cube.span(Field::Source);
        source.last() - source.first() >= all / 2
    }
}

/// Whether an entry was written for a few ports.
fn narrow(entry: &Entry) -> bool {
    entry.cube.span(Field::B).count() <= NARROW
}

/// Every packet of a family.
pub fn whole(family: Family) -> Cube {
    match family {
        Family::V4 => Cube::V4,
        Family::V6 => Cube::ALL,
    }
}

/// A packet in words, by what rules are commonly about.
pub fn packet_words(point: &Point, family: Family) -> String {
    let mut cube = whole(family);
    for field in [Field::Source, Field::Protocol, Field::B] {
        cube = cube.with(field, Span::one(point.get(field)));
    }
    flow_sets(&[cube], family)
        .first()
        .map_or_else(String::new, FlowSet::to_string)
}

/// How many conflicts are listed for one list.
const CONFLICTS: usize = 1000;
/// How many rules stand beside a finding.
const RELATED: usize = 8;
/// Ranges of more ports than this were not written for a port on the list.
const NARROW: u128 = 256;
