//! What chains do to one packet, when not everything about it or about them can be known.
//!
//! Every rule is read once for each different state a packet may reach it in. A test that cannot be
//! decided splits the packet's way in two; where ways meet again they go on as one, with the conditions
//! they share. A chain is judged once from its beginning, however often it is called, so that the work
//! grows with the rules and not with the number of ways through them. What comes out is every way the
//! packet may end, each with conditions that are necessary for it.
//!
//! The kernel loads no chains that call each other in a circle and, in nftables, none nested deeper than
//! 16 calls. A circle is therefore an outcome that is not clear; deeper nesting is judged like any other.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod feasible;
mod layer;
mod literal;
mod paths;
mod report;
mod rewrite;
mod sight;
mod step;
mod summary;
mod truth;
mod words;

pub(crate) use feasible::feasible;
pub(crate) use literal::{At, Literal, Open, Why};
pub(crate) use paths::{LITERALS_KEPT, bounded};
pub(crate) use report::{By, Names, Way, common, report};
pub(crate) use rewrite::{Fresh, Rewrite};
pub(crate) use sight::{Device, Env, LOOPBACK, Sight, highest, icmp};
pub(crate) use summary::{End, Summary};

use crate::program::{Chain, NamedSet, Test};
use paths::{Paths, ROOT};
use std::collections::BTreeMap;
use summary::{Exit, Thread};
pub(crate) use truth::{Eyes, Truth};

/// Chains that call each other by name, and the sets they share.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    pub(crate) chains: Vec<&'a Chain>,
    pub(crate) names: BTreeMap<&'a str, usize>,
    pub(crate) sets: BTreeMap<&'a str, &'a NamedSet>,
}

impl<'a> Program<'a> {
    /// Of chains or sets with the same name the first counts.
    pub(crate) fn new(
        chains: impl IntoIterator<Item = &'a Chain>,
        sets: impl IntoIterator<Item = &'a NamedSet>,
    ) -> Self {
        let chains: Vec<&Chain> = chains.into_iter().collect();
        let mut names = BTreeMap::new();
        for (place, chain) in chains.iter().enumerate() {
            names.entry(chain.name.as_str()).or_insert(place);
        }
        let mut by_name = BTreeMap::new();
        for set in sets {
            by_name.entry(set.name.as_str()).or_insert(set);
        }
        Self {
            chains,
            names,
            sets: by_name,
        }
    }

    /// Whether a test holds for a packet as it enters; `None` when nobody can tell.
    pub(crate) fn holds(&self, sight: &Sight, test: &Test) -> Option<bool> {
        match Eyes::new(sight, &self.sets).test(test, sight.env()) {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Open => None,
        }
    }
}

/// Judges the chains of one program for one packet.
#[derive(Debug)]
pub(crate) struct Machine<'p, 'a> {
    program: &'p Program<'a>,
    eyes: Eyes<'p, 'a>,
    pub(crate) paths: Paths<'a>,
    known: BTreeMap<(usize, Env), Summary<'a>>,
    /// True for a chain that is being read.
    active: Vec<bool>,
    /// How many more rules may be read.
    budget: usize,
}

/// A chain that is being read.
#[derive(Debug)]
struct Frame<'a> {
    chain: usize,
    env: Env,
    at: usize,
    live: Vec<Thread>,
    done: Summary<'a>,
    /// Calls that the rule at hand makes and whose effect is not known yet.
    waiting: Vec<(usize, Env)>,
}

impl<'p, 'a> Machine<'p, 'a> {
    pub(crate) fn new(program: &'p Program<'a>, sight: &'p Sight) -> Self {
        Self {
            program,
            eyes: Eyes::new(sight, &program.sets),
            paths: Paths::new(),
            known: BTreeMap::new(),
            active: vec![false; program.chains.len()],
            budget: RULES_READ,
        }
    }

    /// What a chain does to a packet in this state.
    pub(crate) fn chain(&mut self, chain: usize, env: Env) -> Summary<'a> {
        let mut stack = vec![self.enter(chain, env)];
        while let Some(mut frame) = stack.pop() {
            if let Some((callee, env)) = frame.waiting.pop() {
                let fresh = !self.known.contains_key(&(callee, env)) && !self.active[callee];
                stack.push(frame);
                if fresh {
                    let callee = self.enter(callee, env);
                    stack.push(callee);
                }
                continue;
            }
            if self.rule(&mut frame) {
                stack.push(frame);
                continue;
            }
            self.active[frame.chain] = false;
            for thread in std::mem::take(&mut frame.live) {
                summary::join(&mut frame.done.through, thread, &self.paths);
            }
            self.known.insert((frame.chain, frame.env), frame.done);
        }
        self.known.get(&(chain, env)).cloned().unwrap_or_default()
    }

    fn enter(&mut self, chain: usize, env: Env) -> Frame<'a> {
        self.active[chain] = true;
        Frame {
            chain,
            env,
            at: 0,
            live: vec![Thread { env, path: ROOT }],
            done: Summary::default(),
            waiting: Vec::new(),
        }
    }

    /// Reads the rule at hand, or finds which calls have to be judged first; false at the chain's end.
    fn rule(&mut self, frame: &mut Frame<'a>) -> bool {
        let chain = self.program.chains[frame.chain];
        let Some(rule) = chain.rules.get(frame.at) else {
            return false;
        };
        if frame.live.is_empty() {
            return false;
        }
        let at = At {
            chain,
            rule: Some(rule),
        };
        let Some(budget) = self.budget.checked_sub(frame.live.len()) else {
            for thread in std::mem::take(&mut frame.live) {
                let exit = Exit {
                    end: End::Unclear,
                    at,
                    env: thread.env,
                    path: thread.path,
                    onto: ROOT,
                };
                frame.done.end(exit, &mut self.paths);
            }
            return false;
        };
        self.budget = budget;
        if step::passed_by(&self.eyes, rule, &frame.live) {
            frame.at += 1;
            return true;
        }
        let effect = step::read(self, at, &frame.live);
        if !effect.missing.is_empty() {
            frame.waiting = effect.missing;
            return true;
        }
        effect.apply(&mut frame.done, &mut frame.live, &mut self.paths);
        frame.at += 1;
        true
    }
}

/// How many rules are read for one packet, each state of the packet counted; past it the outcome is not
/// clear.
const RULES_READ: usize = 4_000_000;
