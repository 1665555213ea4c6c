//! Every answer about sets of packets again by binary decision diagrams, on a thousand random lists.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/bdd.rs"]
mod bdd;
#[path = "support/cases.rs"]
mod cases;
#[path = "support/rule_lists.rs"]
mod rule_lists;

use bdd::{Bdd, Set};
use cases::case;
use oxidd::BooleanFunction;
use rulesets::space::{
    Budget, Change, Cube, Decided, Entry, Field, Label, Life, Lint, List, Removal, decisions, diff,
    lint, region,
};

#[test]
fn the_first_quarter_of_a_thousand_lists_agrees_with_decision_diagrams() {
    agree(0..250);
}

#[test]
fn the_second_quarter_of_a_thousand_lists_agrees_with_decision_diagrams() {
    agree(250..500);
}

#[test]
fn the_third_quarter_of_a_thousand_lists_agrees_with_decision_diagrams() {
    agree(500..750);
}

#[test]
fn the_last_quarter_of_a_thousand_lists_agrees_with_decision_diagrams() {
    agree(750..1000);
}

/// Compares all answers about the lists of these seeds.
fn agree(seeds: std::ops::Range<u64>) {
    let mut oracles = [Cube::V4, Cube::ALL].map(|family| Bdd::new(&family, NODES));
    for seed in seeds {
        let case = case(seed);
        let oracle = &mut oracles[usize::from(case.family == Cube::ALL)];
        oracle.clear();
        let (list, after, within) = (&case.list, &case.after, &case.within);
        let [truth, new] = [list, after].map(|list| Truth::new(oracle, list, within));
        let about = About {
            list,
            truth: &truth,
            within,
            case: &case.name,
        };
        let report = lint(list, within, &Budget::default());
        the_dead_are_dead(oracle, &about, &report);
        the_redundant_can_go(oracle, &about, &report);
        let regions = decisions(list, within, &Budget::default()).unwrap();
        regions_are_right(oracle, &about, &regions);
        let changes = diff(list, after, within, &Budget::default()).unwrap();
        changes_are_right(oracle, [&truth, &new], [list, after], &changes, &case.name);
    }
}

/// A list with what is true of it.
struct About<'a> {
    list: &'a List,
    truth: &'a Truth,
    within: &'a Cube,
    case: &'a str,
}

/// What each entry of a list decides, and what none does.
struct Truth {
    decided: Vec<Set>,
    left: Set,
}

impl Truth {
    fn new(oracle: &mut Bdd, list: &List, within: &Cube) -> Self {
        let (decided, left) = oracle.decided(list, within);
        Self { decided, left }
    }

    /// The packets that get a label.
    fn labelled(&self, oracle: &Bdd, list: &List, label: Label) -> Set {
        let mut all = if list.default == label {
            self.left.clone()
        } else {
            oracle.none()
        };
        for (entry, set) in list.entries.iter().zip(&self.decided) {
            if entry.label == label {
                all = all.or(set).unwrap();
            }
        }
        all
    }

    /// What a rule decides.
    fn rule(&self, oracle: &Bdd, list: &List, rule: u32) -> Set {
        let own = list.entries.iter().zip(&self.decided);
        let own = own.filter(|(entry, _)| entry.rule == rule);
        own.fold(oracle.none(), |all, (_, set)| all.or(set).unwrap())
    }
}

fn the_dead_are_dead(oracle: &mut Bdd, about: &About<'_>, report: &Lint) {
    let About {
        list,
        truth,
        within,
        case,
    } = about;
    for found in &report.rules {
        let decides = truth.rule(oracle, list, found.rule);
        match &found.life {
            Life::Live(witness) => {
                let decider = list.decide(witness).rule;
                assert_eq!(decider, Some(found.rule), "{case}");
                assert!(oracle.holds(&decides, witness), "{case}: {witness:?}");
            }
            Life::Dead(cover) => {
                assert!(!decides.satisfiable(), "{case}: rule {} lives", found.rule);
                let own = inside(list, within, found.rule);
                let held = cubes(list, |entry| cover.rules.contains(&entry.rule));
                let left = oracle
                    .cubes(&own)
                    .and(&oracle.cubes(&held).not().unwrap())
                    .unwrap();
                assert!(
                    !left.satisfiable(),
                    "{case}: {cover:?} does not hide rule {}",
                    found.rule
                );
                let named = cover.other_label;
                let label = list.entries.iter().find(|entry| entry.rule == found.rule);
                let label = label.unwrap().label;
                let takes = |entry: &Entry, set: &Set| {
                    entry.label != label && set.and(&oracle.cubes(&own)).unwrap().satisfiable()
                };
                let mut takes = takes_before(takes, list, truth, found.rule);
                takes.dedup();
                assert_eq!(
                    named.is_some(),
                    !takes.is_empty(),
                    "{case}: {cover:?} {takes:?}"
                );
                assert!(
                    named.is_none_or(|named| takes.contains(&named)),
                    "{case}: {cover:?}"
                );
                assert!(
                    named.is_none_or(|named| cover.rules.contains(&named)),
                    "{case}"
                );
            }
            Life::Outside => assert_eq!(inside(list, within, found.rule), [], "{case}"),
            Life::NotDetermined => panic!("{case}: {found:?}"),
        }
    }
}

/// The cubes of a rule as far as they lie within.
fn inside(list: &List, within: &Cube, rule: u32) -> Vec<Cube> {
    let own = cubes(list, |entry| entry.rule == rule);
    own.iter()
        .filter_map(|cube| cube.intersect(within))
        .collect()
}

