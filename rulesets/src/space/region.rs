//! The packets to which a list does one thing, as cubes.

use super::budget::{Budget, Meter, NotDetermined};
use super::cube::Cube;
use super::diagram::{Diagram, Difference, Item, Question};
use super::grid::{Grid, index};
use super::list::{Decision, Label, List};
use super::merge::merge;

/// Packets of which one rule decides.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Decided {
    /// The packets.
    pub cube: Cube,
    /// What happens to them, and by which rule.
    pub decision: Decision,
}

/// All packets within a cube that get this label: disjoint cubes, neighbours joined.
pub fn region(
    list: &List,
    within: &Cube,
    label: Label,
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let value = |wanted: Label| u32::from(wanted == label);
    let entries = list
        .entries
        .iter()
        .map(|entry| (entry.cube, value(entry.label)));
    let (grid, parts) = parts(within, entries, value(list.default), vec![0, 1], budget)?;
    Ok(parts.iter().map(|part| grid.cube(&part.rect)).collect())
}

/// The same, cut where another rule decides.
pub fn region_by_rule(
    list: &List,
    within: &Cube,
    label: Label,
    budget: &Budget,
) -> Result<Vec<Decided>, NotDetermined> {
    decided(list, within, budget, |decision| decision.label == label)
}

/// All packets within a cube and what decides each: disjoint cubes, neighbours joined.
pub fn decisions(
    list: &List,
    within: &Cube,
    budget: &Budget,
) -> Result<Vec<Decided>, NotDetermined> {
    decided(list, within, budget, |_| true)
}

fn decided(
    list: &List,
    within: &Cube,
    budget: &Budget,
    wanted: impl Fn(Decision) -> bool,
) -> Result<Vec<Decided>, NotDetermined> {
    let mut known: Vec<Decision> = list
        .entries
        .iter()
        .map(|own| list.decision(Some(own)))
        .collect();
    known.push(list.decision(None));
    known.sort_unstable();
    known.dedup();
    // What is not wanted is one value, so that it needs no telling apart.
    known.retain(|decision| wanted(*decision));
    let value = |decision: Decision| known.binary_search(&decision).map_or(0, |at| index(at + 1));
    let entries = list.entries.iter();
    let entries = entries.map(|entry| (entry.cube, value(list.decision(Some(entry)))));
    let mut classes = vec![1; known.len() + 1];
    classes[0] = 0;
    let (grid, parts) = parts(within, entries, value(list.decision(None)), classes, budget)?;
    let decided = parts.iter().map(|part| Decided {
        cube: grid.cube(&part.rect),
        decision: known[part.values[0] as usize - 1],
    });
    Ok(decided.collect())
}

/// The parts of `within` whose value is not of class 0, which is the class of value 0.
fn parts(
    within: &Cube,
    entries: impl Iterator<Item = (Cube, u32)>,
    default: u32,
    classes: Vec<u32>,
    budget: &Budget,
) -> Result<(Grid, Vec<Difference>), NotDetermined> {
    let inside = entries.filter_map(|(cube, value)| Some((cube.intersect(within)?, value)));
    let inside: Vec<(Cube, u32)> = inside.collect();
    let grid = Grid::new(within, &inside.iter().map(|(cube, _)| cube));
    let item = |(cube, value): &(Cube, u32)| {
        let rect = grid.rect(cube)?;
        let value = *value;
        Some(Item { rect, value })
    };
    let items: Vec<Item> = inside.iter().filter_map(item).collect();
    let question = Question {
        split: items.len(),
        items,
        defaults: [default, 0],
        classes,
    };
    let mut meter = Meter::new(budget.diagram.min(budget.total));
    let diagram = Diagram::new(&question, &grid.whole(), &mut meter)?;
    let parts = merge(diagram.differences(&mut meter)?);
    Ok((grid, parts))
}
