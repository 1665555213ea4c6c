//! A thousand random ways through one to three gates, each beside an edited one, with packets wanted.

use crate::cases::case;
use crate::packets::packet;
use crate::rule_lists::{Flavour, Random, edited, list};
use rulesets::questions::{ALLOW, DENY, Gate, Gates};
use rulesets::space::{Cube, Entry, Field, List, Span};
use rulesets::{Direction, Family, LayerKind, MatchingRule};

/// One way and what is asked about it.
pub(crate) struct Ways {
    pub(crate) name: String,
    pub(crate) before: Gates,
    /// The same gates with some edits in one of them.
    pub(crate) after: Gates,
    /// The gate that is edited.
    pub(crate) edited: usize,
    /// Where regions and differences are asked for.
    pub(crate) within: Cube,
    /// The packets that a fix is to let through.
    pub(crate) wanted: Cube,
}

/// The ways of a seed; in two of three some rules are undecided.
pub(crate) fn ways(seed: u64) -> Ways {
    let mut case = case(seed);
    for list in [&mut case.list, &mut case.after] {
        list.entries.truncate(LONGEST);
    }
    let mut random = Random::new(seed ^ 0x5eed);
    let mut lists = vec![case.list];
    for number in 1..=random.below(3) {
        let flavour = Flavour::ALL[usize::try_from((seed + 2 * number) % 5).unwrap()];
        let size = 1 + u32::try_from(random.below(24)).unwrap();
        lists.push(list(flavour, &case.family, size, seed ^ number));
    }
    let doubt = [0, 10, 25][usize::try_from(random.below(3)).unwrap()];
    let family = if case.family == Cube::ALL {
        Family::V6
    } else {
        Family::V4
    };
    let gates = |lists: &[List]| Gates {
        family,
        direction: Direction::Inbound,
        gates: lists
            .iter()
            .enumerate()
            .map(|(number, list)| gate(number, list, doubt))
            .collect(),
    };
    let wanted = wanted(&lists[0], &case.family, &mut random);
    let within = if seed.is_multiple_of(4) {
        case.within.with(Field::B, wanted.span(Field::B))
    } else {
        case.within
    };
    let before = gates(&lists);
    let at = usize::try_from(random.below(lists.len() as u64)).unwrap();
    lists[at] = if at == 0 {
        case.after
    } else {
        edited(&lists[at], 2, &mut random)
    };
    Ways {
        name: format!(
            "{} of {} gates, {doubt} % undecided",
            case.name,
            lists.len()
        ),
        before,
        after: gates(&lists),
        edited: at,
        within,
        wanted,
    }
}

/// A list as a gate. Which rules are undecided depends on what they say, so that an edit leaves the
/// others as they are: `must` takes those that stop packets, `may` those that let them pass.
fn gate(number: usize, list: &List, doubt: u64) -> Gate {
    let told = |entry: &Entry| {
        let two = if entry.label == ALLOW { ALLOW } else { DENY };
        (
            Entry {
                label: two,
                ..*entry
            },
            doubtful(entry, doubt),
        )
    };
    let entries: Vec<_> = list.entries.iter().map(told).collect();
    let reading = |wanted| List {
        entries: entries
            .iter()
            .filter(|(entry, doubtful)| !doubtful || entry.label == wanted)
            .map(|(entry, _)| *entry)
            .collect(),
        default: list.default,
    };
    let rules = list.entries.iter().map(|entry| entry.rule).max();
    let rules = 0..rules.map_or(0, |last| last + 1);
    Gate {
        layer: LayerKind::SecurityGroup,
        name: format!("gate {number}"),
        must: reading(DENY),
        may: reading(ALLOW),
        rules: rules
            .map(|rule| MatchingRule {
                set: format!("gate {number}"),
                chain: None,
                handle: None,
                index: rule as usize,
                rule: format!("rule {rule}"),
                allows: true,
            })
            .collect(),
        fallback: "implicit reject".to_owned(),
    }
}

fn doubtful(entry: &Entry, percent: u64) -> bool {
    let ends = entry.cube.first().0;
    let mixed = ends
        .iter()
        .fold(7, |all: u128, end| all.rotate_left(31) ^ end);
    let mixed = u64::try_from(mixed % u128::from(u64::MAX)).unwrap();
    Random::new(mixed).chance(percent)
}

/// A service of one address or block, as one asks for it, at some rule's edge.
fn wanted(list: &List, family: &Cube, random: &mut Random) -> Cube {
    let point = packet(list, family, random);
    let mut cube = *family;
    for field in Field::ALL {
        let span = Span::one(point.get(field));
        let open = match field {
            Field::Source => 15,
            Field::Destination => 40,
            Field::A => 90,
            Field::Protocol | Field::B => 5,
        };
        if !random.chance(open) {
            cube = cube.with(field, span);
        }
    }
    if random.chance(20) {
        let source = cube.span(Field::Source);
        let last = source.first() | 0xff;
        cube = Span::new(source.first() & !0xff, last)
            .map_or(cube, |block| cube.with(Field::Source, block));
    }
    cube
}

/// The entries of a list; the diagrams of longer ones take minutes.
const LONGEST: usize = 120;
