//! What is said of lists that are small enough to see why, and of lists made to be hard.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::space::{
    Budget, Bulk, ConflictKind, Cube, Decision, Entry, Field, Label, Life, Lint, List,
    NotDetermined, Point, Removal, Span, conflicts, count, decisions, diff, lint, region,
};

const DENY: Label = Label(0);
const ALLOW: Label = Label(1);

/// No step may be taken.
const NOTHING: Budget = Budget {
    splitting: 0,
    diagram: 0,
    total: 0,
};

/// A TCP rule from sources to ports, such as `(1, ALLOW, (0, 9), (22, 22))`.
type Line = (u32, Label, (u128, u128), (u128, u128));

/// A list of rules that denies what none matches.
fn list(rules: &[Line]) -> List {
    let entries = rules.iter().map(|(rule, label, sources, ports)| Entry {
        cube: tcp(*sources, *ports),
        label: *label,
        rule: *rule,
    });
    List {
        entries: entries.collect(),
        default: DENY,
    }
}

fn tcp(sources: (u128, u128), ports: (u128, u128)) -> Cube {
    Cube::V4
        .with(Field::Protocol, Span::one(6))
        .with(Field::Source, Span::new(sources.0, sources.1).unwrap())
        .with(Field::B, Span::new(ports.0, ports.1).unwrap())
}

fn packet(source: u128, port: u128) -> Point {
    Point([source, 1, 6, 40_000, port])
}

fn report(list: &List) -> Lint {
    lint(list, &Cube::V4, &Budget::default())
}

/// The rules that hide a rule, and the one of another label; fails when the rule lives.
fn cover(lint: &Lint, rule: u32) -> (Vec<u32>, Option<u32>) {
    let found = lint.rules.iter().find(|found| found.rule == rule).unwrap();
    let Life::Dead(cover) = &found.life else {
        panic!("rule {rule} is not dead: {found:?}");
    };
    (cover.rules.clone(), cover.other_label)
}

fn redundant(lint: &Lint) -> Vec<u32> {
    let found = lint
        .rules
        .iter()
        .filter(|found| found.removal == Removal::Redundant);
    found.map(|found| found.rule).collect()
}

/// Wide slabs in four fields around so many thin slabs of sources that together hold everything, then
/// a rule for everything.
fn comb(teeth: u32) -> List {
    let fields = [Field::Destination, Field::Protocol, Field::A, Field::B];
    let slabs = (0..80_u32).map(|rule| {
        let first = u128::from(rule / 4) * 12;
        let span = Span::new(first, first + 4).unwrap();
        Cube::V4.with(fields[rule as usize % 4], span)
    });
    let width = (1 << 32) / u128::from(teeth);
    let teeth = (0..teeth).map(|tooth| {
        let first = u128::from(tooth) * width;
        let span = Span::new(first, first + width + 1_000).unwrap();
        Cube::V4.with(Field::Source, span)
    });
    let cubes = slabs.chain(teeth).chain([Cube::V4]);
    let entries = (0..).zip(cubes).map(|(rule, cube)| Entry {
        cube,
        label: Label(rule % 2),
        rule,
    });
    List {
        entries: entries.collect(),
        default: DENY,
    }
}

#[test]
fn the_first_match_decides_and_is_named() {
    let list = list(&[(1, DENY, (5, 5), (0, 65535)), (2, ALLOW, (0, 9), (22, 22))]);
    let table = [
        (packet(5, 22), DENY, Some(1)),
        (packet(6, 22), ALLOW, Some(2)),
        (packet(6, 23), DENY, None),
    ];
    for (point, label, rule) in table {
        let decision = Decision { label, rule };
        assert_eq!(list.decide(&point), decision);
        assert_eq!(Bulk::new(&list).decide(&point), decision);
        assert_eq!(Bulk::small(&list).decide(&point), decision);
    }
}

#[test]
fn what_is_no_packet_and_lists_without_rules_are_decided_alike() {
    let no_packet = Point([u128::MAX, 1 << 90, 300, 70_000, u128::MAX]);
    let every = List {
        entries: vec![Entry {
            cube: Cube::ALL,
            label: ALLOW,
            rule: 4,
        }],
        default: DENY,
    };
    for list in [list(&[]), every] {
        for point in [no_packet, packet(1, 1)] {
            assert_eq!(Bulk::new(&list).decide(&point), list.decide(&point));
            assert_eq!(Bulk::small(&list).decide(&point), list.decide(&point));
        }
    }
    assert_eq!(report(&list(&[])).rules, []);
}

