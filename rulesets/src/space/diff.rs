//! The packets that two lists treat differently.
//!
//! What both lists have in common, in the same order, decides alike for every packet that no other
//! entry touches. So the lists are compared inside the entries that only one of them has.

use super::budget::{Budget, Meter, NotDetermined};
use super::cube::Cube;
use super::diagram::{Diagram, Item, Question};
use super::grid::{Grid, Rect, index};
use super::list::{Decision, Entry, List};
use super::merge::merge;

/// Packets that get another label.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Change {
    /// The packets.
    pub cube: Cube,
    /// What the first list does to them.
    pub before: Decision,
    /// What the second list does to them.
    pub after: Decision,
}

/// All packets within a cube to which two lists give different labels: disjoint cubes, neighbours
/// joined, none where the lists mean the same.
pub fn diff(
    before: &List,
    after: &List,
    within: &Cube,
    budget: &Budget,
) -> Result<Vec<Change>, NotDetermined> {
    let cubes = [before, after].map(|list| list.entries.iter().map(|entry| &entry.cube));
    let [old, new] = cubes;
    let grid = Grid::new(within, &old.chain(new));
    let places = places(before, after, &grid);
    let sides = [Side::new(before, &grid), Side::new(after, &grid)];
    let mut known: Vec<Decision> = sides.iter().flat_map(Side::decisions).collect();
    known.sort_unstable();
    known.dedup();
    let mut meter = Meter::new(budget.diagram.min(budget.total));
    let mut parts = Vec::new();
    for (number, place) in places.iter().enumerate() {
        meter.spend(1 + (before.entries.len() + after.entries.len() + number) / ENTRIES_A_STEP)?;
        let question = question(&sides, &known, &places[..number], place);
        let diagram = Diagram::new(&question, place, &mut meter)?;
        parts.extend(diagram.differences(&mut meter)?);
    }
    let changes = merge(parts).into_iter().map(|part| Change {
        cube: grid.cube(&part.rect),
        before: known[part.values[0] as usize],
        after: known[part.values[1] as usize],
    });
    Ok(changes.collect())
}

/// A list on the grid.
struct Side<'a> {
    list: &'a List,
    rects: Vec<(Rect, &'a Entry)>,
}

impl<'a> Side<'a> {
    fn new(list: &'a List, grid: &Grid) -> Self {
        let entries = list.entries.iter();
        let rects = entries.filter_map(|entry| Some((grid.rect(&entry.cube)?, entry)));
        Self {
            list,
            rects: rects.collect(),
        }
    }

    fn decisions(&self) -> impl Iterator<Item = Decision> {
        let own = self
            .rects
            .iter()
            .map(|(_, entry)| self.list.decision(Some(entry)));
        own.chain([self.list.decision(None)])
    }
}

/// Where the lists may differ: the entries that only one has, and everywhere when their defaults do.
fn places(before: &List, after: &List, grid: &Grid) -> Vec<Rect> {
    let mut places: Vec<Rect> = if before.default == after.default {
        let only = only_one_has(&before.entries, &after.entries);
        only.filter_map(|entry| grid.rect(&entry.cube)).collect()
    } else {
        vec![grid.whole()]
    };
    places.sort_unstable();
    places.dedup();
    // The widest first: it settles what lies inside it.
    let cells = |rect: &Rect| rect.common(rect);
    places.sort_by(|one, other| cells(other).total_cmp(&cells(one)));
    let mut kept: Vec<Rect> = Vec::new();
    for place in places {
        if !kept
            .iter()
            .take(MOST_COMPARED)
            .any(|wider| wider.covers(&place))
        {
            kept.push(place);
        }
    }
    kept
}

