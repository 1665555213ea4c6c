//! Who gets through, what a change opens, fixes, and why, again by binary decision diagrams, on a
//! thousand random ways of one to three gates.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/bdd.rs"]
mod bdd;
#[path = "support/cases.rs"]
mod cases;
#[path = "support/gates.rs"]
mod gates;
#[path = "support/packets.rs"]
mod packets;
#[path = "support/rule_lists.rs"]
mod rule_lists;

use bdd::{Bdd, Set};
use gates::{Ways, ways};
use oxidd::BooleanFunction;
use oxidd::util::SatCountCache;
use oxidd::util::num::Saturating;
use rulesets::Family;
use rulesets::questions::{ALLOW, Fix, FixKind, Gate, Gates, Shift, changes, fixes, reach, why};
use rulesets::space::{Budget, Cube, List};
use std::hash::RandomState;

#[test]
fn the_first_quarter_of_a_thousand_ways_agrees_with_decision_diagrams() {
    agree(0..250);
}

#[test]
fn the_second_quarter_of_a_thousand_ways_agrees_with_decision_diagrams() {
    agree(250..500);
}

#[test]
fn the_third_quarter_of_a_thousand_ways_agrees_with_decision_diagrams() {
    agree(500..750);
}

#[test]
fn the_last_quarter_of_a_thousand_ways_agrees_with_decision_diagrams() {
    agree(750..1000);
}

fn agree(seeds: std::ops::Range<u64>) {
    let mut oracles = [Cube::V4, Cube::ALL].map(|family| Bdd::new(&family, NODES));
    let mut seen = Seen::default();
    for seed in seeds {
        let ways = ways(seed);
        let oracle = &mut oracles[usize::from(ways.before.family == Family::V6)];
        oracle.clear();
        let truth = Truth::of(oracle, &ways.before);
        who_gets_through(oracle, &ways, &truth);
        why_they_get_through(oracle, &ways, &truth);
        what_a_change_opens(oracle, &ways, &truth);
        what_a_fix_opens(oracle, &ways, &truth, &mut seen);
    }
    assert!(
        seen.kinds.iter().all(|kind| *kind >= 5) && seen.insufficient > 10,
        "too few fixes were compared: {seen:?}"
    );
}

/// How many fixes were compared: of each kind, and of those that need another one beside.
#[derive(Debug, Default)]
struct Seen {
    kinds: [usize; 3],
    insufficient: usize,
}

/// What certainly gets through all gates, and what possibly does.
struct Truth {
    must: Set,
    may: Set,
}

impl Truth {
    fn of(oracle: &mut Bdd, gates: &Gates) -> Self {
        Self {
            must: through(oracle, gates, |gate| &gate.must),
            may: through(oracle, gates, |gate| &gate.may),
        }
    }
}

fn through(oracle: &mut Bdd, gates: &Gates, reading: impl Fn(&Gate) -> &List) -> Set {
    gates.gates.iter().fold(oracle.every(), |all, gate| {
        let own = passing(oracle, reading(gate));
        all.and(&own).unwrap()
    })
}

/// The packets that a list lets pass.
fn passing(oracle: &mut Bdd, list: &List) -> Set {
    let (decided, left) = oracle.decided(list, &Cube::ALL);
    let default = if list.default == ALLOW {
        left
    } else {
        oracle.none()
    };
    let entries = list.entries.iter().zip(&decided);
    let allowed = entries.filter(|(entry, _)| entry.label == ALLOW);
    allowed.fold(default, |all, (_, set)| all.or(set).unwrap())
}

fn who_gets_through(oracle: &mut Bdd, ways: &Ways, truth: &Truth) {
    let found = reach(&ways.before, &ways.within, &Budget::default()).unwrap();
    let within = oracle.cube(&ways.within);
    let certain = truth.must.and(&within).unwrap();
    assert!(oracle.cubes(&found.certain) == certain, "{}", ways.name);
    for cube in &found.certain {
        assert!(oracle.holds(&truth.must, &cube.first()), "{}", ways.name);
    }
    let possible = truth.may.and(&within).unwrap();
    let possible = minus(&possible, &truth.must);
    assert!(oracle.cubes(&found.possible) == possible, "{}", ways.name);
}

fn why_they_get_through(oracle: &mut Bdd, ways: &Ways, truth: &Truth) {
    let found = why(&ways.before, &ways.wanted, &Budget::default()).unwrap();
    let wanted = oracle.cube(&ways.wanted);
    let all = truth.may.and(&wanted).unwrap();
    for gate in &ways.before.gates {
        let (decided, left) = oracle.decided(&gate.may, &Cube::ALL);
        let mut told = oracle.none();
        for way in found.iter().filter(|way| way.gate == gate.name) {
            let passes = oracle.cubes(&way.passes);
            told = told.or(&passes).unwrap();
            let Some(rule) = &way.rule else {
                assert!(passes == all.and(&left).unwrap(), "{}", ways.name);
                assert_eq!(way.cut, [], "{}", ways.name);
                continue;
            };
            let own = |number: u32| gate.rules[number as usize] == *rule;
            let entries = gate.may.entries.iter().zip(&decided);
            let entries = entries.filter(|(entry, _)| own(entry.rule));
            let by_rule = entries.fold(oracle.none(), |sum, (_, set)| sum.or(set).unwrap());
            assert!(passes == all.and(&by_rule).unwrap(), "{}", ways.name);
            let mut without = gate.may.clone();
            without.entries.retain(|entry| !own(entry.rule));
            let cut = minus(&passes, &passing(oracle, &without));
            assert!(oracle.cubes(&way.cut) == cut, "{}", ways.name);
        }
        assert!(told == all, "{}: `{}` tells not all", ways.name, gate.name);
    }
}

