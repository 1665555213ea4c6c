//! Interval decision diagrams: the packets on which two first-match lists differ, in one graph.
//!
//! A node asks one field and has an edge for each interval of it; equal subgraphs are shared. Nodes
//! are built from the top: what matters below a node is the entries that are still possible, so two
//! places with the same entries left are the same node. Asked about one list, the other is empty
//! and its default is a value of a class of its own.

use super::budget::{Meter, NotDetermined};
use super::grid::{Rect, index};
use super::slices::Slices;

/// Two lists over the cells of one grid, and which of their values make a difference.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    /// The entries of the first list and then those of the second, in their order.
    pub(super) items: Vec<Item>,
    /// How many entries belong to the first list.
    pub(super) split: usize,
    /// The value of what no entry of the first or second list holds.
    pub(super) defaults: [u32; 2],
    /// The class of each value: two values of one class make no difference.
    pub(super) classes: Vec<u32>,
}

/// An entry: its cells, and the value they get.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) rect: Rect,
    pub(super) value: u32,
}

/// A rectangle of cells, with its value in the first and in the second list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Difference {
    pub(super) values: [u32; 2],
    pub(super) rect: Rect,
}

/// The graph of one question.
#[derive(Debug)]
pub(super) struct Diagram<'a> {
    question: &'a Question,
    bounds: Rect,
    /// The fields in which entries differ, the one with the fewest intervals first.
    order: Vec<usize>,
    /// How many fields have to be asked before an entry matches whatever the others are.
    depths: Vec<usize>,
    /// The entries that are left, by level, and the node they led to.
    seen: Slices<u32>,
    node_of: Vec<u32>,
    /// The level, then for each edge the last cell of its interval and the node it leads to.
    nodes: Slices<u32>,
    leaves: Slices<u32>,
    root: u32,
}

impl<'a> Diagram<'a> {
    /// Builds the graph for the cells of `bounds`, in which all entries have to lie.
    pub(super) fn new(
        question: &'a Question,
        bounds: &Rect,
        meter: &mut Meter,
    ) -> Result<Self, NotDetermined> {
        let order = order(&question.items, bounds);
        let depth = |item: &Item| {
            let narrow = order.iter().rposition(|at| !item.rect.fills(bounds, *at));
            narrow.map_or(0, |level| level + 1)
        };
        let mut diagram = Self {
            depths: question.items.iter().map(depth).collect(),
            question,
            bounds: *bounds,
            order,
            seen: Slices::new(),
            node_of: Vec::new(),
            nodes: Slices::new(),
            leaves: Slices::new(),
            root: NOTHING,
        };
        let all: Vec<u32> = (0..index(question.items.len())).collect();
        meter.spend(all.len())?;
        diagram.root = diagram.node(0, &all, meter)?;
        Ok(diagram)
    }

    /// A cell that makes a difference, with its values.
    pub(super) fn witness(&self) -> Option<Difference> {
        let mut rect = self.bounds;
        let mut node = self.root;
        while node & LEAF == 0 {
            let (level, mut edges) = self.edges(node);
            let at = self.order[level];
            let (first, last, child) = edges.find(|(.., child)| *child != NOTHING)?;
            (rect.first[at], rect.last[at]) = (first, last);
            node = child;
        }
        self.difference(node, rect)
    }

    /// All cells that make a difference, as disjoint rectangles.
    pub(super) fn differences(&self, meter: &mut Meter) -> Result<Vec<Difference>, NotDetermined> {
        let mut found = Vec::new();
        let mut stack = vec![(self.root, self.bounds)];
        while let Some((node, rect)) = stack.pop() {
            meter.spend(2)?;
            if node & LEAF != 0 {
                found.extend(self.difference(node, rect));
                continue;
            }
            let (level, edges) = self.edges(node);
            let at = self.order[level];
            for (first, last, child) in edges.filter(|(.., child)| *child != NOTHING) {
                let mut part = rect;
                (part.first[at], part.last[at]) = (first, last);
                stack.push((child, part));
            }
        }
        Ok(found)
    }

    fn difference(&self, leaf: u32, rect: Rect) -> Option<Difference> {
        if leaf == NOTHING {
            return None;
        }
        let values = self.leaves.get(leaf & !LEAF);
        Some(Difference {
            values: [values[0], values[1]],
            rect,
        })
    }

    /// The level of a node, and its edges: first cell, last cell, child.
    fn edges(&self, node: u32) -> (usize, impl Iterator<Item = (u32, u32, u32)>) {
        let words = self.nodes.get(node);
        let level = words[0] as usize;
        let mut first = self.bounds.first[self.order[level]];
        let edges = words[1..].chunks_exact(2).map(move |edge| {
            let interval = (first, edge[0], edge[1]);
            first = edge[0].saturating_add(1);
            interval
        });
        (level, edges)
    }

