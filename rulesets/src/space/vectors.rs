//! Bit vectors after Lakshman and Stiliadis (SIGCOMM 1998): for each cell of each field one bit an
//! entry, and the first bit that five vectors share is the entry that decides. Equal vectors are kept
//! once, and a summary bit for each word lets empty words be skipped.

use super::cube::{Field, Point};
use super::grid::{Grid, Rect, index};
use super::lookup::Lookup;
use super::slices::Slices;

/// The vectors of a list.
#[derive(Debug)]
pub(super) struct Vectors {
    /// The fields in which entries differ; the others decide nothing.
    fields: Vec<Vector>,
    /// How many words of summary, and how many words, a vector has.
    summary: usize,
    length: usize,
}

#[derive(Debug)]
struct Vector {
    field: Field,
    cells: Lookup,
    /// The number of the vector of each cell.
    of_cell: Vec<u32>,
    /// One bit for each word of bits, then one bit an entry.
    words: Slices<u64>,
}

impl Vectors {
    /// The vectors of a list; `None` when they would take more than `most` words.
    pub(super) fn new(grid: &Grid, rects: &[Rect], most: usize) -> Option<Self> {
        let bits = rects.len().div_ceil(64);
        let summary = bits.div_ceil(64);
        let mut left = most;
        let mut fields = Vec::new();
        for field in Field::ALL {
            if grid.starts(field).len() > 1 {
                fields.push(Vector::new(grid, rects, field, &mut left)?);
            }
        }
        // The field with the most vectors rules out the most entries.
        fields.sort_by_key(|vector| std::cmp::Reverse(vector.words.len()));
        Some(Self {
            fields,
            summary,
            length: summary + bits,
        })
    }

    /// The position of the first entry that matches.
    pub(super) fn first(&self, point: &Point) -> Option<u32> {
        let mut found: [&[u64]; 5] = [&[]; 5];
        for (found, vector) in found.iter_mut().zip(&self.fields) {
            let number = vector.of_cell[vector.cells.cell(point.get(vector.field)) as usize];
            *found = vector.words.row(number, self.length);
        }
        let found = &found[..self.fields.len()];
        if found.is_empty() {
            return (self.length > 0).then_some(0);
        }
        for at in 0..self.summary {
            let mut words = found.iter().fold(u64::MAX, |all, own| all & own[at]);
            while words != 0 {
                let word = at * 64 + words.trailing_zeros() as usize;
                let mut bits = u64::MAX;
                for own in found {
                    bits &= own[self.summary + word];
                    if bits == 0 {
                        break;
                    }
                }
                if bits != 0 {
                    return Some(index(word * 64) + bits.trailing_zeros());
                }
                words &= words - 1;
            }
        }
        None
    }
}

impl Vector {
    fn new(grid: &Grid, rects: &[Rect], field: Field, left: &mut usize) -> Option<Self> {
        let at = field.index();
        let starts = grid.starts(field);
        let mut turns: Vec<(u32, u32)> = Vec::with_capacity(rects.len() * 2);
        for (number, rect) in rects.iter().enumerate() {
            turns.push((rect.first[at], index(number)));
            turns.push((rect.last[at] + 1, index(number)));
        }
        turns.sort_unstable();
        let mut turns = turns.into_iter().peekable();
        let mut now = vec![0_u64; rects.len().div_ceil(64)];
        let mut row = Vec::new();
        let mut words = Slices::new();
        let mut of_cell = Vec::with_capacity(starts.len());
        for cell in 0..index(starts.len()) {
            while let Some((_, number)) = turns.next_if(|(turn, _)| *turn <= cell) {
                now[number as usize / 64] ^= 1 << (number % 64);
            }
            row.clear();
            row.extend(summary(&now));
            row.extend_from_slice(&now);
            of_cell.push(words.intern(&row));
            if words.size() > *left {
                return None;
            }
        }
        *left -= words.size();
        Some(Self {
            field,
            cells: Lookup::new(starts),
            of_cell,
            words,
        })
    }
}

/// One bit for each word that is not 0.
fn summary(words: &[u64]) -> impl Iterator<Item = u64> {
    words.chunks(64).map(|chunk| {
        let bits = chunk.iter().enumerate();
        bits.fold(0, |all, (at, word)| all | (u64::from(*word != 0) << at))
    })
}
