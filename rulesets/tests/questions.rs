//! The questions about whole sets of packets, against every packet of a small world, one by one.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use proptest::prelude::*;
use rulesets::questions::{
    ALLOW, Changes, DENY, FixKind, Gate, Gates, Opened, Place, Side, changes, fixes, opened, reach,
    why,
};
use rulesets::space::{Budget, Cube, Entry, Field, Label, List, Point, Span};
use rulesets::{Direction, Family, LayerKind, MatchingRule};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_gets_through_is_what_every_gate_lets_pass(gates in gates(3)) {
        let reach = reach(&gates, &world(), &Budget::default()).unwrap();
        for point in points() {
            prop_assert_eq!(held(&reach.certain, &point), passes(&gates, &point, false));
            let possible = passes(&gates, &point, true) && !passes(&gates, &point, false);
            prop_assert_eq!(held(&reach.possible, &point), possible);
        }
    }

    #[test]
    fn a_change_opens_and_shuts_what_fares_differently(before in gates(2), edit in edit()) {
        let after = edited(&before, &edit);
        let found = changes(&before, &after, &world(), &Budget::default()).unwrap();
        for point in points() {
            let fares = |may| (passes(&before, &point, may), passes(&after, &point, may));
            let moved = [fares(false), fares(true)];
            for (shifts, direction) in [(&found.opened, (false, true)), (&found.shut, (true, false))] {
                let certainly = moved == [direction; 2];
                let possibly = !certainly && moved.contains(&direction);
                let own = shifts.iter().filter(|shift| shift.cube.contains(&point));
                let own: Vec<_> = own.collect();
                prop_assert_eq!(own.iter().any(|shift| shift.certain), certainly, "{:?}", point);
                prop_assert_eq!(own.iter().any(|shift| !shift.certain), possibly, "{:?}", point);
            }
        }
    }

    #[test]
    fn a_fix_opens_what_is_wanted_and_says_what_else(gates in gates(2), wanted in cube()) {
        for fix in fixes(&gates, &wanted, &Budget::default()).unwrap() {
            let gate = &fix.after.gates[fix.gate];
            for point in points().filter(|point| wanted.contains(point)) {
                prop_assert_eq!(gate.must.decide(&point).label, ALLOW);
            }
            let mut excess = 0;
            for point in points() {
                let (old, new) = (passes(&gates, &point, true), passes(&fix.after, &point, true));
                prop_assert!(new || !old, "a fix shuts nothing: {:?}", point);
                let certain = (passes(&gates, &point, false), passes(&fix.after, &point, false));
                if ((new, old) == (true, false) || certain == (false, true)) && !wanted.contains(&point) {
                    excess += 1;
                }
            }
            prop_assert_eq!(fix.excess, excess);
            if fix.kind != FixKind::Widen {
                prop_assert_eq!(excess, 0);
            }
            let all = points().filter(|point| wanted.contains(point));
            let suffices = all.into_iter().all(|point| passes(&fix.after, &point, false));
            prop_assert_eq!(fix.suffices, suffices);
        }
    }

    #[test]
    fn whoever_gets_in_has_a_way_at_every_gate(gates in gates(2), within in cube()) {
        let ways = why(&gates, &within, &Budget::default()).unwrap();
        for point in points().filter(|point| within.contains(point)) {
            let in_all = passes(&gates, &point, true);
            for gate in &gates.gates {
                let own: Vec<_> = ways
                    .iter()
                    .filter(|way| way.gate == gate.name && held(&way.passes, &point))
                    .collect();
                prop_assert_eq!(own.len(), usize::from(in_all));
                for way in own {
                    let Some(rule) = &way.rule else {
                        prop_assert!(way.cut.is_empty());
                        continue;
                    };
                    let mut list = gate.may.clone();
                    list.entries.retain(|entry| gate.rules[entry.rule as usize] != *rule);
                    let cut = list.decide(&point).label != ALLOW;
                    prop_assert_eq!(held(&way.cut, &point), cut);
                }
            }
        }
    }
}