fn what_a_change_opens(oracle: &mut Bdd, ways: &Ways, old: &Truth) {
    let gates = ways.before.gates.iter().zip(&ways.after.gates).enumerate();
    for (number, (one, other)) in gates {
        assert!(number == ways.edited || one == other, "{}", ways.name);
    }
    let new = Truth::of(oracle, &ways.after);
    let found = changes(&ways.before, &ways.after, &ways.within, &Budget::default()).unwrap();
    let within = oracle.cube(&ways.within);
    for (shifts, from, to) in [(&found.opened, old, &new), (&found.shut, &new, old)] {
        let must = minus(&to.must, &from.must).and(&within).unwrap();
        let may = minus(&to.may, &from.may).and(&within).unwrap();
        let both = must.and(&may).unwrap();
        let certain = held(oracle, shifts, |shift| shift.certain);
        assert!(certain == both, "{}", ways.name);
        let either = minus(&must.or(&may).unwrap(), &both);
        let possible = held(oracle, shifts, |shift| !shift.certain);
        assert!(possible == either, "{}", ways.name);
    }
}

fn what_a_fix_opens(oracle: &mut Bdd, ways: &Ways, old: &Truth, seen: &mut Seen) {
    let wanted = oracle.cube(&ways.wanted);
    let found = fixes(&ways.before, &ways.wanted, &Budget::default()).unwrap();
    for (number, gate) in ways.before.gates.iter().enumerate() {
        let stops = minus(&wanted, &passing(oracle, &gate.must)).satisfiable();
        let own = found.iter().filter(|fix| fix.gate == number);
        let own: Vec<&Fix> = own.collect();
        assert_eq!(own.is_empty(), !stops, "{}: `{}`", ways.name, gate.name);
        assert!(
            own.is_sorted_by_key(|fix| fix.excess),
            "{}: the smallest comes first",
            ways.name
        );
    }
    for fix in &found {
        seen.kinds[fix.kind as usize] += 1;
        seen.insufficient += usize::from(!fix.suffices);
        only_its_gate_changes(ways, fix);
        let new = Truth::of(oracle, &fix.after);
        let mended = passing(oracle, &fix.after.gates[fix.gate].must);
        assert!(!minus(&wanted, &mended).satisfiable(), "{}", ways.name);
        let suffices = !minus(&wanted, &new.must).satisfiable();
        assert_eq!(fix.suffices, suffices, "{}", ways.name);
        for (old, new) in [(&old.must, &new.must), (&old.may, &new.may)] {
            assert!(!minus(old, new).satisfiable(), "{}: shuts", ways.name);
        }
        assert_eq!(fix.changes.shut, [], "{}", ways.name);
        let opens = minus(&new.must, &old.must);
        let opens = opens.or(&minus(&new.may, &old.may)).unwrap();
        let told = held(oracle, &fix.changes.opened, |_| true);
        assert!(told == opens, "{}: {:?}", ways.name, fix.kind);
        let excess = minus(&opens, &wanted);
        assert_eq!(fix.excess > 0, excess.satisfiable(), "{}", ways.name);
        if ways.before.family == Family::V4 {
            assert_eq!(fix.excess, count(&excess), "{}", ways.name);
        }
        if fix.kind != FixKind::Widen {
            assert_eq!(fix.excess, 0, "{}", ways.name);
        }
    }
}

fn only_its_gate_changes(ways: &Ways, fix: &Fix) {
    let gates = ways.before.gates.iter().zip(&fix.after.gates).enumerate();
    for (number, (old, new)) in gates {
        assert_eq!(old != new, number == fix.gate, "{}", ways.name);
    }
}

fn held(oracle: &mut Bdd, shifts: &[Shift], wanted: impl Fn(&Shift) -> bool) -> Set {
    let shifts = shifts.iter().filter(|shift| wanted(shift));
    oracle.cubes(shifts.map(|shift| &shift.cube))
}

fn minus(one: &Set, other: &Set) -> Set {
    one.and(&other.not().unwrap()).unwrap()
}

/// How many IPv4 packets a set holds.
fn count(set: &Set) -> u128 {
    let mut known = SatCountCache::<Saturating<u128>, RandomState>::default();
    set.sat_count(BITS, &mut known).0
}

/// The bits of an IPv4 packet: two addresses, a protocol, two ports.
const BITS: u32 = 32 + 32 + 8 + 16 + 16;

/// The room of an oracle.
const NODES: usize = 1 << 22;