/// The rules before a rule that take packets from it.
fn takes_before(
    mut takes: impl FnMut(&Entry, &Set) -> bool,
    list: &List,
    truth: &Truth,
    rule: u32,
) -> Vec<u32> {
    let before = list.entries.iter().zip(&truth.decided);
    let before = before.take_while(|(entry, _)| entry.rule != rule);
    let taking = before.filter(|(entry, set)| takes(entry, set));
    taking.map(|(entry, _)| entry.rule).collect()
}

fn the_redundant_can_go(oracle: &mut Bdd, about: &About<'_>, report: &Lint) {
    let About {
        list,
        truth,
        within,
        case,
    } = about;
    for found in &report.rules {
        let without = without(list, &[found.rule]);
        match &found.removal {
            Removal::Needed { witness, instead } => {
                assert_ne!(list.decide(witness).label, instead.label, "{case}");
                assert_eq!(without.decide(witness), *instead, "{case}");
            }
            Removal::Redundant => {
                let same = falls_to_the_same(oracle, truth, list, found.rule);
                assert!(same, "{case}: rule {} is needed", found.rule);
            }
            Removal::NotDetermined => panic!("{case}: {found:?}"),
        }
    }
    let short = without(list, &report.removable_together);
    let rest = Truth::new(oracle, &short, within);
    for label in LABELS {
        let (old, new) = (
            truth.labelled(oracle, list, label),
            rest.labelled(oracle, &short, label),
        );
        assert!(
            old == new,
            "{case}: {:?} cannot go together",
            report.removable_together
        );
    }
}

/// True when all that a rule decides gets the same label from what comes after it.
fn falls_to_the_same(oracle: &mut Bdd, truth: &Truth, list: &List, rule: u32) -> bool {
    (0..list.entries.len())
        .filter(|at| list.entries[*at].rule == rule)
        .all(|at| {
            let mut left = truth.decided[at].clone();
            for later in &list.entries[at + 1..] {
                if !left.satisfiable() {
                    break;
                }
                if later.rule == rule {
                    continue;
                }
                let cube = oracle.cube(&later.cube);
                if later.label != list.entries[at].label && left.and(&cube).unwrap().satisfiable() {
                    return false;
                }
                left = left.and(&cube.not().unwrap()).unwrap();
            }
            !left.satisfiable() || list.default == list.entries[at].label
        })
}

fn regions_are_right(oracle: &mut Bdd, about: &About<'_>, regions: &[Decided]) {
    let About {
        list,
        truth,
        within,
        case,
    } = about;
    all_apart(
        &regions.iter().map(|part| part.cube).collect::<Vec<_>>(),
        case,
    );
    let mut rules: Vec<Option<u32>> = list.entries.iter().map(|entry| Some(entry.rule)).collect();
    rules.push(None);
    rules.dedup();
    for rule in rules {
        let own = regions.iter().filter(|part| part.decision.rule == rule);
        let found = oracle.cubes(own.map(|part| &part.cube));
        let wanted = rule.map_or_else(|| truth.left.clone(), |rule| truth.rule(oracle, list, rule));
        assert!(found == wanted, "{case}: {rule:?} is wrong");
    }
    for label in LABELS {
        let cubes = region(list, within, label, &Budget::default()).unwrap();
        all_apart(&cubes, case);
        let wanted = truth.labelled(oracle, list, label);
        assert!(oracle.cubes(&cubes) == wanted, "{case}: {label:?} is wrong");
    }
}

fn changes_are_right(
    oracle: &mut Bdd,
    [old, new]: [&Truth; 2],
    [before, after]: [&List; 2],
    changes: &[Change],
    case: &str,
) {
    all_apart(
        &changes.iter().map(|change| change.cube).collect::<Vec<_>>(),
        case,
    );
    for change in changes {
        let point = change.cube.first();
        assert_eq!(before.decide(&point), change.before, "{case}");
        assert_eq!(after.decide(&point), change.after, "{case}");
    }
    for old_label in LABELS {
        for new_label in LABELS.into_iter().filter(|label| *label != old_label) {
            let was = old.labelled(oracle, before, old_label);
            let wanted = was.and(&new.labelled(oracle, after, new_label)).unwrap();
            let own = changes.iter().filter(|change| {
                (change.before.label, change.after.label) == (old_label, new_label)
            });
            let found = oracle.cubes(own.map(|change| &change.cube));
            assert!(
                found == wanted,
                "{case}: {old_label:?} to {new_label:?} is wrong"
            );
        }
    }
}

/// No two cubes share a packet.
fn all_apart(cubes: &[Cube], case: &str) {
    let mut sorted = cubes.to_vec();
    sorted.sort_unstable();
    for (at, one) in sorted.iter().enumerate() {
        let last = one.span(Field::Source).last();
        let near = sorted[at + 1..].iter();
        let mut near = near.take_while(|other| other.span(Field::Source).first() <= last);
        let shared = near.find(|other| one.intersect(other).is_some());
        assert_eq!(shared, None, "{case}: shares packets with {one:?}");
    }
}

fn cubes(list: &List, wanted: impl Fn(&Entry) -> bool) -> Vec<Cube> {
    let wanted = list.entries.iter().filter(|entry| wanted(entry));
    wanted.map(|entry| entry.cube).collect()
}

fn without(list: &List, rules: &[u32]) -> List {
    let kept = list
        .entries
        .iter()
        .filter(|entry| !rules.contains(&entry.rule));
    List {
        entries: kept.copied().collect(),
        default: list.default,
    }
}

/// The labels that the lists use.
const LABELS: [Label; 3] = [Label(0), Label(1), Label(2)];

/// The room of an oracle.
const NODES: usize = 1 << 22;
