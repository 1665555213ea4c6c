//! What a rule set says of a flow. There is no bare yes or no: each verdict carries its reason.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::text::shown;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a rule set does to a flow.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The flow passes.
    Allow {
        /// What decided.
        decider: Decider,
    },
    /// The flow is dropped or rejected.
    Deny {
        /// What decided.
        decider: Decider,
    },
    /// Something we would need to know is missing, and the answer depends on it.
    Unknown {
        /// What to collect, and for which rule.
        missing: String,
    },
}

/// The part of a rule set that decided.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Decider {
    /// The layer, such as `security_group`.
    pub layer: String,
    /// The rule set, such as `sg-1`, or the family and table of a host's rule, such as `ip filter`.
    pub set: String,
    /// The chain of a host's rule, such as `INPUT`; `None` where sets have no chains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The handle by which the kernel names the rule, where the listing shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// The rule's position in its own list, from 0; `None` for the default.
    pub index: Option<usize>,
    /// The user's own text of the rule; `None` for the default.
    pub rule: Option<String>,
    /// True when no rule matched and the layer's default applied.
    pub default: bool,
    /// What the default is called, such as `policy drop`; `None` for a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}

/// A verdict with everything a person asks next.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Explanation {
    /// First match decides over all groups, with one implicit reject at the end.
    pub verdict: Verdict,
    /// The verdict when a trailing "deny everything" counts only in the last group (older vendor
    /// texts); present only where it differs.
    pub without_trailing_deny: Option<Verdict>,
    /// Why a denied flow is denied; `None` when it is not.
    pub denial: Option<Denial>,
    /// Rules that match in every field but some, nearest first; empty when the flow passes.
    pub near_misses: Vec<NearMiss>,
}

/// Why a flow is denied, told by the rules around the decider.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// A rule denies it, and nothing below would allow it.
    Rule,
    /// A rule denies it, and an allow stands below in the same group.
    AllowShadowed,
    /// A rule denies it, and an allow stands in a group of lower priority.
    EarlierGroup,
    /// No rule matches; one would, but for the source (or destination, outbound).
    PeerNotAllowed,
    /// No rule matches; one would, but it is for the other address family.
    FamilyMissing,
    /// No rule matches; one would, but it is for another protocol on the same port.
    ProtocolNotAllowed,
    /// No rule matches, and no rule of any bound group allows anything in this direction.
    NothingAllowed,
    /// No rule matches.
    NoMatch,
}

/// A rule that came close.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NearMiss {
    /// The rule set.
    pub set: String,
    /// The chain of a host's rule; `None` where sets have no chains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The rule's position in its own list, from 0.
    pub index: usize,
    /// The user's own text of the rule.
    pub rule: String,
    /// True when the rule would allow.
    pub allows: bool,
    /// The fields that did not match: `source`, `destination`, `port`, `source_port`, `protocol`,
    /// `icmp_type`, `family`, `direction`.
    pub failed: Vec<String>,
}

/// A rule that matches a flow, whether or not it decides.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MatchingRule {
    /// The rule set.
    pub set: String,
    /// The chain of a host's rule; `None` where sets have no chains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The handle by which the kernel names the rule, where the listing shows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// The rule's position in its own list, from 0.
    pub index: usize,
    /// The user's own text of the rule.
    pub rule: String,
    /// True when the rule allows.
    pub allows: bool,
}

impl fmt::Display for Decider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.set, self.chain.as_deref())?;
        let (Some(index), Some(rule)) = (self.index, &self.rule) else {
            let default = self.fallback.as_deref().unwrap_or("implicit reject");
            return write!(f, ": no rule matches, {}", shown(default, RULE_SHOWN));
        };
        numbered(f, index, self.handle, rule)
    }
}

impl fmt::Display for MatchingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.set, self.chain.as_deref())?;
        numbered(f, self.index, self.handle, &self.rule)
    }
}

fn place(f: &mut fmt::Formatter<'_>, set: &str, chain: Option<&str>) -> fmt::Result {
    write!(f, "`{}`", shown(set, SET_SHOWN))?;
    chain.map_or(Ok(()), |chain| {
        write!(f, " chain `{}`", shown(chain, SET_SHOWN))
    })
}

fn numbered(
    f: &mut fmt::Formatter<'_>,
    index: usize,
    handle: Option<u64>,
    rule: &str,
) -> fmt::Result {
    write!(f, " rule {index}")?;
    if let Some(handle) = handle {
        write!(f, " (handle {handle})")?;
    }
    write!(f, " `{}`", shown(rule, RULE_SHOWN))
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(f, &self.set, self.chain.as_deref())?;
        numbered(f, self.index, None, &self.rule)?;
        let failed = self.failed.iter().map(|field| shown(field, SET_SHOWN));
        let failed = failed.collect::<Vec<_>>().join(" and ");
        write!(f, " matches all but {failed}")
    }
}

/// How many characters of a set's name are printed.
const SET_SHOWN: usize = 60;

/// How many characters of a rule are printed.
const RULE_SHOWN: usize = 160;
