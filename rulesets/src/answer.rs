//! What rules do to a packet when not everything about it, or about them, can be known: the set of
//! possible outcomes, each with the conditions under which it happens.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::program::Reason;
use crate::verdict::{Decider, MatchingRule};
use serde::{Deserialize, Serialize};

/// What a layer, or one base chain of it, does to a packet.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// Every way it may end, most direct first; never empty once judged.
    pub outcomes: Vec<Outcome>,
    /// Rules that certainly matched without ending the packet's way, in the order they were read.
    pub continued: Vec<MatchingRule>,
    /// How many more ways were found than `outcomes` lists; each ends as a listed one does.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unlisted: usize,
}

/// One way a packet may end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Outcome {
    /// What becomes of it.
    pub fate: Fate,
    /// The rule or the default that decides.
    pub decider: Decider,
    /// What must be so for it to end this way, beyond what is certain. These are necessary; of very
    /// many, or where several ways end alike, some are left out.
    pub conditions: Vec<Condition>,
}

/// What becomes of a packet.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case", tag = "fate")]
pub enum Fate {
    /// It passes.
    Accept,
    /// It is discarded in silence.
    Drop,
    /// It is discarded and the sender told.
    Reject {
        /// What the sender is told, as the rule says it.
        with: String,
    },
    /// A rule that was not understood decides; what it does is not known.
    Unclear,
}

/// Something that an outcome depends on and that nobody could know from the rules alone.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Condition {
    /// What kind of thing.
    pub reason: Reason,
    /// The test in the user's own words, or what to supply.
    pub text: String,
    /// Whether it holds for this outcome.
    pub holds: bool,
    /// The rule it stands in.
    pub rule: MatchingRule,
}

/// A definite answer, when there is one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Definite {
    /// However the open conditions turn out, the packet passes.
    Passes,
    /// However they turn out, it is stopped.
    Stopped,
}

impl Answer {
    /// The answer that all outcomes agree on; `None` when they differ or one is not clear.
    pub fn definite(&self) -> Option<Definite> {
        let mut fates = self.outcomes.iter().map(|outcome| match outcome.fate {
            Fate::Accept => Some(Definite::Passes),
            Fate::Drop | Fate::Reject { .. } => Some(Definite::Stopped),
            Fate::Unclear => None,
        });
        let first = fates.next()??;
        fates.all(|fate| fate == Some(first)).then_some(first)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