/// Both lists inside one place, less what has been compared in the places before it.
fn question(sides: &[Side<'_>; 2], known: &[Decision], settled: &[Rect], place: &Rect) -> Question {
    let value = |decision: Decision| index(known.partition_point(|other| *other < decision));
    // One value more than decisions, the same in both lists: it makes no difference anywhere.
    let no_matter = index(known.len());
    let settled: Vec<Item> = settled
        .iter()
        .filter_map(|rect| rect.intersect(place))
        .map(|rect| Item {
            rect,
            value: no_matter,
        })
        .collect();
    let mut items = Vec::new();
    let mut split = 0;
    for side in sides {
        split = items.len();
        items.extend_from_slice(&settled);
        for (rect, entry) in &side.rects {
            let value = value(side.list.decision(Some(entry)));
            items.extend(rect.intersect(place).map(|rect| Item { rect, value }));
        }
    }
    let label = |decision: &Decision| decision.label.0;
    let mut labels: Vec<u32> = known.iter().map(label).collect();
    labels.sort_unstable();
    labels.dedup();
    let class = |decision| index(labels.partition_point(|other| *other < label(decision)));
    let mut classes: Vec<u32> = known.iter().map(class).collect();
    classes.push(index(labels.len()));
    Question {
        items,
        split,
        defaults: [0, 1].map(|side: usize| value(sides[side].list.decision(None))),
        classes,
    }
}

/// The entries outside a long common subsequence: equal entries of both lists are paired, and the
/// longest rising run of pairs is common.
fn only_one_has<'a>(before: &'a [Entry], after: &'a [Entry]) -> impl Iterator<Item = &'a Entry> {
    let start = before
        .iter()
        .zip(after)
        .take_while(|(old, new)| alike(old, new))
        .count();
    let (before, after) = (&before[start..], &after[start..]);
    let ends = before.iter().rev().zip(after.iter().rev());
    let end = ends.take_while(|(old, new)| alike(old, new)).count();
    let (before, after) = (&before[..before.len() - end], &after[..after.len() - end]);
    let pairs = common(before, after);
    let mut keep = [vec![true; before.len()], vec![true; after.len()]];
    for (old, new) in pairs {
        keep[0][old] = false;
        keep[1][new] = false;
    }
    let [old, new] = keep;
    let kept = |(entry, keep): (&'a Entry, bool)| keep.then_some(entry);
    let old = before.iter().zip(old).filter_map(kept);
    old.chain(after.iter().zip(new).filter_map(kept))
        .collect::<Vec<_>>()
        .into_iter()
}

fn alike(one: &Entry, other: &Entry) -> bool {
    (one.cube, one.label) == (other.cube, other.label)
}

/// Positions of equal entries, rising in both lists, as many as pairing the nth of a kind with the
/// nth of its kind allows.
fn common(before: &[Entry], after: &[Entry]) -> Vec<(usize, usize)> {
    let sorted = |entries: &[Entry]| {
        let numbered = entries.iter().enumerate();
        let mut keys: Vec<_> = numbered
            .map(|(at, own)| ((own.cube, own.label), at))
            .collect();
        keys.sort_unstable();
        keys
    };
    let (old, new) = (sorted(before), sorted(after));
    let mut pairs = Vec::new();
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    while let (Some((old, at)), Some((new, to))) = (left.peek(), right.peek()) {
        match old.cmp(new) {
            std::cmp::Ordering::Less => _ = left.next(),
            std::cmp::Ordering::Greater => _ = right.next(),
            std::cmp::Ordering::Equal => {
                pairs.push((*at, *to));
                _ = (left.next(), right.next());
            }
        }
    }
    pairs.sort_unstable();
    rising(&pairs)
}

/// The longest subsequence whose second members rise.
fn rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut tops: Vec<usize> = Vec::new();
    let mut before = vec![None; pairs.len()];
    for (at, (_, second)) in pairs.iter().enumerate() {
        let length = tops.partition_point(|top| pairs[*top].1 < *second);
        before[at] = length.checked_sub(1).map(|last| tops[last]);
        if length == tops.len() {
            tops.push(at);
        } else {
            tops[length] = at;
        }
    }
    let mut next = tops.last().copied();
    let mut run = Vec::with_capacity(tops.len());
    while let Some(at) = next {
        run.push(pairs[at]);
        next = before[at];
    }
    run.reverse();
    run
}

/// Entries clipped to a place in the time of one step.
const ENTRIES_A_STEP: usize = 8;

/// How many wide places a place is compared with, to leave it out when one holds it.
const MOST_COMPARED: usize = 64;
