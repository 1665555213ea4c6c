//! Finds the boxes that hold a packet or touch a box: trees of bounding boxes, one tree for each set
//! of fields that its boxes leave open, so that a wide rule does not blur a tree of narrow ones.

use super::grid::{Rect, index};
use std::collections::BTreeMap;

/// The trees over a list of boxes, each known by its position in the list.
#[derive(Clone, Debug)]
pub(super) struct Trees {
    nodes: Vec<Node>,
    roots: Vec<u32>,
    /// The positions, leaf by leaf, and their boxes in the same order.
    numbers: Vec<u32>,
    rects: Vec<Rect>,
}

#[derive(Clone, Debug)]
struct Node {
    bounds: Rect,
    /// The lowest position below this node.
    lowest: u32,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Positions from one place to another.
    Leaf(u32, u32),
    /// The second child; the first follows its parent.
    Inner(u32),
}

impl Trees {
    pub(super) fn new(rects: &[Rect], bounds: &Rect) -> Self {
        let mut groups: BTreeMap<[bool; 5], Vec<u32>> = BTreeMap::new();
        for (number, rect) in rects.iter().enumerate() {
            let open = std::array::from_fn(|at| rect.fills(bounds, at));
            groups.entry(open).or_default().push(index(number));
        }
        let mut trees = Self {
            nodes: Vec::new(),
            roots: Vec::new(),
            numbers: Vec::with_capacity(rects.len()),
            rects: Vec::with_capacity(rects.len()),
        };
        for mut group in groups.into_values() {
            let root = trees.grow(&mut group, rects);
            trees.roots.push(root);
        }
        trees
            .roots
            .sort_by_key(|root| trees.nodes[*root as usize].lowest);
        trees
    }

    /// The lowest position, among those that `wanted` accepts, whose box holds the cell.
    pub(super) fn first(&self, cells: &[u32; 5], wanted: impl Fn(u32) -> bool) -> Option<u32> {
        let mut best = u32::MAX;
        let mut stack = [0_u32; DEPTH];
        for root in &self.roots {
            if self.nodes[*root as usize].lowest >= best {
                break;
            }
            stack[0] = *root;
            let mut depth = 1;
            while depth > 0 {
                depth -= 1;
                let at = stack[depth];
                let node = &self.nodes[at as usize];
                if node.lowest >= best || !node.bounds.contains(cells) {
                    continue;
                }
                match node.kind {
                    Kind::Inner(second) => {
                        stack[depth] = second;
                        stack[depth + 1] = at + 1;
                        depth += 2;
                    }
                    Kind::Leaf(from, to) => {
                        for place in from as usize..to as usize {
                            let number = self.numbers[place];
                            if number < best && self.rects[place].contains(cells) && wanted(number)
                            {
                                best = number;
                            }
                        }
                    }
                }
            }
        }
        (best < u32::MAX).then_some(best)
    }

    /// The lowest position, among those that `wanted` accepts, whose box covers `rect`.
    pub(super) fn covering(&self, rect: &Rect, wanted: impl Fn(u32) -> bool) -> Option<u32> {
        let mut best = u32::MAX;
        let mut stack: Vec<u32> = self.roots.iter().rev().copied().collect();
        while let Some(at) = stack.pop() {
            let node = &self.nodes[at as usize];
            if node.lowest >= best || !node.bounds.covers(rect) {
                continue;
            }
            match node.kind {
                Kind::Inner(second) => stack.extend([second, at + 1]),
                Kind::Leaf(from, to) => {
                    for place in from as usize..to as usize {
                        let number = self.numbers[place];
                        if number < best && self.rects[place].covers(rect) && wanted(number) {
                            best = number;
                        }
                    }
                }
            }
        }
        (best < u32::MAX).then_some(best)
    }

    /// Adds the positions of all boxes that touch `rect`, lowest first.
    pub(super) fn touching(&self, rect: &Rect, found: &mut Vec<u32>) {
        let old = found.len();
        let mut stack = self.roots.clone();
        while let Some(at) = stack.pop() {
            let node = &self.nodes[at as usize];
            if !node.bounds.overlaps(rect) {
                continue;
            }
            match node.kind {
                Kind::Inner(second) => stack.extend([second, at + 1]),
                Kind::Leaf(from, to) => {
                    let places = from as usize..to as usize;
                    let touching = places.filter(|place| self.rects[*place].overlaps(rect));
                    found.extend(touching.map(|place| self.numbers[place]));
                }
            }
        }
        found[old..].sort_unstable();
    }

    /// Builds the tree of a group, which is not empty, and returns its root.
    fn grow(&mut self, group: &mut [u32], rects: &[Rect]) -> u32 {
        let root = index(self.nodes.len());
        let mut bounds = rects[group[0] as usize];
        let mut lowest = u32::MAX;
        for number in group.iter() {
            let rect = &rects[*number as usize];
            for at in 0..5 {
                bounds.first[at] = bounds.first[at].min(rect.first[at]);
                bounds.last[at] = bounds.last[at].max(rect.last[at]);
            }
            lowest = lowest.min(*number);
        }
        let from = index(self.numbers.len());
        let kind = Kind::Leaf(from, from + index(group.len()));
        self.nodes.push(Node {
            bounds,
            lowest,
            kind,
        });
        if group.len() <= LEAF {
            self.numbers.extend_from_slice(group);
            self.rects
                .extend(group.iter().map(|number| rects[*number as usize]));
            return root;
        }
        let at = widest(group, rects);
        let middle = group.len() / 2;
        let center = |number: &u32| {
            let rect = &rects[*number as usize];
            (
                u64::from(rect.first[at]) + u64::from(rect.last[at]),
                *number,
            )
        };
        group.select_nth_unstable_by_key(middle, center);
        let (low, high) = group.split_at_mut(middle);
        self.grow(low, rects);
        let second = self.grow(high, rects);
        self.nodes[root as usize].kind = Kind::Inner(second);
        root
    }
}

/// The field in which the centers of the boxes lie furthest apart, measured in box widths.
fn widest(group: &[u32], rects: &[Rect]) -> usize {
    let mut best = (0, -1.0);
    for at in 0..5 {
        let (mut low, mut high, mut widths) = (f64::MAX, 0.0_f64, 1.0);
        for number in group {
            let rect = &rects[*number as usize];
            let (first, last) = (f64::from(rect.first[at]), f64::from(rect.last[at]));
            low = low.min(first + last);
            high = high.max(first + last);
            widths += last - first + 1.0;
        }
        let spread = (high - low) * f64::from(index(group.len())) / widths;
        if spread > best.1 {
            best = (at, spread);
        }
    }
    best.0
}

/// The most boxes in a leaf.
const LEAF: usize = 8;

/// The deepest stack a search can need: each level halves at most 2^32 boxes.
const DEPTH: usize = 64;
