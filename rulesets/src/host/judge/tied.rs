//! Which of the older iptables and nftables the kernel calls first at one priority, where that counts.
//!
//! It is the one that was made last, which no listing tells. Between filters it makes no difference to
//! a packet's end, since both have to let it pass. But the first translation of a hook is the only one,
//! and what one chain does to the mark or to tracking the next one sees. Then every order is tried, and
//! what they do not agree on is told with the order it needs.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::order::{Called, Ranks, key, rank_above, ranks};
use super::passage::{Passage, Stage};
use super::run::NAMES;
use super::touch::Touch;
use crate::answer::{Answer, Condition, Fate, Outcome};
use crate::host::{Backend, Base};
use crate::program::Reason;
use crate::program::evaluate::By;
use crate::verdict::MatchingRule;

/// An order of the tables that the listings allow.
struct Order {
    ranks: Ranks,
    /// What has to be so for it.
    conditions: Vec<Condition>,
}

/// Every order that may make a difference, that of the listings first; and whether there are more than
/// are tried.
fn orders(tables: &[Called<'_>]) -> (Vec<Order>, bool) {
    let mut orders = vec![Order {
        ranks: ranks(tables),
        conditions: Vec::new(),
    }];
    for (older, called) in tables.iter().enumerate() {
        if called.table.backend != Backend::Legacy {
            continue;
        }
        let mut rivals: Vec<usize> = (0..tables.len())
            .filter(|other| ties(called, &tables[*other]))
            .collect();
        rivals.reverse();
        if rivals.is_empty() {
            continue;
        }
        if orders.len() * (rivals.len() + 1) > ORDERS_TRIED {
            return (orders, true);
        }
        let places = (0..=rivals.len()).rev();
        let placed = places.flat_map(|place| {
            let rivals = &rivals;
            orders
                .iter()
                .map(move |order| order.with(tables, older, rivals, place))
        });
        orders = placed.collect();
    }
    (orders, false)
}

impl Order {
    /// The same with an older table called after so many of its rivals.
    fn with(&self, tables: &[Called<'_>], older: usize, rivals: &[usize], place: usize) -> Self {
        let mut ranks = self.ranks.clone();
        let next = rivals.get(place);
        ranks[older] = next.map_or(0, |next| rank_above(*next));
        let before = place.checked_sub(1).map(|before| (rivals[before], false));
        let told = before.into_iter().chain(next.map(|next| (*next, true)));
        let told = told.map(|(rival, holds)| condition(&tables[older], &tables[rival], holds));
        Self {
            ranks,
            conditions: self.conditions.iter().cloned().chain(told).collect(),
        }
    }
}

/// The ranks of every order that may make a difference; `None` where there are more than are tried.
pub(super) fn every_order(tables: &[Called<'_>]) -> Option<Vec<Ranks>> {
    let (orders, more) = orders(tables);
    let ranks = orders.into_iter().map(|order| order.ranks);
    (!more).then(|| ranks.collect())
}

/// The account of a packet's way, whatever order its tables are called in.
pub(super) fn judged(tables: &[Called<'_>], passage: impl Fn(&[usize]) -> Passage) -> Passage {
    let (orders, more) = orders(tables);
    let mut runs = orders.into_iter().map(|order| {
        let passage = passage(&order.ranks);
        (order, passage)
    });
    match runs.next() {
        Some(first) => merged(first, &runs.collect::<Vec<_>>(), more),
        None => passage(&ranks(tables)),
    }
}

fn merged(first: (Order, Passage), rest: &[(Order, Passage)], more: bool) -> Passage {
    let all = 1 + rest.len();
    let (order, mut merged) = first;
    if rest.iter().any(|(_, passage)| *passage != merged) {
        let mut answer = Union::of(&order, &merged.answer);
        let mut also = Union::of_outcomes(&order, &merged.also_stopped_by);
        let mut stages: Vec<(Stage, Union)> = Vec::new();
        add_stages(&mut stages, &order, &merged);
        for translated in &mut merged.translations {
            translated.conditions.extend_from_slice(&order.conditions);
        }
        for (order, passage) in rest {
            answer.add(order, &passage.answer);
            also.add_outcomes(order, &passage.also_stopped_by);
            add_stages(&mut stages, order, passage);
            for translated in &passage.translations {
                let mut translated = translated.clone();
                translated.conditions.extend_from_slice(&order.conditions);
                merged.translations.push(translated);
            }
        }
        merged.answer = answer.told(all);
        merged.also_stopped_by = also.told(all).outcomes;
        merged.stages = stages
            .into_iter()
            .map(|(stage, answer)| Stage {
                answer: answer.told(all),
                ..stage
            })
            .collect();
    }
    if more {
        merged.answer.outcomes.push(Outcome {
            fate: Fate::Unclear,
            decider: By::Default("netfilter", "order of base chains").decider(NAMES),
            conditions: Vec::new(),
        });
    }
    merged
}

/// Adds the base chains of one order to those of others, each behind the one it came behind.
fn add_stages(stages: &mut Vec<(Stage, Union)>, order: &Order, passage: &Passage) {
    let mut behind = 0;
    for stage in &passage.stages {
        let same = |(known, _): &(Stage, Union)| {
            (known.backend, known.hook, &known.table, &known.chain)
                == (stage.backend, stage.hook, &stage.table, &stage.chain)
        };
        if let Some(place) = stages.iter().position(same) {
            let (known, answer) = &mut stages[place];
            known.reached |= stage.reached;
            known.met = known
                .met
                .take()
                .filter(|met| Some(met) == stage.met.as_ref());
            answer.add(order, &stage.answer);
            behind = behind.max(place + 1);
        } else {
            let answer = Union::of(order, &stage.answer);
            stages.insert(behind, (stage.clone(), answer));
            behind += 1;
        }
    }
}

/// Answers of several orders.
struct Union {
    answer: Answer,
    /// How many orders each outcome was found in.
    found: Vec<usize>,
    /// What each outcome needs of the order.
    needs: Vec<Vec<Condition>>,
}

impl Union {
    fn of(order: &Order, answer: &Answer) -> Self {
        let mut union = Self::of_outcomes(order, &answer.outcomes);
        union.answer.continued.clone_from(&answer.continued);
        union.answer.unlisted = answer.unlisted;
        union
    }

    fn of_outcomes(order: &Order, outcomes: &[Outcome]) -> Self {
        let mut union = Self {
            answer: Answer::default(),
            found: Vec::new(),
            needs: Vec::new(),
        };
        union.add_outcomes(order, outcomes);
        union
    }

    fn add(&mut self, order: &Order, answer: &Answer) {
        self.add_outcomes(order, &answer.outcomes);
        let both = |rule: &MatchingRule| answer.continued.contains(rule);
        self.answer.continued.retain(both);
        self.answer.unlisted = self.answer.unlisted.max(answer.unlisted);
    }

    fn add_outcomes(&mut self, order: &Order, outcomes: &[Outcome]) {
        for outcome in outcomes {
            let same = |known: &Outcome| {
                (&known.fate, &known.decider) == (&outcome.fate, &outcome.decider)
            };
            if let Some(place) = self.answer.outcomes.iter().position(same) {
                let known = &mut self.answer.outcomes[place].conditions;
                known.retain(|condition| outcome.conditions.contains(condition));
                self.needs[place].retain(|condition| order.conditions.contains(condition));
                self.found[place] += 1;
            } else {
                self.answer.outcomes.push(outcome.clone());
                self.needs.push(order.conditions.clone());
                self.found.push(1);
            }
        }
    }

    /// The answer, of so many orders.
    fn told(mut self, orders: usize) -> Answer {
        let counted = self.found.into_iter().zip(self.needs);
        for (outcome, (found, needs)) in self.answer.outcomes.iter_mut().zip(counted) {
            if found < orders {
                // Several orders may lead there that have nothing in common.
                let needs = if needs.is_empty() {
                    vec![unknown()]
                } else {
                    needs
                };
                outcome.conditions.extend(needs);
            }
        }
        self.answer
    }
}

/// Whether it counts which of two tables is called first.
fn ties(older: &Called<'_>, other: &Called<'_>) -> bool {
    other.table.backend == Backend::Nftables
        && bases(older).any(|(chain, base)| {
            let minded = |(rival, at): (usize, &Base)| {
                key(at) == key(base)
                    && Touch::of(older, chain, base).minds(Touch::of(other, rival, at))
            };
            bases(other).any(minded)
        })
}

fn bases<'a>(called: &Called<'a>) -> impl Iterator<Item = (usize, &'a Base)> {
    let chains = called.table.chains.iter().enumerate();
    chains.filter_map(|(place, chain)| Some((place, chain.base.as_ref()?)))
}

fn condition(older: &Called<'_>, rival: &Called<'_>, holds: bool) -> Condition {
    let name = |called: &Called<'_>| {
        let mut chains = called.table.chains.iter();
        chains
            .next()
            .map_or_else(String::new, |chain| chain.chain.set.clone())
    };
    Condition {
        reason: Reason::Unspecified,
        text: format!(
            "the older iptables' table `{}` was made after table `{}` of nftables, so that it is called first; no listing tells",
            older.table.name,
            name(rival)
        ),
        holds,
        rule: MatchingRule {
            set: name(older),
            chain: None,
            handle: None,
            index: 0,
            rule: String::new(),
            allows: false,
        },
    }
}

/// Some order, of which no single condition is to be had.
fn unknown() -> Condition {
    Condition {
        reason: Reason::Unspecified,
        text: "the older iptables' tables and those of nftables were made in a certain order; no listing \
               tells"
            .to_owned(),
        holds: true,
        rule: MatchingRule {
            set: "netfilter".to_owned(),
            chain: None,
            handle: None,
            index: 0,
            rule: String::new(),
            allows: false,
        },
    }
}

/// How many orders are tried; past them the answer is not clear.
const ORDERS_TRIED: usize = 32;
