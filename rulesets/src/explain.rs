//! First match decides, in three values.
//!
//! A rule that cannot be decided is taken on its own: it may match or not, whatever the others do. A
//! verdict is definite only when both ways lead to the same action for every undecided rule in front
//! of the one that decides.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::{Direction, Flow};
use crate::matching::{Comparison, Match, Missing};
use crate::near::{denial, near_misses};
use crate::rule::{Action, Peer, Rule, Service};
use crate::security_group::SecurityGroups;
use crate::tencent;
use crate::text::shown;
use crate::verdict::{Decider, Explanation, MatchingRule, Verdict};
use std::mem::discriminant;

impl SecurityGroups {
    /// What these groups do to a flow, which rule decides, and what came close.
    pub fn explain(&self, flow: &Flow) -> Explanation {
        let strict = walk(self, flow, Order::Strict);
        let verdict = verdict(self, flow, &strict);
        let older = self.verdict_without_trailing_deny(flow);
        let differs = older.filter(|older| discriminant(older) != discriminant(&verdict));
        let near_misses = match verdict {
            Verdict::Allow { .. } => Vec::new(),
            Verdict::Deny { .. } | Verdict::Unknown { .. } => near_misses(self, flow),
        };
        Explanation {
            denial: match verdict {
                Verdict::Deny { .. } => Some(denial(self, flow, &strict)),
                Verdict::Allow { .. } | Verdict::Unknown { .. } => None,
            },
            verdict,
            without_trailing_deny: differs,
            near_misses,
        }
    }

    /// Every rule that certainly matches the flow, in the order they are read: the first one decides
    /// unless an undecided rule stands in front of it, the others are shadowed.
    pub fn matching(&self, flow: &Flow) -> Vec<MatchingRule> {
        steps(self, flow, Order::Strict)
            .filter(|step| step.missing.is_none())
            .map(|step| MatchingRule {
                set: self.groups[step.group].id.clone(),
                chain: None,
                handle: None,
                index: step.index,
                rule: step.rule.text.clone(),
                allows: step.rule.action == Action::Accept,
            })
            .collect()
    }

    /// The verdict when a trailing "deny everything" counts only in the last group; `None` with fewer
    /// than two groups, where it cannot matter.
    pub(crate) fn verdict_without_trailing_deny(&self, flow: &Flow) -> Option<Verdict> {
        let several = self.groups.len() > 1;
        several.then(|| verdict(self, flow, &walk(self, flow, Order::WithoutTrailingDeny)))
    }
}

/// Which rules are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    /// All of them.
    Strict,
    /// All but the trailing "deny everything" of every group but the last.
    WithoutTrailingDeny,
}

/// The rules that matter to one flow: those that may match, up to the first that certainly does.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) reached: Vec<Step<'a>>,
}

/// A rule that matches, or may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) group: usize,
    pub(crate) index: usize,
    pub(crate) rule: &'a Rule,
    /// What would settle whether it matches; `None` when it does.
    pub(crate) missing: Option<Missing<'a>>,
}

impl<'a> Walk<'a> {
    /// The first rule that certainly matches; `None` when only the implicit reject is left.
    pub(crate) fn decider(&self) -> Option<&Step<'a>> {
        self.reached.last().filter(|step| step.missing.is_none())
    }
}

/// Reads the rules in order up to the first that certainly matches.
pub(crate) fn walk<'a>(groups: &'a SecurityGroups, flow: &Flow, order: Order) -> Walk<'a> {
    let mut reached = Vec::new();
    for step in steps(groups, flow, order) {
        reached.push(step);
        if step.missing.is_none() {
            break;
        }
    }
    Walk { reached }
}

/// Every rule that matches or may, in the order they are read.
fn steps<'a>(
    groups: &'a SecurityGroups,
    flow: &Flow,
    order: Order,
) -> impl Iterator<Item = Step<'a>> {
    let last = groups.groups.len().saturating_sub(1);
    let bound = groups.groups.iter().enumerate();
    bound.flat_map(move |(group, bound)| {
        let rules = bound.rules(flow.direction);
        let trailing = match order {
            Order::WithoutTrailingDeny if group < last => trailing_denies(rules),
            Order::Strict | Order::WithoutTrailingDeny => 0,
        };
        let read = rules[..rules.len() - trailing].iter().enumerate();
        let flow = *flow;
        read.filter_map(move |(index, rule)| {
            let missing = match Comparison::new(rule, &flow).overall() {
                Match::No => return None,
                Match::Yes => None,
                Match::Unknown(missing) => Some(missing),
            };
            Some(Step {
                group,
                index,
                rule,
                missing,
            })
        })
    })
}