#[test]
fn a_rule_behind_a_wider_one_of_another_label_is_dead_and_says_so() {
    let list = list(&[(1, DENY, (0, 99), (0, 65535)), (2, ALLOW, (5, 9), (22, 22))]);
    assert_eq!(cover(&report(&list), 2), (vec![1], Some(1)));
}

#[test]
fn rules_that_hide_one_together_are_named_and_no_more_than_needed() {
    let list = list(&[
        (1, ALLOW, (3, 4), (22, 22)),
        (2, ALLOW, (0, 5), (0, 100)),
        (3, ALLOW, (5, 9), (0, 100)),
        (4, ALLOW, (0, 9), (22, 80)),
    ]);
    assert_eq!(cover(&report(&list), 4), (vec![2, 3], None));
}

#[test]
fn a_small_exception_of_another_label_is_named_beside_what_hides_the_rule() {
    let list = list(&[
        (1, DENY, (3, 3), (30, 30)),
        (2, ALLOW, (0, 9), (0, 100)),
        (3, ALLOW, (0, 9), (22, 80)),
    ]);
    assert_eq!(cover(&report(&list), 3), (vec![1, 2], Some(1)));
}

#[test]
fn a_rule_of_two_cubes_lives_when_one_of_them_does() {
    let list = list(&[
        (1, DENY, (0, 9), (0, 65535)),
        (2, ALLOW, (5, 9), (22, 22)),
        (2, ALLOW, (5, 10), (80, 80)),
    ]);
    let lint = report(&list);
    assert_eq!(lint.rules[1].life, Life::Live(Point([10, 0, 6, 0, 80])));
}

#[test]
fn a_rule_asked_in_two_places_is_one_rule() {
    let list = list(&[
        (7, ALLOW, (0, 9), (22, 22)),
        (8, DENY, (0, 99), (22, 22)),
        (7, ALLOW, (0, 9), (22, 22)),
    ]);
    let lint = report(&list);
    assert_eq!(lint.rules.len(), 2);
    assert!(matches!(lint.rules[0].life, Life::Live(_)), "{lint:?}");
    let Removal::Needed { witness, instead } = lint.rules[0].removal else {
        panic!("rule 7 is needed: {lint:?}");
    };
    assert_eq!(list.decide(&witness).rule, Some(7));
    assert_eq!(instead.rule, Some(8));
}

#[test]
fn twins_are_each_redundant_but_only_one_can_go() {
    let lint = report(&twins());
    assert_eq!(redundant(&lint), [1, 2]);
    assert_eq!(lint.removable_together, [2]);
}

#[test]
fn what_the_default_or_later_rules_do_anyway_is_redundant() {
    let list = list(&[
        (1, ALLOW, (0, 9), (22, 22)),
        (2, DENY, (20, 29), (22, 22)),
        (3, ALLOW, (0, 9), (20, 22)),
        (4, ALLOW, (0, 9), (20, 21)),
    ]);
    let lint = report(&list);
    assert_eq!(redundant(&lint), [1, 2, 3, 4]);
    // Rule 3 covers what 1 and 4 were there for.
    assert_eq!(lint.removable_together, [1, 2, 4]);
}

/// Two equal rules before a general one.
fn twins() -> List {
    list(&[
        (1, ALLOW, (0, 9), (22, 22)),
        (2, ALLOW, (0, 9), (22, 22)),
        (3, DENY, (0, 99), (0, 65535)),
        (4, ALLOW, (0, 199), (0, 65535)),
    ])
}

#[test]
fn a_rule_without_packets_of_the_family_is_outside() {
    let beyond = Cube::ALL.with(Field::Source, Span::one(1 << 100));
    let mut list = list(&[(1, ALLOW, (0, 9), (22, 22))]);
    list.entries.push(Entry {
        cube: beyond,
        label: ALLOW,
        rule: 2,
    });
    let lint = report(&list);
    assert_eq!(lint.rules[1].life, Life::Outside);
    assert_eq!(lint.removable_together, [2]);
}

#[test]
fn a_comb_that_splitting_cannot_finish_is_seen_through() {
    for teeth in [20, 200, 1_000] {
        let list = comb(teeth);
        let lint = report(&list);
        let last = lint.rules.last().unwrap();
        assert!(
            matches!(last.life, Life::Dead(_)),
            "{teeth} teeth: {:?}",
            last.life
        );
        let open = lint
            .rules
            .iter()
            .filter(|rule| rule.removal == Removal::NotDetermined);
        assert_eq!(open.count(), 0);
    }
}

