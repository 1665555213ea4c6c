//! What can be said of the rules of one list: which decide nothing, which could be removed, which
//! contend for packets.

mod conflicts;
mod life;
mod removal;
mod survey;

use super::budget::Budget;
use super::cube::{Cube, Point};
use super::list::{Decision, List};
use life::Lives;
use removal::removal;
use survey::{Search, Survey};

pub use conflicts::{Conflict, ConflictKind, Conflicts, conflicts};

/// What can be said of each rule of a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lint {
    /// The rules in the order of their first entries.
    pub rules: Vec<RuleLint>,
    /// Rules that can be removed all at once, dead ones included, in the same order. No other rule
    /// could be removed after them, but another choice might remove more.
    pub removable_together: Vec<u32>,
}

/// What can be said of one rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuleLint {
    /// The rule.
    pub rule: u32,
    /// Whether it decides anything.
    pub life: Life,
    /// Whether it could be removed, if all other rules stay.
    pub removal: Removal,
}

/// Whether a rule decides anything.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Life {
    /// The rule decides this packet.
    Live(Point),
    /// Earlier rules decide every packet of the rule.
    Dead(Cover),
    /// The rule has no packet within the cube asked about.
    Outside,
    /// Finding out would have taken too many steps.
    NotDetermined,
}

/// Earlier rules that together hold every packet of a dead rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cover {
    /// The rules, in the order of the list; the rule of `other_label` is one of them, and where there
    /// are at most 64 others, none of those can be left out.
    pub rules: Vec<u32>,
    /// A rule that takes packets of the dead rule and gives them another label, if one does.
    pub other_label: Option<u32>,
}

/// Whether a rule could be removed without changing the label of any packet. Of two rules that make
/// each other superfluous, each can be removed as long as the other stays.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Removal {
    /// The rule could be removed.
    Redundant,
    /// Without the rule, this packet would get another label.
    Needed {
        /// The packet.
        witness: Point,
        /// What would decide it then.
        instead: Decision,
    },
    /// Finding out would have taken too many steps.
    NotDetermined,
}

/// Examines the rules of a list, as far as packets within the cube are concerned.
pub fn lint(list: &List, within: &Cube, budget: &Budget) -> Lint {
    let survey = Survey::new(list, within);
    let mut search = Search::new(budget);
    let lives = Lives::new(&survey, &mut search);
    let mut removed = vec![false; survey.names.len()];
    let mut removals = Vec::with_capacity(survey.names.len());
    for (rule, life) in (0_u32..).zip(&lives.lives) {
        removals.push(match life {
            Life::Dead(_) | Life::Outside => Removal::Redundant,
            Life::Live(_) | Life::NotDetermined => removal(&survey, &mut search, rule, &removed),
        });
    }
    for (rule, life) in lives.lives.iter().enumerate() {
        removed[rule] = matches!(life, Life::Dead(_) | Life::Outside);
    }
    for rule in 0..removed.len() {
        if !removed[rule] && removals[rule] == Removal::Redundant {
            let number = super::grid::index(rule);
            removed[rule] = removal(&survey, &mut search, number, &removed) == Removal::Redundant;
        }
    }
    let together = survey
        .names
        .iter()
        .zip(&removed)
        .filter(|(_, removed)| **removed);
    let removable_together = together.map(|(name, _)| *name).collect();
    let parts = survey.names.iter().zip(lives.lives).zip(removals);
    let rules = parts.map(|((rule, life), removal)| RuleLint {
        rule: *rule,
        life,
        removal,
    });
    Lint {
        rules: rules.collect(),
        removable_together,
    }
}
