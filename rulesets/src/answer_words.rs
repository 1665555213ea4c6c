//! An answer in one line.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::answer::{Answer, Condition, Fate, Outcome};
use crate::program::Reason;
use crate::text::shown;
use crate::verdict::Decider;
use std::fmt;

impl Answer {
    /// The answer in one line, such as `allowed while limit rate 3/minute (rule 7 of INPUT), else
    /// dropped by policy drop (INPUT)`.
    pub fn summary(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.outcomes.len().saturating_sub(1);
        let skipped = last.saturating_sub(OUTCOMES_SHOWN);
        for (place, outcome) in self.outcomes.iter().enumerate() {
            if place == OUTCOMES_SHOWN && skipped > 0 {
                let more = skipped + self.unlisted;
                write!(f, ", or {more} other ways")?;
            }
            if place >= OUTCOMES_SHOWN && place < last {
                continue;
            }
            if place > 0 {
                f.write_str(", else ")?;
            }
            write!(f, "{}", Words(outcome, place == last && place > 0))?;
        }
        if self.outcomes.is_empty() {
            f.write_str("not judged")?;
        }
        Ok(())
    }
}

/// An outcome; the last of several needs no conditions that only rule out the others.
struct Words<'a>(&'a Outcome, bool);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(outcome, last) = self;
        f.write_str(match outcome.fate {
            Fate::Accept => "allowed",
            Fate::Drop => "dropped",
            Fate::Reject { .. } => "rejected",
            Fate::Unclear => "not clear",
        })?;
        if outcome.decider.default {
            let default = outcome.decider.fallback.as_deref().unwrap_or("default");
            write!(f, " by {}", shown(default, NAME_SHOWN))?;
        }
        let held: Vec<&Condition> = told(outcome, true).collect();
        if held.is_empty() && !last {
            joined(f, "unless", told(outcome, false))?;
        } else {
            joined(f, "if", held.into_iter())?;
        }
        write!(f, " ({})", Place(&outcome.decider))
    }
}

fn told(outcome: &Outcome, holds: bool) -> impl Iterator<Item = &Condition> {
    let conditions = outcome.conditions.iter();
    conditions.filter(move |condition| condition.holds == holds)
}

fn joined<'a>(
    f: &mut fmt::Formatter<'_>,
    first: &str,
    conditions: impl Iterator<Item = &'a Condition>,
) -> fmt::Result {
    let otherwise = if first == "if" { "and" } else { "or" };
    for (place, condition) in conditions.enumerate() {
        if place == CONDITIONS_SHOWN {
            return f.write_str(" and so on");
        }
        let word = match (place, condition.reason) {
            (0, Reason::RateLimit) if first == "if" => "while",
            (0, _) => first,
            (_, _) => otherwise,
        };
        // What to supply stands behind a semicolon; it is no part of the condition.
        let text = condition.text.split("; ").next().unwrap_or_default();
        write!(f, " {word} {}", shown(text, TEXT_SHOWN))?;
    }
    Ok(())
}

/// Where the decider stands.
struct Place<'a>(&'a Decider);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.chain.as_ref().unwrap_or(&self.0.set);
        let name = shown(name, NAME_SHOWN);
        match self.0.index {
            Some(index) => write!(f, "rule {index} of {name}"),
            None => f.write_str(&name),
        }
    }
}

/// How many outcomes are written out before the last.
const OUTCOMES_SHOWN: usize = 4;

/// How many conditions of an outcome are written out.
const CONDITIONS_SHOWN: usize = 3;

/// How many characters of a condition and of a name are written.
const TEXT_SHOWN: usize = 120;
const NAME_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::MatchingRule;

    fn outcome(fate: Fate, index: Option<usize>, holds: bool) -> Outcome {
        let limit = Condition {
            reason: Reason::RateLimit,
            text: "limit rate 3/minute; burst 5".to_owned(),
            holds,
            rule: MatchingRule {
                set: "ip filter".to_owned(),
                chain: Some("INPUT".to_owned()),
                handle: None,
                index: 7,
                rule: String::new(),
                allows: true,
            },
        };
        Outcome {
            fate,
            decider: Decider {
                layer: "host_firewall".to_owned(),
                set: "ip filter".to_owned(),
                chain: Some("INPUT".to_owned()),
                handle: None,
                index,
                rule: index.map(|_| "-j ACCEPT".to_owned()),
                default: index.is_none(),
                fallback: index.is_none().then(|| "policy drop".to_owned()),
            },
            conditions: vec![limit],
        }
    }

    #[test]
    fn a_limited_rule_reads_as_a_sentence() {
        let answer = Answer {
            outcomes: vec![
                outcome(Fate::Accept, Some(7), true),
                outcome(Fate::Drop, None, false),
            ],
            ..Answer::default()
        };
        assert_eq!(
            answer.summary(),
            "allowed while limit rate 3/minute (rule 7 of INPUT), else dropped by policy drop (INPUT)"
        );
    }

    #[test]
    fn many_ways_stay_one_line() {
        let answer = Answer {
            outcomes: (0..9)
                .map(|index| outcome(Fate::Drop, Some(index), true))
                .collect(),
            unlisted: 2,
            ..Answer::default()
        };
        let summary = answer.summary();
        assert!(
            summary.contains("or 6 other ways, else dropped"),
            "{summary}"
        );
        assert!(summary.len() < 500);
    }

    #[test]
    fn an_exception_reads_as_one() {
        let answer = Answer {
            outcomes: vec![outcome(Fate::Drop, None, false)],
            ..Answer::default()
        };
        assert_eq!(
            answer.summary(),
            "dropped by policy drop unless limit rate 3/minute (INPUT)"
        );
    }
}
