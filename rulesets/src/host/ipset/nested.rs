//! Blocks within blocks: where some are marked `nomatch`, the smallest block around an address
//! decides whether it is a member.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::member::{Shape, elements, is_excepted};
use crate::program::{Element, Part};
use std::cmp::Reverse;

/// The members with the excepted blocks cut out; `None` when a block is not understood, or two of
/// them overlap in part.
pub(super) fn members(lines: &[&str], shape: &Shape) -> Option<Vec<Element>> {
    let mut blocks = Vec::with_capacity(lines.len());
    for line in lines {
        for element in elements(line, shape)? {
            let [Part::Span { first, last }] = element.0[..] else {
                return None;
            };
            blocks.push((first, Reverse(last), is_excepted(line)));
        }
    }
    blocks.sort_unstable();
    let mut sweep = Sweep::default();
    for (first, Reverse(last), excepted) in blocks {
        sweep.close(Some(first));
        sweep.open(first, last, excepted)?;
    }
    sweep.close(None);
    let elements = sweep.members.into_iter();
    Some(
        elements
            .map(|(first, last)| Element::of(Part::Span { first, last }))
            .collect(),
    )
}

#[derive(Default)]
struct Sweep {
    /// The blocks around the current address, the smallest last: where each ends, and whether it is
    /// excepted.
    around: Vec<(u128, bool)>,
    /// The first address that no span covers yet.
    at: u128,
    members: Vec<(u128, u128)>,
}

impl Sweep {
    /// Ends the blocks that end before this address, or all of them.
    fn close(&mut self, before: Option<u128>) {
        while let Some(&(last, excepted)) = self.around.last() {
            if before.is_some_and(|before| last >= before) {
                return;
            }
            self.cover(last, excepted);
            self.around.pop();
        }
    }

    fn open(&mut self, first: u128, last: u128, excepted: bool) -> Option<()> {
        if let Some(&(end, around)) = self.around.last() {
            if end < last {
                return None;
            }
            if let Some(before) = first.checked_sub(1) {
                self.cover(before, around);
            }
        }
        self.at = self.at.max(first);
        self.around.push((last, excepted));
        Some(())
    }

    fn cover(&mut self, last: u128, excepted: bool) {
        if self.at > last {
            return;
        }
        if !excepted {
            self.members.push((self.at, last));
        }
        self.at = last.saturating_add(1);
    }
}