#[test]
fn the_rules_that_decide_are_named_for_each_piece() {
    let before = named_gates(&[("deny 1", 0, 3, DENY), ("deny 2", 4, 7, DENY)], ALLOW);
    let after = named_gates(&[("deny 2", 4, 7, DENY)], ALLOW);
    let Changes { opened, shut } = changes(&before, &after, &world(), &Budget::default()).unwrap();
    assert!(shut.is_empty());
    let [shift] = opened.as_slice() else {
        panic!("{opened:?}");
    };
    assert_eq!(shift.before.as_ref().unwrap().rule, "deny 1");
    assert_eq!(shift.after, None);
    assert_eq!(shift.cube.span(Field::Source), Span::new(0, 3).unwrap());
}

#[test]
fn an_accept_above_the_rule_that_stops_them_comes_first() {
    let gates = named_gates(&[("deny all", 0, 7, DENY)], ALLOW);
    let wanted = world().with(Field::Source, Span::one(5));
    let found = fixes(&gates, &wanted, &Budget::default()).unwrap();
    let kinds: Vec<_> = found.iter().map(|fix| (fix.kind, fix.excess)).collect();
    assert_eq!(kinds, [(FixKind::Insert, 0), (FixKind::Narrow, 0)]);
    let narrowed: u128 = found[1].matches.iter().map(Cube::count).sum();
    assert_eq!(narrowed, world().count() / 8 * 7);
}