#[test]
fn without_steps_the_hard_questions_stay_open() {
    let list = comb(20);
    let lint = lint(&list, &Cube::V4, &NOTHING);
    assert_eq!(lint.rules.last().unwrap().life, Life::NotDetermined);
    let stopped = NotDetermined { steps: 0 };
    assert_eq!(region(&list, &Cube::V4, ALLOW, &NOTHING), Err(stopped));
    assert_eq!(decisions(&list, &Cube::V4, &NOTHING), Err(stopped));
    let other = twins();
    assert_eq!(diff(&list, &other, &Cube::V4, &NOTHING), Err(stopped));
    assert!(!conflicts(&list, &Cube::V4, &NOTHING, 10).complete);
    let words = "not determined within 0 steps: ask about fewer packets or allow more steps";
    assert_eq!(stopped.to_string(), words);
}

#[test]
fn conflicts_are_told_apart_by_who_holds_whom() {
    let list = list(&[
        (1, DENY, (0, 5), (22, 22)),
        (2, ALLOW, (0, 9), (0, 100)),
        (3, DENY, (8, 20), (90, 200)),
        (4, DENY, (3, 4), (50, 60)),
    ]);
    let found = conflicts(&list, &Cube::V4, &Budget::default(), 10);
    let pairs: Vec<_> = found
        .found
        .iter()
        .map(|own| (own.first, own.second, own.kind))
        .collect();
    let expected = [
        (1, 2, ConflictKind::Generalisation),
        (2, 3, ConflictKind::Correlation),
        (2, 4, ConflictKind::Shadowing),
    ];
    assert_eq!(pairs, expected);
    assert!(found.complete);
    for conflict in found.found {
        assert_eq!(list.decide(&conflict.witness).rule, Some(conflict.first));
    }
    assert!(!conflicts(&list, &Cube::V4, &Budget::default(), 2).complete);
}

#[test]
fn an_overlap_that_an_earlier_rule_takes_is_no_conflict() {
    let list = list(&[
        (1, DENY, (0, 99), (22, 22)),
        (2, ALLOW, (0, 9), (22, 80)),
        (3, DENY, (5, 20), (20, 22)),
    ]);
    let found = conflicts(&list, &Cube::V4, &Budget::default(), 10);
    let pairs: Vec<_> = found
        .found
        .iter()
        .map(|own| (own.first, own.second))
        .collect();
    assert_eq!(pairs, [(1, 2)]);
}

#[test]
fn letting_all_pass_opens_what_was_closed() {
    let before = list(&[(1, DENY, (5, 5), (0, 65535)), (2, ALLOW, (0, 9), (22, 22))]);
    let mut after = before.clone();
    after.entries.insert(
        0,
        Entry {
            cube: Cube::V4,
            label: ALLOW,
            rule: 9,
        },
    );
    let within = tcp((0, 9), (20, 29)).with(Field::Destination, Span::one(1));
    let within = within.with(Field::A, Span::one(40_000));
    let budget = Budget::default();
    let changes = diff(&before, &after, &within, &budget).unwrap();
    let cubes: Vec<Cube> = changes.iter().map(|change| change.cube).collect();
    assert_eq!(count(&cubes), 10 * 10 - 9);
    assert!(changes.iter().all(|change| change.after.rule == Some(9)));
    let deciders: Vec<_> = changes.iter().map(|change| change.before.rule).collect();
    assert!(
        deciders.contains(&Some(1)) && deciders.contains(&None),
        "{deciders:?}"
    );
    let allowed = region(&before, &within, ALLOW, &budget).unwrap();
    assert_eq!(count(&allowed), 9);
}

#[test]
fn lists_that_mean_the_same_do_not_differ() {
    let split = list(&[(1, ALLOW, (0, 4), (22, 22)), (2, ALLOW, (5, 9), (22, 22))]);
    let whole = list(&[(1, ALLOW, (0, 9), (22, 22)), (2, DENY, (0, 99), (0, 65535))]);
    let budget = Budget::default();
    assert_eq!(diff(&split, &whole, &Cube::V4, &budget), Ok(vec![]));
}

#[test]
fn another_default_changes_all_that_no_rule_decides() {
    let before = list(&[(1, ALLOW, (0, 9), (22, 22))]);
    let mut after = before.clone();
    after.default = ALLOW;
    let within = tcp((0, 99), (22, 22));
    let changes = diff(&before, &after, &within, &Budget::default()).unwrap();
    let cubes: Vec<Cube> = changes.iter().map(|change| change.cube).collect();
    assert_eq!(cubes, [tcp((10, 99), (22, 22))]);
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let list = comb(60);
    assert_eq!(report(&list), report(&list));
    let within = Cube::V4
        .with(Field::Destination, Span::one(7))
        .with(Field::A, Span::one(9));
    let within = within.with(Field::Protocol, Span::one(6));
    let ask = || decisions(&list, &within, &Budget::default()).unwrap();
    assert_eq!(ask(), ask());
}
