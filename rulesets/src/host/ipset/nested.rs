//! Blocks within blocks: where some are marked `nomatch`, the smallest block around an address
//! decides whether it is a member. So it does where members have interfaces, and then those of other
//! blocks do not count (`ip_set_hash_gen.h`, `IP_SET_HASH_WITH_MULTI`).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::member::{Shape, elements, is_excepted};
use crate::program::{Element, Part};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The members with the excepted blocks cut out; `None` when a block is not understood, or two of
/// them overlap in part.
pub(super) fn members(lines: &[&str], shape: &Shape) -> Option<Vec<Element>> {
    let mut blocks = Vec::with_capacity(lines.len());
    for line in lines {
        for element in elements(line, shape)? {
            let [Part::Span { first, last }] = element.0[..] else {
                return None;
            };
            let owner = (!is_excepted(line)).then_some(0);
            blocks.push((first, Reverse(last), owner));
        }
    }
    blocks.sort_unstable();
    let pieces = pieces(blocks)?.into_iter();
    Some(pieces.map(|(span, _)| Element::of(span)).collect())
}

/// The members of a set of blocks with interfaces; `None` when a block is not understood, two of them
/// overlap in part, or they make too many pieces.
pub(super) fn members_with_interfaces(lines: &[&str], shape: &Shape) -> Option<Vec<Element>> {
    let mut known: BTreeMap<(u128, Reverse<u128>), Vec<Part>> = BTreeMap::new();
    for line in lines {
        for element in elements(line, shape)? {
            let [Part::Span { first, last }, interface] = &element.0[..] else {
                return None;
            };
            let interfaces = known.entry((*first, Reverse(*last))).or_default();
            if !is_excepted(line) {
                interfaces.push(interface.clone());
            }
        }
    }
    let blocks = known.keys().enumerate();
    let blocks = blocks.map(|(owner, (first, last))| (*first, *last, Some(owner)));
    let pieces = pieces(blocks.collect())?;
    let interfaces: Vec<&Vec<Part>> = known.values().collect();
    let all = || {
        let pieces = pieces.iter();
        pieces.flat_map(|(span, owner)| interfaces[*owner].iter().map(move |part| (span, part)))
    };
    (all().count() <= MOST_PIECES).then(|| {
        let elements =
            all().map(|(span, interface)| Element(vec![span.clone(), interface.clone()]));
        elements.collect()
    })
}

/// What each block has to itself, by its owner; the blocks come in order, the larger first.
fn pieces(blocks: Vec<(u128, Reverse<u128>, Option<usize>)>) -> Option<Vec<(Part, usize)>> {
    let mut sweep = Sweep::default();
    for (first, Reverse(last), owner) in blocks {
        sweep.close(Some(first));
        sweep.open(first, last, owner)?;
    }
    sweep.close(None);
    Some(sweep.members)
}

#[derive(Default)]
struct Sweep {
    /// The blocks around the current address, the smallest last: where each ends, and whose it is;
    /// nobody's when it is excepted.
    around: Vec<(u128, Option<usize>)>,
    /// The first address that no span covers yet.
    at: u128,
    members: Vec<(Part, usize)>,
}

impl Sweep {
    /// Ends the blocks that end before this address, or all of them.
    fn close(&mut self, before: Option<u128>) {
        while let Some(&(last, owner)) = self.around.last() {
            if before.is_some_and(|before| last >= before) {
                return;
            }
            self.cover(last, owner);
            self.around.pop();
        }
    }

    fn open(&mut self, first: u128, last: u128, owner: Option<usize>) -> Option<()> {
        if let Some(&(end, around)) = self.around.last() {
            if end < last {
                return None;
            }
            if let Some(before) = first.checked_sub(1) {
                self.cover(before, around);
            }
        }
        self.at = self.at.max(first);
        self.around.push((last, owner));
        Some(())
    }

    fn cover(&mut self, last: u128, owner: Option<usize>) {
        if self.at > last {
            return;
        }
        if let Some(owner) = owner {
            let first = self.at;
            self.members.push((Part::Span { first, last }, owner));
        }
        self.at = last.saturating_add(1);
    }
}

/// How many pieces with an interface are kept of one set.
const MOST_PIECES: usize = 2_000_000;
