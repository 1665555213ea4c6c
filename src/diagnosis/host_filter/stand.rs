//! What a passage comes to, in the few ways that matter to a diagnosis.

use super::HostFilter;
use rulesets::host::{HostRules, Passage, Stage};
use rulesets::program::{Key, Reason, Rule, Step, Test, Verdict, VerdictMap};
use rulesets::{Decider, Definite, Fate, Outcome, Packet};

/// How a packet stands with the host's rules.
#[derive(Clone, Debug)]
pub(in crate::diagnosis) enum Stand<'p> {
    /// It passes, whatever else is so.
    Passes,
    /// It is stopped, whatever else is so.
    Stopped(Stop<'p>),
    /// It passes until a limit is used up, and is stopped then.
    Limited(Stop<'p>),
    /// It depends on something else.
    Open,
}

/// What stops a packet.
#[derive(Clone, Copy, Debug)]
pub(in crate::diagnosis) struct Stop<'p> {
    /// How, and by which rule.
    pub(in crate::diagnosis) outcome: &'p Outcome,
    /// The base chain it happens in; `None` where no base chain shows it.
    pub(in crate::diagnosis) stage: Option<&'p Stage>,
}

impl Stop<'_> {
    /// Whether the sender is told.
    pub(in crate::diagnosis) fn rejects(&self) -> bool {
        matches!(self.outcome.fate, Fate::Reject { .. })
    }
}

/// How the packet of this passage stands. Where it may be stopped in several ways, `told` says whether
/// the sender was seen to be told.
pub(in crate::diagnosis) fn stand(passage: &Passage, told: Option<bool>) -> Stand<'_> {
    let outcomes = &passage.answer.outcomes;
    let rejects = |outcome: &Outcome| matches!(outcome.fate, Fate::Reject { .. });
    let stop = outcomes
        .iter()
        .filter(|outcome| rejects(outcome) || outcome.fate == Fate::Drop)
        .min_by_key(|outcome| {
            let unlike = told.is_some_and(|told| told != rejects(outcome));
            (unlike, outcome.conditions.len())
        })
        .map(|outcome| Stop {
            outcome,
            stage: stage(passage, outcome),
        });
    match (passage.answer.definite(), stop) {
        (Some(Definite::Passes), _) => Stand::Passes,
        (Some(Definite::Stopped), Some(stop)) => Stand::Stopped(stop),
        (None, Some(stop)) if only_limits(outcomes) => Stand::Limited(stop),
        (None | Some(Definite::Stopped), _) => Stand::Open,
    }
}

/// Whether the rule that stops a packet does so for its source: it tests the source itself, or stands
/// in a chain that is called for this source only, and some other source would pass.
pub(in crate::diagnosis) fn ban(filter: &HostFilter<'_>, packet: &Packet, stop: Stop<'_>) -> bool {
    let rules = &filter.rules;
    let Some(rule) = rule_of(rules, &stop.outcome.decider) else {
        return false;
    };
    if !(picks_source(rule) || called_for_source(rules, &stop.outcome.decider)) {
        return false;
    }
    let anyone = Packet {
        source: None,
        source_mac: None,
        ..packet.clone()
    };
    let passage = rules.judge(&anyone, &filter.facts(packet.family));
    passage.answer.outcomes.iter().any(|outcome| {
        outcome.fate == Fate::Accept
            && outcome.conditions.iter().all(|condition| {
                matches!(
                    condition.reason,
                    Reason::Unspecified | Reason::RateLimit | Reason::History
                )
            })
    })
}

/// The rule that a decider names; `None` for a policy.
pub(in crate::diagnosis) fn rule_of<'r>(
    rules: &'r HostRules,
    decider: &Decider,
) -> Option<&'r Rule> {
    let index = decider.index?;
    let text = decider.rule.as_ref()?;
    let chain = decider.chain.as_ref()?;
    rules
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .filter(|it| it.chain.set == decider.set && it.chain.name == *chain)
        .filter_map(|it| it.chain.rules.iter().find(|rule| rule.index == index))
        .find(|rule| rule.text == *text && rule.handle == decider.handle)
}

fn only_limits(outcomes: &[Outcome]) -> bool {
    outcomes.iter().all(|outcome| outcome.fate != Fate::Unclear)
        && outcomes
            .iter()
            .flat_map(|outcome| &outcome.conditions)
            .all(|condition| matches!(condition.reason, Reason::RateLimit | Reason::History))
}

/// The base chain that ends a packet so.
fn stage<'p>(passage: &'p Passage, outcome: &Outcome) -> Option<&'p Stage> {
    let same = |it: &Outcome| it.decider == outcome.decider && it.fate == outcome.fate;
    passage
        .stages
        .iter()
        .find(|stage| stage.answer.outcomes.iter().any(same))
}

/// Whether a rule singles out sources: it tests that the source is this one, or one of these.
fn picks_source(rule: &Rule) -> bool {
    rule.steps.iter().any(|step| match step {
        Step::Test(test) => tests_source(test),
        Step::Lookup {
            key,
            map: VerdictMap::Inline(_) | VerdictMap::Named(_),
        } => key.iter().copied().any(is_source),
        Step::Verdict(_)
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => false,
    })
}

fn tests_source(test: &Test) -> bool {
    match test {
        Test::In { key, negated, .. } => !negated && key.iter().copied().any(is_source),
        Test::Masked { key, negated, .. } => !negated && is_source(*key),
        Test::AnyOf(lists) => lists.iter().all(|tests| tests.iter().any(tests_source)),
        Test::Undecided { .. } => false,
    }
}

fn is_source(key: Key) -> bool {
    matches!(key, Key::Source(_) | Key::SourceMac)
}

/// Whether every rule that calls the decider's chain singles out sources.
fn called_for_source(rules: &HostRules, decider: &Decider) -> bool {
    let Some(name) = &decider.chain else {
        return false;
    };
    let mut callers = rules
        .tables
        .iter()
        .flat_map(|table| &table.chains)
        .filter(|it| it.chain.set == decider.set)
        .flat_map(|it| &it.chain.rules)
        .filter(|rule| rule.steps.iter().any(|step| calls(step, name)))
        .peekable();
    callers.peek().is_some() && callers.all(picks_source)
}

fn calls(step: &Step, name: &str) -> bool {
    let leads = |verdict: &Verdict| match verdict {
        Verdict::Jump(chain) | Verdict::Goto(chain) => chain == name,
        Verdict::Accept
        | Verdict::Drop
        | Verdict::Reject { .. }
        | Verdict::Return
        | Verdict::Continue => false,
    };
    match step {
        Step::Verdict(verdict) => leads(verdict),
        Step::Lookup {
            map: VerdictMap::Inline(entries),
            ..
        } => entries.iter().any(|(_, verdict)| leads(verdict)),
        Step::Lookup {
            map: VerdictMap::Named(_),
            ..
        }
        | Step::Test(_)
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => false,
    }
}
