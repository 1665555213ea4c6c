//! A list made ready to be asked about its rules.

use crate::space::budget::{Budget, Meter, NotDetermined, Purse};
use crate::space::cube::Cube;
use crate::space::diagram::{Diagram, Item, Question};
use crate::space::grid::{Grid, Rect, index};
use crate::space::list::{Decision, Label, List};
use crate::space::residual::Residual;
use crate::space::tree::Trees;

/// The entries of a list that lie within, by number, and what finds them.
pub(super) struct Survey<'a> {
    pub(super) list: &'a List,
    pub(super) grid: Grid,
    pub(super) rects: Vec<Rect>,
    /// Of each rectangle: its entry, and the number of its rule.
    entries: Vec<u32>,
    pub(super) rules: Vec<u32>,
    /// Of each rule, in the order of its first entry: its name and its rectangles.
    pub(super) names: Vec<u32>,
    pub(super) members: Vec<Vec<u32>>,
    pub(super) trees: Trees,
}

/// The means of a search and what they may cost.
pub(super) struct Search {
    pub(super) residual: Residual,
    pub(super) purse: Purse,
    pub(super) budget: Budget,
}

impl<'a> Survey<'a> {
    pub(super) fn new(list: &'a List, within: &Cube) -> Self {
        let grid = Grid::new(within, &list.entries.iter().map(|entry| &entry.cube));
        let mut numbers: Vec<(u32, usize)> = Vec::with_capacity(list.entries.len());
        numbers.extend(
            list.entries
                .iter()
                .enumerate()
                .map(|(at, entry)| (entry.rule, at)),
        );
        numbers.sort_unstable();
        numbers.dedup_by_key(|(rule, _)| *rule);
        let mut names: Vec<(usize, u32)> = numbers.iter().map(|(rule, at)| (*at, *rule)).collect();
        names.sort_unstable();
        let mut rank = vec![0; names.len()];
        for (number, (_, rule)) in names.iter().enumerate() {
            let at = numbers.partition_point(|(other, _)| other < rule);
            rank[at] = index(number);
        }
        let mut survey = Self {
            list,
            rects: Vec::with_capacity(list.entries.len()),
            entries: Vec::with_capacity(list.entries.len()),
            rules: Vec::with_capacity(list.entries.len()),
            members: vec![Vec::new(); names.len()],
            names: names.into_iter().map(|(_, rule)| rule).collect(),
            trees: Trees::new(&[], &grid.whole()),
            grid,
        };
        for (at, entry) in list.entries.iter().enumerate() {
            let Some(rect) = survey.grid.rect(&entry.cube) else {
                continue;
            };
            let rule = rank[numbers.partition_point(|(other, _)| *other < entry.rule)];
            survey.members[rule as usize].push(index(survey.rects.len()));
            survey.rects.push(rect);
            survey.entries.push(index(at));
            survey.rules.push(rule);
        }
        survey.trees = Trees::new(&survey.rects, &survey.grid.whole());
        survey
    }

    pub(super) fn label(&self, number: u32) -> Label {
        self.list.entries[self.entries[number as usize] as usize].label
    }

    pub(super) fn rect(&self, number: u32) -> &Rect {
        &self.rects[number as usize]
    }

    /// The decision for a cell when only rectangles that `asked` accepts take part.
    pub(super) fn decide(&self, cells: &[u32; 5], asked: impl Fn(u32) -> bool) -> Decision {
        let first = self.trees.first(cells, asked);
        let entry = first.map(|number| self.entries[number as usize] as usize);
        self.list.decision(entry.map(|at| &self.list.entries[at]))
    }

    /// How many packets lie in both rectangles, near enough to compare by.
    pub(super) fn packets(&self, one: u32, other: u32) -> f64 {
        let common = self.rect(one).intersect(self.rect(other));
        common.map_or(0.0, |common| self.grid.packets(&common))
    }
}

impl Search {
    pub(super) fn new(budget: &Budget) -> Self {
        Self {
            residual: Residual::default(),
            purse: Purse::new(budget),
            budget: *budget,
        }
    }

    /// A cell of `target` that none of the rectangles in `cover` holds: looked for by splitting, and
    /// by a diagram when that takes too long.
    pub(super) fn uncovered(
        &mut self,
        target: &Rect,
        cover: &[u32],
        rects: &[Rect],
    ) -> Result<Option<[u32; 5]>, NotDetermined> {
        let split = self.purse.ask(self.budget.splitting, |meter| {
            let cover = cover.iter().copied();
            self.residual.uncovered(target, cover, rects, meter)
        });
        if split.is_ok() {
            return split;
        }
        self.purse.ask(self.budget.diagram, |meter| {
            uncovered_by_diagram(target, cover, rects, meter)
        })
    }
}

/// Points of a rectangle that often tell at once that it matters: corners and the middle.
pub(super) fn probes(rect: &Rect) -> impl Iterator<Item = [u32; 5]> {
    let corners = CORNERS.map(|corner| {
        std::array::from_fn(|at| {
            let high = corner >> at & 1 == 1;
            if high { rect.last[at] } else { rect.first[at] }
        })
    });
    let middle = std::array::from_fn(|at| u32::midpoint(rect.first[at], rect.last[at]));
    corners.into_iter().chain([middle])
}

fn uncovered_by_diagram(
    target: &Rect,
    cover: &[u32],
    rects: &[Rect],
    meter: &mut Meter,
) -> Result<Option<[u32; 5]>, NotDetermined> {
    let clipped = cover
        .iter()
        .filter_map(|number| rects[*number as usize].intersect(target));
    let items: Vec<Item> = clipped.map(|rect| Item { rect, value: 0 }).collect();
    let question = Question {
        split: items.len(),
        items,
        defaults: [1, 0],
        classes: vec![0, 1],
    };
    let diagram = Diagram::new(&question, target, meter)?;
    Ok(diagram.witness().map(|witness| witness.rect.first))
}

/// Which fields a probe takes the upper end of, one bit a field.
const CORNERS: [u8; 5] = [0b00000, 0b11111, 0b10101, 0b01010, 0b10010];
