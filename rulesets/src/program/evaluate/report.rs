//! The ways a packet may end, as an answer.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::feasible::feasible;
use super::literal::{At, Literal};
use super::paths::bounded;
use super::summary::End;
use crate::answer::{Answer, Fate, Outcome};
use crate::program::{Chain, Verdict};
use crate::verdict::Decider;
use std::collections::BTreeSet;

/// A way to end, with what decides it.
#[derive(Clone, Debug)]
pub(crate) struct Way<'a> {
    pub(crate) end: End<'a>,
    pub(crate) by: By<'a>,
    pub(crate) literals: Vec<Literal<'a>>,
}

/// What decides.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Rule(At<'a>),
    /// The policy of a base chain.
    Policy(&'a Chain, &'a Verdict),
    /// The default of a set, and what it is called.
    Default(&'a str, &'a str),
}

/// How rules are named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    pub(crate) layer: &'static str,
    /// True when sets have several chains.
    pub(crate) chains: bool,
}

/// The answer; ways that contradict themselves are left out, those of one decider are put together.
pub(crate) fn report<'a>(
    ways: impl IntoIterator<Item = Way<'a>>,
    continued: &[At<'a>],
    unlisted: usize,
    names: Names,
) -> Answer {
    let mut kept: Vec<Way<'a>> = Vec::new();
    for way in ways {
        if !feasible(&way.literals) {
            continue;
        }
        let same =
            |known: &&mut Way<'a>| fate(known.end) == fate(way.end) && known.by.same(&way.by);
        match kept.iter_mut().find(same) {
            Some(known) => known.literals = common(&known.literals, &way.literals),
            None => kept.push(way),
        }
    }
    let outcomes = kept.into_iter().map(|way| Outcome {
        fate: fate(way.end),
        decider: way.by.decider(names),
        conditions: bounded(way.literals, CONDITIONS_TOLD)
            .iter()
            .map(|literal| literal.condition(names.chains))
            .collect(),
    });
    Answer {
        outcomes: outcomes.collect(),
        continued: continued
            .iter()
            .map(|at| at.matching(names.chains))
            .collect(),
        unlisted,
    }
}

/// The conditions of both.
pub(crate) fn common<'a>(a: &[Literal<'a>], b: &[Literal<'a>]) -> Vec<Literal<'a>> {
    let others: BTreeSet<_> = b.iter().map(Literal::id).collect();
    let shared = a.iter().filter(|literal| others.contains(&literal.id()));
    shared.copied().collect()
}

impl By<'_> {
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rule(a), Self::Rule(b)) => a.same(b),
            (Self::Policy(a, _), Self::Policy(b, _)) => std::ptr::eq(*a, *b),
            (Self::Default(a, a_text), Self::Default(b, b_text)) => (a, a_text) == (b, b_text),
            (Self::Rule(_) | Self::Policy(..) | Self::Default(..), _) => false,
        }
    }

    /// The decider as reports name it.
    pub(crate) fn decider(&self, names: Names) -> Decider {
        let (set, chain, rule, default) = match self {
            Self::Rule(at) => (at.chain.set.as_str(), Some(at.chain), at.rule, None),
            Self::Policy(chain, policy) => {
                let policy = match policy {
                    Verdict::Accept => "policy accept",
                    Verdict::Drop => "policy drop",
                    Verdict::Reject { .. }
                    | Verdict::Return
                    | Verdict::Continue
                    | Verdict::Jump(_)
                    | Verdict::Goto(_) => "policy",
                };
                (chain.set.as_str(), Some(*chain), None, Some(policy))
            }
            Self::Default(set, text) => (*set, None, None, Some(*text)),
        };
        let text = rule.map(|rule| rule.text.clone());
        Decider {
            layer: names.layer.to_owned(),
            set: set.to_owned(),
            chain: chain
                .filter(|_| names.chains)
                .map(|chain| chain.name.clone()),
            handle: rule.and_then(|rule| rule.handle),
            index: rule.map(|rule| rule.index),
            rule: text,
            default: rule.is_none(),
            fallback: default.map(str::to_owned),
        }
    }
}

fn fate(end: End<'_>) -> Fate {
    match end {
        End::Accept | End::Translated(_) => Fate::Accept,
        End::Drop => Fate::Drop,
        End::Reject(with) => Fate::Reject {
            with: with.to_owned(),
        },
        End::Unclear => Fate::Unclear,
    }
}

/// How many conditions of one outcome are told.
const CONDITIONS_TOLD: usize = 16;