    /// The node for these entries, all of which match in the fields of the levels above.
    fn node(
        &mut self,
        level: usize,
        items: &[u32],
        meter: &mut Meter,
    ) -> Result<u32, NotDetermined> {
        let split = items.partition_point(|item| (*item as usize) < self.question.split);
        let mut state = vec![index(level)];
        let before = self.relevant(level, &items[..split], 0, &mut state);
        let first_length = state.len();
        let after = self.relevant(level, &items[split..], 1, &mut state);
        let rests = [before, after];
        let (old, new) = state[1..].split_at(first_length - 1);
        if self.same_class(&state[1..], rests) || self.twins(old, new, rests) {
            return Ok(NOTHING);
        }
        let head = |from: usize, to: usize, rest: u32| {
            let first = state[from..to].first().copied();
            first.map_or(Some(rest), |item| {
                let decided = self.depths[item as usize] <= level;
                decided.then(|| self.question.items[item as usize].value)
            })
        };
        let values = [
            head(1, first_length, before),
            head(first_length, state.len(), after),
        ];
        if let [Some(before), Some(after)] = values {
            return Ok(self.leaf([before, after]));
        }
        let number = self.seen.intern(&state);
        if let Some(node) = self.node_of.get(number as usize).copied() {
            if node != UNFINISHED {
                return Ok(node);
            }
        } else {
            self.node_of.push(UNFINISHED);
            meter.spend(1 + state.len() / ITEMS_KEPT_A_STEP)?;
        }
        let node = if level + 1 == self.order.len() {
            self.last_level(&state[1..], meter)?
        } else {
            self.sweep(level, &state[1..], meter)?
        };
        self.node_of[number as usize] = node;
        Ok(node)
    }

    /// Adds to `state` the entries of one list that can still decide something, and returns the value
    /// of what they leave over.
    fn relevant(&self, level: usize, items: &[u32], side: usize, state: &mut Vec<u32>) -> u32 {
        let value = |item: u32| self.question.items[item as usize].value;
        let default = self.question.defaults[side];
        let open = items
            .iter()
            .position(|item| self.depths[*item as usize] <= level);
        let (narrow, rest) = open.map_or((items, None), |at| (&items[..at], Some(items[at])));
        let rest_value = rest.map_or(default, value);
        let kept = narrow.iter().rposition(|item| value(*item) != rest_value);
        let kept = kept.map_or(0, |last| last + 1);
        state.extend_from_slice(&narrow[..kept]);
        if rest_value != default {
            state.extend(rest);
        }
        rest_value
    }

    /// True when whatever decides in either list makes no difference.
    fn same_class(&self, items: &[u32], rests: [u32; 2]) -> bool {
        let class = |value: u32| self.question.classes[value as usize];
        let wanted = class(rests[0]);
        let all = |item: &u32| class(self.question.items[*item as usize].value) == wanted;
        class(rests[1]) == wanted && items.iter().all(all)
    }

    /// True when both lists have the same entries left.
    fn twins(&self, old: &[u32], new: &[u32], rests: [u32; 2]) -> bool {
        let [before, after] = rests.map(|value| self.question.classes[value as usize]);
        let look = |number: u32| {
            let item = &self.question.items[number as usize];
            (item.rect, self.question.classes[item.value as usize])
        };
        let mut pairs = old.iter().zip(new);
        before == after
            && old.len() == new.len()
            && pairs.all(|(old, new)| look(*old) == look(*new))
    }

    fn leaf(&mut self, values: [u32; 2]) -> u32 {
        let [before, after] = values.map(|value| self.question.classes[value as usize]);
        if before == after {
            return NOTHING;
        }
        self.leaves.intern(&values) | LEAF
    }

    /// A node whose edges are found by asking each interval which entries are left in it.
    fn sweep(
        &mut self,
        level: usize,
        items: &[u32],
        meter: &mut Meter,
    ) -> Result<u32, NotDetermined> {
        let at = self.order[level];
        let cuts = self.cuts(at, items);
        let mut edges = Vec::with_capacity(cuts.len());
        let mut left = Vec::with_capacity(items.len());
        for (number, first) in cuts.iter().enumerate() {
            meter.spend(1 + items.len() / ITEMS_A_STEP)?;
            left.clear();
            let rect = |item: &u32| &self.question.items[*item as usize].rect;
            left.extend(items.iter().filter(|item| {
                let rect = rect(item);
                rect.first[at] <= *first && *first <= rect.last[at]
            }));
            let child = self.node(level + 1, &left, meter)?;
            let end = cuts
                .get(number + 1)
                .map_or(self.bounds.last[at], |next| next - 1);
            edges.push((end, child));
        }
        Ok(self.finish(level, &edges))
    }

