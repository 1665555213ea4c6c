//! Who gets through, what a change opens and what fixes do, packet by packet: twenty thousand packets for
//! each of a thousand random ways, each put to every gate by the linear scan.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/cases.rs"]
mod cases;
#[path = "support/gates.rs"]
mod gates;
#[path = "support/packets.rs"]
mod packets;
#[path = "support/rule_lists.rs"]
mod rule_lists;

use gates::{Ways, ways};
use packets::packet;
use rule_lists::Random;
use rulesets::questions::{ALLOW, Changes, DENY, Fix, Gate, Shift, changes, fixes, reach};
use rulesets::space::{Budget, Bulk, Cube, Entry, Label, List, Point};

#[test]
fn packets_of_the_first_half_of_a_thousand_ways_fare_as_told() {
    agree(0..500);
}

#[test]
fn packets_of_the_second_half_of_a_thousand_ways_fare_as_told() {
    agree(500..1000);
}

fn agree(seeds: std::ops::Range<u64>) {
    let mut moved = [0_usize; 3];
    for seed in seeds {
        let ways = ways(seed);
        let told = Told::of(&ways);
        let mut random = Random::new(seed);
        let near = ways.wanted.intersect(&ways.within);
        let near = near.unwrap_or(ways.within);
        for number in 0..PACKETS {
            let gate = &ways.before.gates[number % ways.before.gates.len()];
            let aim = [near, ways.within, ways.within][number % 3];
            let point = packet(&gate.must, &aim, &mut random);
            told.holds(&ways, &point, &mut moved);
        }
    }
    assert!(
        moved.iter().all(|count| *count > 10_000),
        "too few packets fare differently to prove much: {moved:?}"
    );
}

/// The answers, in a form in which packets are looked up.
struct Told {
    /// Certain, then possible.
    through: [Bulk; 2],
    change: Moves,
    fixes: Vec<(Fix, Moves)>,
}

/// What is opened and shut: certainly, then possibly.
struct Moves {
    opened: [Bulk; 2],
    shut: [Bulk; 2],
}

impl Told {
    fn of(ways: &Ways) -> Self {
        let budget = Budget::default();
        let through = reach(&ways.before, &ways.within, &budget).unwrap();
        let change = changes(&ways.before, &ways.after, &ways.within, &budget).unwrap();
        let fixes = fixes(&ways.before, &ways.wanted, &budget).unwrap();
        let fixes = fixes.into_iter().map(|fix| {
            let moves = Moves::of(&fix.changes);
            (fix, moves)
        });
        Self {
            through: [bulk(&through.certain), bulk(&through.possible)],
            change: Moves::of(&change),
            fixes: fixes.collect(),
        }
    }

    fn holds(&self, ways: &Ways, point: &Point, moved: &mut [usize; 3]) {
        let each: Vec<[bool; 2]> = ways
            .before
            .gates
            .iter()
            .map(|gate| fares_at(gate, point))
            .collect();
        let with = |number: usize, own: [bool; 2]| {
            let others = each.iter().enumerate().filter(|(at, _)| *at != number);
            others.fold(own, |all, (_, one)| both(all, *one))
        };
        let old = each.iter().copied().fold([true; 2], both);
        let through = self.through.each_ref().map(|set| held(set, point));
        assert_eq!(
            through,
            [old[0], old[1] && !old[0]],
            "{}: {point:?}",
            ways.name
        );
        let new = with(ways.edited, fares_at(&ways.after.gates[ways.edited], point));
        moved[0] += usize::from(old != new);
        self.change.hold(old, new, point, &ways.name);
        for (fix, moves) in &self.fixes {
            let own = fares_at(&fix.after.gates[fix.gate], point);
            let changed = with(fix.gate, own);
            moves.hold(old, changed, point, &ways.name);
            if ways.wanted.contains(point) {
                moved[1] += usize::from(old != changed);
                assert_eq!(own, [true; 2], "{}: {point:?}", ways.name);
                assert!(!fix.suffices || changed[0], "{}: {point:?}", ways.name);
            } else {
                moved[2] += usize::from(old != changed);
                assert!(fix.excess > 0 || old == changed, "{}: {point:?}", ways.name);
            }
        }
    }
}

impl Moves {
    fn of(changes: &Changes) -> Self {
        let [opened, shut] = [&changes.opened, &changes.shut].map(|shifts| {
            [true, false].map(|certain| {
                let own = |shift: &&Shift| shift.certain == certain;
                let own = shifts.iter().filter(own).map(|shift| shift.cube);
                bulk(&own.collect::<Vec<_>>())
            })
        });
        Self { opened, shut }
    }

    /// Certainly opened is what passes after and not before in both readings, possibly what does so
    /// in one of them.
    fn hold(&self, old: [bool; 2], new: [bool; 2], point: &Point, name: &str) {
        for (sets, from, to) in [(&self.opened, old, new), (&self.shut, new, old)] {
            let each = [0, 1].map(|reading: usize| to[reading] && !from[reading]);
            let certain = each == [true; 2];
            let wanted = [certain, !certain && each.contains(&true)];
            let found = sets.each_ref().map(|set| held(set, point));
            assert_eq!(found, wanted, "{name}: {point:?}");
        }
    }
}

fn both(one: [bool; 2], other: [bool; 2]) -> [bool; 2] {
    [one[0] && other[0], one[1] && other[1]]
}

/// Whether a packet certainly gets through a gate, and whether it possibly does.
fn fares_at(gate: &Gate, point: &Point) -> [bool; 2] {
    let must = gate.must.decide(point).label == ALLOW;
    [must, must || gate.may.decide(point).label == ALLOW]
}

fn held(set: &Bulk, point: &Point) -> bool {
    set.decide(point).label == IN
}

fn bulk(cubes: &[Cube]) -> Bulk {
    let entries = cubes.iter().map(|cube| Entry {
        cube: *cube,
        label: IN,
        rule: 0,
    });
    Bulk::new(&List {
        entries: entries.collect(),
        default: DENY,
    })
}

const IN: Label = ALLOW;

/// The packets asked about for each way.
const PACKETS: usize = 20_000;
