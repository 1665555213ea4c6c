//! Questions about whole sets of packets, put to every gate on the way at once: who reaches a port,
//! what a change opens, what the smallest fix is, why an address gets in, what is wrong with the rules.
//!
//! A gate is one filter as the packet-set engine reads it, twice: `must` lets pass what certainly
//! passes, `may` what possibly does. Where every rule is understood the two are one. What is claimed to
//! work rests on `must`, what is claimed to be shut on `may`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod change;
mod fix;
mod flows;
mod lint;
mod opened;
mod reach;
mod region;
mod why;

pub use change::{Changes, Shift, changes};
pub use fix::{Fix, FixKind, Place, fixes};
pub use flows::{FlowSet, flow_sets};
pub use lint::{Code, Finding, Severity, Subject, lint_list, packet_words, whole};
pub use opened::{Opened, Side, opened};
pub use reach::{Reach, reach};
pub use region::Region;
pub use why::{Way, why};

use crate::flow::{Direction, Family};
use crate::layer::LayerKind;
use crate::program::{PASSES, STOPPED};
use crate::space::{Budget, Cube, Label, List, NotDetermined, difference, region};
use crate::verdict::MatchingRule;

/// The label of what passes a gate.
pub const ALLOW: Label = PASSES;

/// The label of what does not.
pub const DENY: Label = STOPPED;

/// One filter that a packet must pass, for one address family and direction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gate {
    /// The layer it belongs to.
    pub layer: LayerKind,
    /// Its name, such as `sg-1` or `ip filter INPUT`.
    pub name: String,
    /// What certainly passes: no undecided rule that would let a packet pass is taken to match, and
    /// every one that would stop it is.
    pub must: List,
    /// What possibly passes: the other way round.
    pub may: List,
    /// The rules by their number in the lists.
    pub rules: Vec<MatchingRule>,
    /// What happens by default, in words.
    pub fallback: String,
}

/// All gates on a packet's way, in path order, for one address family and direction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gates {
    /// The family.
    pub family: Family,
    /// Seen from the instance.
    pub direction: Direction,
    /// The gates.
    pub gates: Vec<Gate>,
}

impl Gate {
    /// True when every rule is understood, so that nothing is merely possible.
    pub fn certain(&self) -> bool {
        self.must == self.may
    }

    /// Whether it certainly lets all these packets pass.
    pub fn lets_pass(&self, packets: &Cube, budget: &Budget) -> Result<bool, NotDetermined> {
        let passing = region(&self.must, packets, ALLOW, budget)?;
        Ok(difference(&[*packets], &passing, budget)?.is_empty())
    }

    /// The name of a rule by its number, or of the default.
    fn decider(&self, rule: Option<u32>) -> Option<&MatchingRule> {
        self.rules.get(usize::try_from(rule?).ok()?)
    }
}

/// Which of a gate's two readings is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reading {
    /// What certainly passes.
    Must,
    /// What possibly passes.
    May,
}

impl Gate {
    fn list(&self, reading: Reading) -> &List {
        match reading {
            Reading::Must => &self.must,
            Reading::May => &self.may,
        }
    }
}
