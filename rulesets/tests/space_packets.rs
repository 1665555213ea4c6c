//! Every way to decide a packet beside the linear scan: twenty thousand packets for each of a thousand
//! random lists, most of them at the ends of rules.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/packets.rs"]
mod packets;
#[path = "support/rule_lists.rs"]
mod rule_lists;

use cases::case;
use packets::packet;
use rule_lists::Random;
use rulesets::space::{
    Budget, Bulk, Change, Cube, Decided, Entry, Label, Life, List, decisions, diff, lint,
};

#[test]
fn packets_of_the_first_half_of_a_thousand_lists_agree_with_the_linear_scan() {
    agree(0..500);
}

#[test]
fn packets_of_the_second_half_of_a_thousand_lists_agree_with_the_linear_scan() {
    agree(500..1000);
}

fn agree(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let case = case(seed);
        let (list, after, within) = (&case.list, &case.after, &case.within);
        let regions = decisions(list, within, &Budget::default()).unwrap();
        let changes = diff(list, after, within, &Budget::default()).unwrap();
        let means = Means::new(list, after, &regions, &changes);
        every_packet_agrees(&means, within, seed);
        for found in lint(list, &case.family, &Budget::default()).rules {
            if let Life::Live(witness) = found.life {
                let decider = means.bulk.decide(&witness).rule;
                assert_eq!(decider, Some(found.rule), "{}", case.name);
            }
        }
    }
}

/// All ways to decide a packet.
struct Means<'a> {
    before: &'a List,
    after: &'a List,
    bulk: Bulk,
    small: Bulk,
    regions: Bulk,
    changes: Bulk,
    wanted: &'a [Change],
}

impl<'a> Means<'a> {
    fn new(before: &'a List, after: &'a List, regions: &[Decided], wanted: &'a [Change]) -> Self {
        let entry = |(cube, label, rule)| Entry { cube, label, rule };
        let parts = regions
            .iter()
            .filter_map(|part| Some(entry((part.cube, part.decision.label, part.decision.rule?))));
        let changes = (0..).zip(wanted);
        let changes = changes.map(|(rule, change)| entry((change.cube, Label(1), rule)));
        let bulk = |entries: Vec<Entry>| {
            let default = before.default;
            Bulk::new(&List { entries, default })
        };
        Self {
            before,
            after,
            bulk: Bulk::new(before),
            small: Bulk::small(before),
            regions: bulk(parts.collect()),
            changes: bulk(changes.collect()),
            wanted,
        }
    }
}

/// Asks about packets at the ends of rules.
fn every_packet_agrees(means: &Means<'_>, within: &Cube, seed: u64) {
    let mut random = Random::new(seed);
    for _ in 0..PACKETS {
        let point = packet(means.before, within, &mut random);
        let decision = means.before.decide(&point);
        assert_eq!(
            means.bulk.decide(&point),
            decision,
            "seed {seed}: {point:?}"
        );
        assert_eq!(
            means.small.decide(&point),
            decision,
            "seed {seed}: {point:?}"
        );
        assert_eq!(
            means.regions.decide(&point),
            decision,
            "seed {seed}: {point:?}"
        );
        let after = means.after.decide(&point);
        let change = means.changes.decide(&point).rule;
        let change = change.map(|at| &means.wanted[at as usize]);
        let expected = (decision.label != after.label).then_some((decision, after));
        let found = change.map(|change| (change.before, change.after));
        assert_eq!(found, expected, "seed {seed}: {point:?}");
    }
}

/// The packets asked about for each list.
const PACKETS: usize = 20_000;