#[test]
fn a_rule_for_several_ports_is_passed_by_as_a_whole() {
    let gates = two_ports(("deny two ports", 0, 7, DENY), ALLOW);
    let wanted = world().with(Field::B, Span::one(3));
    let found = fixes(&gates, &wanted, &Budget::default()).unwrap();
    let kinds: Vec<_> = found.iter().map(|fix| (fix.kind, fix.place)).collect();
    let expected = [
        (FixKind::Insert, Place::Above),
        (FixKind::Narrow, Place::Itself),
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_rule_for_several_ports_is_widened_for_all_of_them() {
    let gates = two_ports(("allow two ports", 0, 1, ALLOW), DENY);
    let wanted = world()
        .with(Field::B, Span::one(3))
        .with(Field::Source, Span::one(3));
    let found = fixes(&gates, &wanted, &Budget::default()).unwrap();
    let widened = found.iter().find(|fix| fix.kind == FixKind::Widen).unwrap();
    // Sources 2 and 3 to both ports, less the one that is wanted: each with two destinations, two
    // protocols and two source ports, of which the wanted packets have all.
    assert_eq!(widened.excess, 4 * 8 - 8);
}

#[test]
fn an_accept_goes_before_the_call_of_the_chain_that_stops() {
    let mut gates = named_gates(
        &[("accept lo", 0, 0, ALLOW), ("deny in a", 2, 7, DENY)],
        ALLOW,
    );
    let gate = &mut gates.gates[0];
    gate.name = "ip filter INPUT".to_owned();
    for (rule, chain) in gate.rules.iter_mut().zip(["INPUT", "a"]) {
        (rule.set, rule.chain) = ("ip filter".to_owned(), Some(chain.to_owned()));
    }
    let wanted = world().with(Field::Source, Span::one(5));
    let first = |gates: &Gates| fixes(gates, &wanted, &Budget::default()).unwrap().remove(0);
    let found = first(&gates);
    assert_eq!((found.kind, found.place), (FixKind::Insert, Place::Below));
    assert_eq!(found.rule.unwrap().rule, "accept lo");
    let gate = &mut gates.gates[0];
    gate.must.entries.remove(0);
    gate.may.entries.remove(0);
    let found = first(&gates);
    assert_eq!((found.place, found.rule), (Place::Top, None));
}

#[test]
fn a_rule_that_only_some_packets_are_led_to_is_not_widened() {
    let mut gates = named_gates(&[("accept in a", 0, 1, ALLOW)], DENY);
    let wanted = world().with(Field::Source, Span::one(3));
    let widened = |gates: &Gates| {
        let found = fixes(gates, &wanted, &Budget::default()).unwrap();
        found.iter().any(|fix| fix.kind == FixKind::Widen)
    };
    assert!(widened(&gates));
    let gate = &mut gates.gates[0];
    gate.name = "ip filter INPUT".to_owned();
    (gate.rules[0].set, gate.rules[0].chain) = ("ip filter".to_owned(), Some("a".to_owned()));
    assert!(!widened(&gates));
}

#[test]
fn the_clients_port_does_not_multiply_what_is_opened() {
    let closed = named_gates(&[], DENY);
    let service = Cube::V4
        .with(Field::Protocol, Span::one(6))
        .with(Field::Source, Span::new(8, 9).unwrap())
        .with(Field::Destination, Span::one(1));
    let cases = [
        (
            Side::Asking,
            service.with(Field::B, Span::one(22)),
            "from 0.0.0.8/31",
            2,
        ),
        (
            Side::Answering,
            service.with(Field::A, Span::one(22)),
            "to 0.0.0.8/31",
            2,
        ),
        // No port of the service is told apart.
        (
            Side::Answering,
            service.with(Field::B, Span::one(22)),
            "to 0.0.0.8/31",
            2 * 65_536,
        ),
    ];
    for (side, cube, far, flows) in cases {
        let mut open = closed.clone();
        let gate = &mut open.gates[0];
        for list in [&mut gate.must, &mut gate.may] {
            let (label, rule) = (ALLOW, 0);
            list.entries = vec![Entry { cube, label, rule }];
        }
        let regions = opened(&closed, &open, side, &Budget::default()).unwrap();
        let found = Opened::of(regions);
        assert_eq!(found.flows, flows, "{}", found.summary);
        assert!(found.summary.ends_with(far), "{}", found.summary);
        let none = opened(&open, &closed, side, &Budget::default()).unwrap();
        assert!(none.is_empty());
    }
}

/// One rule for the ports 1 and 3, which has a box for each.
fn two_ports(rule: (&str, u128, u128, Label), default: Label) -> Gates {
    let mut gates = named_gates(&[rule], default);
    let gate = &mut gates.gates[0];
    let whole = gate.must.entries[0];
    let port = |port| Entry {
        cube: whole.cube.with(Field::B, Span::one(port)),
        ..whole
    };
    gate.must.entries = vec![port(1), port(3)];
    gate.may = gate.must.clone();
    gates
}

fn named_gates(rules: &[(&str, u128, u128, Label)], default: Label) -> Gates {
    let entries = rules
        .iter()
        .zip(0..)
        .map(|((_, first, last, label), rule)| Entry {
            cube: world().with(Field::Source, Span::new(*first, *last).unwrap()),
            label: *label,
            rule,
        });
    let list = List {
        entries: entries.collect(),
        default,
    };
    let names = rules.iter().map(|(name, ..)| (*name).to_owned()).collect();
    Gates {
        family: Family::V4,
        direction: Direction::Inbound,
        gates: vec![gate(0, list.clone(), list, names)],
    }
}

/// Eight sources, two destinations, two protocols, two source ports and four destination ports.
fn world() -> Cube {
    Cube::V4
        .with(Field::Source, Span::up_to(7))
        .with(Field::Destination, Span::up_to(1))
        .with(Field::Protocol, Span::new(6, 7).unwrap())
        .with(Field::A, Span::up_to(1))
        .with(Field::B, Span::up_to(3))
}

fn points() -> impl Iterator<Item = Point> {
    let numbers = 0..256_u128;
    numbers.map(|n| Point([n % 8, n / 8 % 2, 6 + n / 16 % 2, n / 32 % 2, n / 64]))
}

fn held(cubes: &[Cube], point: &Point) -> bool {
    cubes.iter().any(|cube| cube.contains(point))
}

fn passes(gates: &Gates, point: &Point, may: bool) -> bool {
    gates.gates.iter().all(|gate| {
        let list = if may { &gate.may } else { &gate.must };
        list.decide(point).label == ALLOW
    })
}

fn edited(gates: &Gates, (gate, at, entry): &(usize, usize, Entry)) -> Gates {
    let mut after = gates.clone();
    let number = gate % after.gates.len();
    let gate = &mut after.gates[number];
    let (must, may) = (&mut gate.must.entries, &mut gate.may.entries);
    let rule = u32::try_from(gate.rules.len()).unwrap();
    gate.rules.push(rule_named("edit", 99));
    for entries in [must, may] {
        let at = at % (entries.len() + 1);
        entries.insert(at, Entry { rule, ..*entry });
    }
    after
}

fn edit() -> impl Strategy<Value = (usize, usize, Entry)> {
    (any::<usize>(), any::<usize>(), entry())
}

fn gates(most: usize) -> impl Strategy<Value = Gates> {
    let each = prop::collection::vec((entry(), 0_u8..5), 0..7);
    let default = prop_oneof![Just(ALLOW), Just(DENY)];
    prop::collection::vec((each, default), 1..=most).prop_map(|lists| Gates {
        family: Family::V4,
        direction: Direction::Inbound,
        gates: lists
            .into_iter()
            .enumerate()
            .map(|(number, (rules, default))| random_gate(number, &rules, default))
            .collect(),
    })
}

/// One rule in five is undecided: taken as it helps least in `must`, and as it helps most in `may`.
fn random_gate(number: usize, rules: &[(Entry, u8)], default: Label) -> Gate {
    let numbered = rules.iter().zip(0..);
    let entries: Vec<_> = numbered
        .map(|((entry, luck), rule)| (Entry { rule, ..*entry }, *luck == 0))
        .collect();
    let list = |wanted: Label| List {
        entries: entries
            .iter()
            .filter(|(entry, undecided)| !undecided || entry.label == wanted)
            .map(|(entry, _)| *entry)
            .collect(),
        default,
    };
    let names = (0..rules.len())
        .map(|rule| format!("rule {rule}"))
        .collect();
    gate(number, list(DENY), list(ALLOW), names)
}

fn gate(number: usize, must: List, may: List, names: Vec<String>) -> Gate {
    let rules = names.into_iter().enumerate();
    Gate {
        layer: LayerKind::SecurityGroup,
        name: format!("gate {number}"),
        must,
        may,
        rules: rules
            .map(|(index, name)| rule_named(&name, index))
            .collect(),
        fallback: "implicit reject".to_owned(),
    }
}

fn rule_named(name: &str, index: usize) -> MatchingRule {
    MatchingRule {
        set: "sg-1".to_owned(),
        chain: None,
        handle: None,
        index,
        rule: name.to_owned(),
        allows: true,
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let label = prop_oneof![Just(ALLOW), Just(DENY)];
    (cube(), label).prop_map(|(cube, label)| Entry {
        cube,
        label,
        rule: 0,
    })
}

fn cube() -> impl Strategy<Value = Cube> {
    let span = |first: u128, last: u128| {
        (first..=last, first..=last)
            .prop_map(|(one, other)| Span::new(one.min(other), one.max(other)).unwrap())
    };
    let fields = (span(0, 7), span(0, 1), span(6, 7), span(0, 1), span(0, 3));
    fields.prop_map(|(source, destination, protocol, a, b)| {
        world()
            .with(Field::Source, source)
            .with(Field::Destination, destination)
            .with(Field::Protocol, protocol)
            .with(Field::A, a)
            .with(Field::B, b)
    })
}
