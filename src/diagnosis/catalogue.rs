//! The catalogue of causes. An entry is data: which readings a state of the world predicts, which
//! of them convict it, and what to do about it. The engine knows no cause by name.

use super::scope::{self, Scope};
use super::{Layer, Reading, Risk, Sensor, causes};
use std::collections::BTreeSet;

/// A state of the world that stops or harms a flow.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// `layer.name`, stable for ever; names the state, never the remedy.
    pub id: &'static str,
    /// Where on the path it stops the packet.
    pub layer: Layer,
    /// The state in words; `{flow}`, `{port}`, `{client}` and `{target}` are filled in.
    pub title: &'static str,
    /// The user's page: what it means, why it happens, how to confirm, how to fix.
    pub page: &'static str,
    /// Which flows it can concern.
    pub scope: Scope,
    /// How common it is among causes that fit equally well.
    pub weight: u8,
    /// The readings it can produce. A sensor that has a reading here and reads something else
    /// rules the cause out; a sensor without one says nothing about it.
    pub predicts: &'static [Reading],
    /// Sets of readings that show the cause directly: any one set, all of its readings.
    pub convicts: &'static [&'static [Reading]],
    /// Readings that make it more probable without showing it.
    pub supports: &'static [Reading],
    /// Readings that rule it out though it predicts nothing of their sensor.
    pub excludes: &'static [Reading],
    /// Outcomes that would rule it out, and do not once local sensors show it: what it sends in
    /// answer may be lost on the way.
    pub tolerates: &'static [Reading],
    /// The evidence that would settle it.
    pub settled_by: &'static [Test],
    /// What to do about it.
    pub remedy: Remedy,
}

impl Cause {
    /// A cause without the members that many have no use for; the others are always given.
    pub(super) const BLANK: Self = Self {
        id: "",
        layer: Layer::Prober,
        title: "",
        page: "",
        scope: scope::never,
        weight: 0,
        predicts: &[],
        convicts: &[],
        supports: &[],
        excludes: &[],
        tolerates: &[],
        settled_by: &[],
        remedy: Remedy::SecurityGroup,
    };

    /// The readings of `sensor` that fit the cause; empty when the sensor says nothing about it.
    pub fn expected(&self, sensor: Sensor) -> BTreeSet<Reading> {
        let mut expected: BTreeSet<_> = self
            .predicts
            .iter()
            .copied()
            .filter(|reading| reading.sensor() == sensor)
            .collect();
        // Whatever lies behind the resolver can only be asked once the name resolves.
        if sensor == Sensor::Resolution && expected.is_empty() {
            expected.insert(Reading::NameResolves);
        }
        expected
    }

    /// Whether `reading` rules the cause out.
    pub fn contradicted_by(&self, reading: Reading) -> bool {
        let expected = self.expected(reading.sensor());
        self.excludes.contains(&reading) || (!expected.is_empty() && !expected.contains(&reading))
    }

    /// The page's first line, without its mark.
    pub fn heading(&self) -> &'static str {
        self.page.lines().next().unwrap_or(self.id)
    }
}

/// What to do about a cause.
#[derive(Clone, Copy, Debug)]
pub enum Remedy {
    /// Rules and groups, computed from the evidence.
    SecurityGroup,
    /// The provider's own way to lift its block of outbound mail, from the provider data.
    OutboundMail,
    /// The host's own rule, computed from its listings; the steps where they do not name it.
    HostFirewall(Steps),
    /// Steps for a person.
    Steps(Steps),
}

/// A remedy in words.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// In one sentence.
    pub summary: &'static str,
    /// What it may break.
    pub risk: Risk,
    /// In order.
    pub steps: &'static [&'static str],
    /// Commands by the tool they are for.
    pub commands: &'static [(&'static str, &'static str)],
    /// How to undo it.
    pub rollback: &'static str,
}

/// Evidence that can be had, cheapest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Test {
    /// The client's address as the target sees it.
    From,
    /// The bound security groups.
    Rules,
    /// The instance's own address, where a name was asked.
    TargetAddress,
    /// A snapshot taken on the instance.
    Inside,
    /// A snapshot taken on the instance as root.
    InsideRoot,
    /// Hosts that have nothing to do with the target.
    Control,
    /// More far ends, on the same port and on others.
    OutboundControls,
    /// The same check once more.
    Repeat,
    /// The same check from another network.
    Elsewhere,
    /// The instance's and the address's documents.
    Document,
    /// The subnet's network ACL.
    Acl,
    /// Whether the packets reach the instance's interface.
    Witness,
}

/// Every cause, in path order.
pub fn catalogue() -> impl Iterator<Item = &'static Cause> {
    causes::BY_LAYER.iter().flat_map(|causes| causes.iter())
}

/// The cause with this id.
pub fn cause(id: &str) -> Option<&'static Cause> {
    catalogue().find(|cause| cause.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_name_their_layer() {
        let ids: BTreeSet<_> = catalogue().map(|cause| cause.id).collect();
        assert_eq!(ids.len(), catalogue().count());
        for cause in catalogue() {
            let (layer, _) = cause.id.split_once('.').unwrap();
            assert!(!cause.title.is_empty() && cause.weight > 0, "{}", cause.id);
            assert!(
                layer == cause.layer.name() || layer == "open",
                "{}",
                cause.id
            );
        }
    }

    #[test]
    fn every_page_names_its_cause_and_has_the_four_headings() {
        for cause in catalogue() {
            assert_eq!(cause.heading(), format!("# {}", cause.id));
            let mut rest = cause.page;
            for heading in [
                "## What it means",
                "## Why it happens",
                "## Confirm",
                "## Fix",
            ] {
                let Some((_, after)) = rest.split_once(heading) else {
                    panic!("{}: no `{heading}` in its place", cause.id);
                };
                rest = after;
            }
        }
    }

    #[test]
    fn a_conviction_never_contradicts_its_cause() {
        for cause in catalogue() {
            for reading in cause.convicts.iter().flat_map(|set| set.iter()) {
                assert!(
                    !cause.contradicted_by(*reading),
                    "{}: {reading:?}",
                    cause.id
                );
            }
        }
    }

    #[test]
    fn only_an_outcome_lets_a_cause_explain_a_flow() {
        for cause in catalogue() {
            let outcomes = cause.expected(Sensor::Outcome);
            let names = cause
                .predicts
                .iter()
                .any(|reading| reading.sensor() == Sensor::Resolution);
            assert!(!outcomes.is_empty() || names, "{}", cause.id);
        }
    }
}