    /// A node of the last field, painted entry by entry: the first to reach an interval keeps it.
    fn last_level(&mut self, items: &[u32], meter: &mut Meter) -> Result<u32, NotDetermined> {
        let level = self.order.len() - 1;
        let at = self.order[level];
        let cuts = self.cuts(at, items);
        meter.spend(1 + (cuts.len() + items.len()) / INTERVALS_A_STEP)?;
        let split = items.partition_point(|item| (*item as usize) < self.question.split);
        let before = self.paint(at, &items[..split], &cuts, self.question.defaults[0]);
        let after = self.paint(at, &items[split..], &cuts, self.question.defaults[1]);
        let mut edges = Vec::with_capacity(cuts.len());
        for (number, values) in before.into_iter().zip(after).enumerate() {
            let end = cuts
                .get(number + 1)
                .map_or(self.bounds.last[at], |next| next - 1);
            edges.push((end, self.leaf([values.0, values.1])));
        }
        Ok(self.finish(level, &edges))
    }

    /// The value of each interval between the cuts.
    fn paint(&self, at: usize, items: &[u32], cuts: &[u32], default: u32) -> Vec<u32> {
        let mut values = vec![default; cuts.len()];
        // Where the next interval without paint is, at or after each.
        let mut free: Vec<u32> = (0..=index(cuts.len())).collect();
        for item in items {
            let item = &self.question.items[*item as usize];
            let from = cuts.partition_point(|cut| *cut < item.rect.first[at]);
            let to = cuts.partition_point(|cut| *cut <= item.rect.last[at]);
            let mut place = next_free(&mut free, from);
            while place < to {
                values[place] = item.value;
                free[place] = index(place + 1);
                place = next_free(&mut free, place);
            }
        }
        values
    }

    /// Where the intervals begin that these entries tell apart.
    fn cuts(&self, at: usize, items: &[u32]) -> Vec<u32> {
        let mut cuts = Vec::with_capacity(items.len() * 2 + 1);
        cuts.push(self.bounds.first[at]);
        for item in items {
            let rect = &self.question.items[*item as usize].rect;
            cuts.push(rect.first[at]);
            if rect.last[at] < self.bounds.last[at] {
                cuts.push(rect.last[at] + 1);
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }

    /// The node with these edges, neighbours with one child joined; the child itself when there is one.
    fn finish(&mut self, level: usize, edges: &[(u32, u32)]) -> u32 {
        let mut words = vec![index(level)];
        for (last, child) in edges {
            if words.len() > 1 && words[words.len() - 1] == *child {
                let end = words.len() - 2;
                words[end] = *last;
            } else {
                words.extend([*last, *child]);
            }
        }
        if let [_, _, child] = words[..] {
            return child;
        }
        self.nodes.intern(&words)
    }
}

/// The fields in which some entry is narrower than the bounds, the one with the fewest ends first.
fn order(items: &[Item], bounds: &Rect) -> Vec<usize> {
    let mut ends: Vec<(usize, usize, usize)> = Vec::new();
    for (rank, at) in READING_ORDER.into_iter().enumerate() {
        let narrow = items.iter().filter(|item| !item.rect.fills(bounds, at));
        let mut spans: Vec<(u32, u32)> = narrow
            .map(|item| (item.rect.first[at], item.rect.last[at]))
            .collect();
        spans.sort_unstable();
        spans.dedup();
        if !spans.is_empty() {
            ends.push((spans.len(), rank, at));
        }
    }
    ends.sort_unstable();
    ends.into_iter().map(|(.., at)| at).collect()
}

fn next_free(free: &mut [u32], from: usize) -> usize {
    let mut place = from;
    while free[place] as usize != place {
        let next = free[place] as usize;
        free[place] = free[next];
        place = next;
    }
    place
}

/// Among fields alike: protocol, destination port, source port, source, destination.
const READING_ORDER: [usize; 5] = [2, 4, 3, 0, 1];

/// Set in the number of a leaf.
const LEAF: u32 = 1 << 31;

/// The leaf that makes no difference.
const NOTHING: u32 = u32::MAX;

/// A node that has been met and not built.
const UNFINISHED: u32 = u32::MAX - 1;

/// Entries filtered in the time of one step, entries remembered, and intervals painted.
const ITEMS_A_STEP: usize = 16;
const ITEMS_KEPT_A_STEP: usize = 4;
const INTERVALS_A_STEP: usize = 4;
