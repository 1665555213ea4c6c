//! One packet, put to a host's rules, with what a person asks next of the rule that decides.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::ask::{AskedLayer, verdict};
use super::near::near_misses;
use crate::answer::Answer;
use crate::flow::Family;
use crate::host::{FrontEnd, HostFacts, HostRules, Passage, Table, Wanted, front_end};
use crate::layer::LayerKind;
use crate::packet::Packet;
use crate::program::{Chain, Rule, Step, Verdict as RuleVerdict, VerdictMap};
use crate::verdict::{Decider, MatchingRule, NearMiss, Verdict};
use std::collections::BTreeSet;

/// The answer of the base chains that see the packet.
pub(super) fn asked_host(rules: &HostRules, packet: &Packet, facts: &HostFacts) -> AskedLayer {
    let passage = rules.judge(packet, facts);
    let verdict = verdict(&passage.answer);
    let (near_misses, front_end) = match &verdict {
        Verdict::Deny { decider } => (
            near(rules, decider, &passage),
            written_by(rules, decider, packet),
        ),
        Verdict::Allow { decider } => (Vec::new(), written_by(rules, decider, packet)),
        Verdict::Unknown { .. } => (Vec::new(), None),
    };
    let continued = passage.answer.continued.iter();
    AskedLayer {
        kind: LayerKind::HostFirewall,
        verdict,
        answer: passage.answer.clone(),
        replies: None,
        near_misses,
        groups: None,
        beside: continued
            .filter(|named| !only_calls(rules, named))
            .cloned()
            .collect(),
        front_end,
        passage: Some(passage),
    }
}

/// What can be said of a host whose rules for this family are not at hand: nothing.
pub(super) fn unlisted(family: Family) -> AskedLayer {
    let tool = match family {
        Family::V4 => "iptables-save",
        Family::V6 => "ip6tables-save",
    };
    AskedLayer {
        kind: LayerKind::HostFirewall,
        verdict: Verdict::Unknown {
            missing: format!(
                "the host's {family} rules: give what `{tool}` or `nft list ruleset` prints"
            ),
        },
        answer: Answer::default(),
        replies: None,
        near_misses: Vec::new(),
        groups: None,
        beside: Vec::new(),
        front_end: None,
        passage: None,
    }
}

/// Rules that come close, in the chains that the packet's base chains of the deciding table lead to.
fn near(rules: &HostRules, decider: &Decider, passage: &Passage) -> Vec<NearMiss> {
    let Some(table) = tables(rules, &decider.set).next() else {
        return Vec::new();
    };
    let stages = passage.stages.iter();
    let mut open: Vec<&str> = stages
        .filter(|stage| stage.table == decider.set)
        .map(|stage| stage.chain.as_str())
        .collect();
    let mut called: BTreeSet<&str> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if called.insert(name) {
            let chain = table.chains.iter().find(|chain| chain.chain.name == name);
            let rules = chain.into_iter().flat_map(|chain| &chain.chain.rules);
            open.extend(rules.flat_map(|rule| &rule.steps).flat_map(calls));
        }
    }
    let chains = table.chains.iter().map(|chain| &chain.chain);
    let chains: Vec<&Chain> = chains
        .filter(|chain| called.contains(chain.name.as_str()))
        .collect();
    let mut misses = near_misses(&chains, &table.sets, &passage.packet);
    for (chain, miss) in &mut misses {
        miss.chain = Some(chain.clone());
    }
    misses.into_iter().map(|(_, miss)| miss).collect()
}

/// The chains that a step names.
fn calls(step: &Step) -> Vec<&str> {
    let target = |verdict| match verdict {
        &RuleVerdict::Jump(ref name) | &RuleVerdict::Goto(ref name) => Some(name.as_str()),
        RuleVerdict::Accept
        | RuleVerdict::Drop
        | RuleVerdict::Reject { .. }
        | RuleVerdict::Return
        | RuleVerdict::Continue => None,
    };
    match step {
        Step::Verdict(verdict) => target(verdict).into_iter().collect(),
        Step::Lookup {
            map: VerdictMap::Inline(entries),
            ..
        } => entries.iter().filter_map(|(_, it)| target(it)).collect(),
        Step::Lookup { .. }
        | Step::Test(_)
        | Step::Translate(_)
        | Step::SetMark { .. }
        | Step::CopyMark { .. }
        | Step::Notrack
        | Step::Opaque { .. } => Vec::new(),
    }
}

/// The program that wrote the deciding rule, and its own words for it.
fn written_by(rules: &HostRules, decider: &Decider, packet: &Packet) -> Option<FrontEnd> {
    let chain = decider.chain.as_deref()?;
    let rule = rule(rules, &decider.set, chain, decider.index?)?;
    let wanted = packet.destination_port.map(|port| Wanted {
        protocol: packet.protocol,
        port,
    });
    front_end(&decider.set, chain, rule, wanted)
}

/// Whether all that a rule does is to have other chains read.
fn only_calls(rules: &HostRules, named: &MatchingRule) -> bool {
    let chain = named.chain.as_deref();
    let rule = chain.and_then(|chain| rule(rules, &named.set, chain, named.index));
    rule.is_some_and(|rule| {
        rule.steps.iter().all(|step| match step {
            Step::Test(_) | Step::Lookup { .. } => true,
            Step::Verdict(verdict) => {
                matches!(verdict, RuleVerdict::Jump(_) | RuleVerdict::Goto(_))
            }
            Step::Translate(_)
            | Step::SetMark { .. }
            | Step::CopyMark { .. }
            | Step::Notrack
            | Step::Opaque { .. } => false,
        }) && rule.steps.iter().any(|step| !calls(step).is_empty())
    })
}

fn rule<'a>(rules: &'a HostRules, set: &str, chain: &str, index: usize) -> Option<&'a Rule> {
    tables(rules, set).find_map(|table| {
        let mut chains = table.chains.iter();
        let chain = chains.find(|own| own.chain.name == chain)?;
        chain.chain.rules.iter().find(|rule| rule.index == index)
    })
}

fn tables<'a>(rules: &'a HostRules, set: &str) -> impl Iterator<Item = &'a Table> {
    rules.tables.iter().filter(move |table| {
        let mut chains = table.chains.iter();
        chains.any(|chain| chain.chain.set == set)
    })
}
