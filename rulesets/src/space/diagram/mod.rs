//! Interval decision diagrams: the packets on which two first-match lists differ, in one graph.
//!
//! A node asks one field and has an edge for each interval of it; equal subgraphs are shared. Nodes
//! are built from the top: what matters below a node is the entries that are still possible, so two
//! places with the same entries left are the same node. Asked about one list, the other is empty
//! and its default is a value of a class of its own.

mod build;

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

/// Among fields alike: protocol, destination port, source port, source, destination.
const READING_ORDER: [usize; 5] = [2, 4, 3, 0, 1];

/// Set in the number of a leaf.
const LEAF: u32 = 1 << 31;

/// The leaf that makes no difference.
const NOTHING: u32 = u32::MAX;
