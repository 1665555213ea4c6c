//! Builds the nodes of a diagram from the entries that are left.

use super::{Diagram, LEAF, NOTHING};
use crate::space::budget::{Meter, NotDetermined};
use crate::space::grid::index;

impl Diagram<'_> {
    /// The node for these entries, all of which match in the fields of the levels above.
    pub(super) fn node(
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

fn next_free(free: &mut [u32], from: usize) -> usize {
    let mut place = from;
    while free[place] as usize != place {
        let next = free[place] as usize;
        free[place] = free[next];
        place = next;
    }
    place
}

/// A node that has been met and not built.
const UNFINISHED: u32 = u32::MAX - 1;

/// Entries filtered in the time of one step, entries remembered, and intervals painted.
const ITEMS_A_STEP: usize = 16;
const ITEMS_KEPT_A_STEP: usize = 4;
const INTERVALS_A_STEP: usize = 4;
