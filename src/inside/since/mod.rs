//! What changed on an instance since a snapshot in which all was well.
//!
//! Only what both snapshots read is compared; a part that one of them lacks is named, since a change
//! there would not show. What moves by itself (counters, queues, numbers of processes) is no change.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod parts;
mod rules;
mod well;

pub use well::unwell;

use super::{Datum, Snapshot};
use probes::escape;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What differs from an earlier snapshot.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Since {
    /// When that one was taken, RFC 3339, UTC.
    pub taken_at: String,
    /// The differences, part by part.
    pub changes: Vec<Change>,
    /// How many more there are.
    #[serde(default)]
    pub unlisted: usize,
    /// The parts that only one of the two tells of whole.
    #[serde(default)]
    pub not_compared: Vec<String>,
}

/// One difference.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Change {
    /// What it is about, such as `listeners`.
    pub part: String,
    /// What was there; `None` where nothing was.
    pub before: Option<String>,
    /// What is there; `None` where nothing is.
    pub after: Option<String>,
}

impl Since {
    /// What differs in `now` from `then`.
    pub fn of(then: &Snapshot, now: &Snapshot) -> Self {
        let named = then.root && now.root;
        let mut found = Found::default();
        found.part(
            "services",
            &parts::services(&then.probes),
            &parts::services(&now.probes),
        );
        found.datum("listeners", (&then.listeners, &now.listeners), |it| {
            parts::listeners(it, named)
        });
        found.datum("addresses", (&then.addresses, &now.addresses), |it| {
            parts::addresses(it)
        });
        found.datum("links", (&then.host.links, &now.host.links), |it| {
            parts::links(it)
        });
        found.datum("routes", (&then.routes, &now.routes), |it| {
            parts::routes(it)
        });
        rules::compare(&mut found, &then.firewall, &now.firewall);
        let programs = (&then.packet_programs, &now.packet_programs);
        found.datum("packet programs", programs, |it| parts::programs(it));
        found.datum("settings", (&then.sysctls, &now.sysctls), parts::settings);
        found.login(then, now);
        parts::host(&mut found, &then.host, &now.host);
        let unlisted = found.changes.len().saturating_sub(MOST_CHANGES);
        found.changes.truncate(MOST_CHANGES);
        Self {
            taken_at: then.taken_at.clone(),
            changes: found.changes,
            unlisted,
            not_compared: found.not_compared.into_iter().collect(),
        }
    }

    /// The differences as lines for a reader.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.changes.iter().map(Change::line).collect();
        if self.unlisted > 0 {
            lines.push(format!("and {} more", self.unlisted));
        }
        if !self.not_compared.is_empty() {
            let parts = self.not_compared.join(", ");
            lines.push(format!(
                "not compared, as only one of the two tells: {parts}"
            ));
        }
        lines
    }
}

impl Change {
    fn line(&self) -> String {
        let part = &self.part;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("{part}: was `{before}`, is `{after}`"),
            (Some(before), None) => format!("{part}: gone: `{before}`"),
            (None, Some(after)) => format!("{part}: new: `{after}`"),
            (None, None) => part.clone(),
        }
    }
}

/// The facts of one part in words, by what each is about.
type Facts = BTreeMap<String, String>;

/// What was found so far.
#[derive(Default)]
struct Found {
    changes: Vec<Change>,
    not_compared: BTreeSet<String>,
}

impl Found {
    fn datum<T>(
        &mut self,
        part: &str,
        (then, now): (&Datum<T>, &Datum<T>),
        facts: impl Fn(&T) -> Facts,
    ) {
        match (then.whole(), now.whole()) {
            (Some(then), Some(now)) => self.part(part, &facts(then), &facts(now)),
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => {
                self.not_compared.insert(part.to_owned());
            }
        }
    }

    fn part(&mut self, part: &str, then: &Facts, now: &Facts) {
        let about: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for about in about {
            let (before, after) = (then.get(about), now.get(about));
            if before != after {
                self.change(part, before, after);
            }
        }
    }

    fn change(&mut self, part: &str, before: Option<&String>, after: Option<&String>) {
        let shown = |text: &String| escape(text.as_bytes(), SHOWN);
        self.changes.push(Change {
            part: part.to_owned(),
            before: before.map(shown),
            after: after.map(shown),
        });
    }

    /// The SSH server's settings, where both were asked for the same login.
    fn login(&mut self, then: &Snapshot, now: &Snapshot) {
        let both = (then.ssh_login.value(), now.ssh_login.value());
        let (Some(before), Some(after)) = both else {
            return;
        };
        if (&before.user, before.client) == (&after.user, after.client) {
            let facts = |settings: &BTreeMap<String, Vec<String>>| {
                let told = |(name, values): (&String, &Vec<String>)| {
                    (name.clone(), format!("{name} {}", values.join(" ")))
                };
                settings.iter().map(told).collect()
            };
            self.part(
                "SSH settings",
                &facts(&before.settings),
                &facts(&after.settings),
            );
        }
    }
}

/// More differences than these are counted and not listed.
const MOST_CHANGES: usize = 48;
/// How many characters of a fact are kept.
const SHOWN: usize = 160;

#[cfg(test)]
mod tests;