/// How many rules at the end of a list deny everything: the last, or the last two when they are the
/// IPv4 and the IPv6 half.
pub(crate) fn trailing_denies(rules: &[Rule]) -> usize {
    let everything = |rule: &Rule| {
        let Peer::Net(net) = rule.peer else {
            return None;
        };
        let whole = net.prefix_len() == 0 && rule.service == Service::All;
        (whole && rule.action == Action::Drop).then_some(net.addr())
    };
    let mut ends = rules.iter().rev().map(everything);
    match (ends.next().flatten(), ends.next().flatten()) {
        (None, _) => 0,
        (Some(last), Some(other)) if last.is_ipv4() != other.is_ipv4() => 2,
        (Some(_), _) => 1,
    }
}

fn verdict(groups: &SecurityGroups, flow: &Flow, walk: &Walk<'_>) -> Verdict {
    let Some(last) = groups.groups.last() else {
        return Verdict::Unknown {
            missing: "the rules of the bound security groups".to_owned(),
        };
    };
    let decider = walk.decider();
    let action = decider.map_or(Action::Drop, |step| step.rule.action);
    if walk.reached.iter().any(|step| step.rule.action != action) {
        return Verdict::Unknown {
            missing: missing(groups, flow.direction, walk),
        };
    }
    let decider = Decider {
        layer: LAYER.to_owned(),
        set: decider
            .map_or(&last.id, |step| &groups.groups[step.group].id)
            .clone(),
        chain: None,
        handle: None,
        index: decider.map(|step| step.index),
        rule: decider.map(|step| step.rule.text.clone()),
        default: decider.is_none(),
        fallback: decider.is_none().then(|| FALLBACK.to_owned()),
    };
    match action {
        Action::Accept => Verdict::Allow { decider },
        Action::Drop => Verdict::Deny { decider },
    }
}

/// What to supply, for the first few undecided rules, each thing once.
fn missing(groups: &SecurityGroups, direction: Direction, walk: &Walk<'_>) -> String {
    let mut named: Vec<Missing<'_>> = Vec::new();
    let mut items = Vec::new();
    for step in &walk.reached {
        let Some(missing) = step.missing.filter(|missing| !named.contains(missing)) else {
            continue;
        };
        named.push(missing);
        items.push(format!(
            "{} ({} {direction} rule {} `{}`){}",
            what(missing, direction),
            shown(&groups.groups[step.group].id, 60),
            step.index,
            shown(&step.rule.text, 160),
            how(missing, direction),
        ));
        if items.len() == MISSING_NAMED {
            break;
        }
    }
    items.join("; ")
}

/// What is missing, in words.
pub(crate) fn what(missing: Missing<'_>, direction: Direction) -> String {
    match (missing, direction) {
        (Missing::PeerAddress, Direction::Inbound) => {
            "the client's address as the target sees it".to_owned()
        }
        (Missing::PeerAddress, Direction::Outbound) => "the far end's address".to_owned(),
        (Missing::Port, _) => "the port".to_owned(),
        (Missing::GroupMembers(id), _) => format!("members of group `{}`", shown(id, 60)),
        (Missing::AddressTemplate(id), _) => {
            format!("members of address template `{}`", shown(id, 60))
        }
        (Missing::ServiceTemplate(id), _) => {
            format!("members of service template `{}`", shown(id, 60))
        }
        (Missing::NamedPeer, Direction::Inbound) => "the source the rule leaves out".to_owned(),
        (Missing::NamedPeer, Direction::Outbound) => {
            "the destination the rule leaves out".to_owned()
        }
        (Missing::AllOverIpv6, _) => "whether ALL means IPv6 too".to_owned(),
        (Missing::MemberOverIpv6(id), _) => format!(
            "whether group `{}` means IPv6 addresses of its members too",
            shown(id, 60)
        ),
    }
}

/// How to supply it, to stand behind [`what`].
pub(crate) fn how(missing: Missing<'_>, direction: Direction) -> String {
    match (missing, direction) {
        (Missing::PeerAddress, Direction::Inbound) => ": give --from IP".to_owned(),
        (Missing::PeerAddress, Direction::Outbound) => ": give --destination IP".to_owned(),
        (Missing::Port, _) => ": give --port N".to_owned(),
        (Missing::GroupMembers(id), _) => format!(": run `{}`", tencent::group_members(id)),
        (Missing::AddressTemplate(id), _) => {
            format!(": run `{}`", tencent::address_template_members(id))
        }
        (Missing::ServiceTemplate(id), _) => {
            format!(": run `{}`", tencent::service_template_members(id))
        }
        (Missing::NamedPeer | Missing::AllOverIpv6 | Missing::MemberOverIpv6(_), _) => {
            ": write the address block into the rule".to_owned()
        }
    }
}

/// How reports call the end of the last group.
pub(crate) const FALLBACK: &str = "implicit reject";

const LAYER: &str = "security_group";

/// How many missing things a verdict names; more would not be read.
const MISSING_NAMED: usize = 3;
