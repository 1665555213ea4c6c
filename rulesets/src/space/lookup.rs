//! Finds the cell of a number: a table over equal slices of the used range narrows the search.

use super::grid::index;

/// The cells of one field.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    starts: Vec<u128>,
    /// For each slice of the range, the cell in which it begins.
    slices: Vec<u32>,
    /// Where the first slice begins, and the number of bits of a slice's length.
    from: u128,
    shift: u32,
}

impl Lookup {
    /// A table for cells that begin at these numbers, ascending; the first holds all lower numbers.
    pub(super) fn new(starts: &[u128]) -> Self {
        let cuts = starts.get(1..).unwrap_or_default();
        let from = cuts.first().copied().unwrap_or(0);
        let width = cuts.last().copied().unwrap_or(0) - from;
        let bits = 128 - width.leading_zeros();
        let most = (cuts.len() * SLICES_A_CELL).next_power_of_two().ilog2();
        let shift = bits.saturating_sub(most);
        let mut slices = Vec::new();
        let mut cell = 0;
        for slice in 0..=(width >> shift) {
            let begin = from + (slice << shift);
            while starts.get(cell + 1).is_some_and(|next| *next <= begin) {
                cell += 1;
            }
            slices.push(index(cell));
        }
        Self {
            starts: starts.to_vec(),
            slices,
            from,
            shift,
        }
    }

    /// The cell of a number.
    pub(super) fn cell(&self, number: u128) -> u32 {
        let Some(above) = number.checked_sub(self.from) else {
            return 0;
        };
        let slice = usize::try_from(above >> self.shift).unwrap_or(usize::MAX);
        let (low, high) = match (
            self.slices.get(slice),
            self.slices.get(slice.saturating_add(1)),
        ) {
            (Some(low), Some(high)) => (*low as usize, *high as usize),
            (Some(low), None) => (*low as usize, self.starts.len() - 1),
            (None, _) => return index(self.starts.len() - 1),
        };
        let inside = &self.starts[low + 1..=high];
        index(low + inside.partition_point(|start| *start <= number))
    }
}

/// Slices of the table for each cell: more find a cell sooner and take more memory.
const SLICES_A_CELL: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_finds_the_cell_that_a_search_finds() {
        let lists: [&[u128]; 5] = [
            &[0],
            &[0, 1],
            &[0, 22, 23, 80, 443, 444, 65535],
            &[0, u128::MAX],
            &[0, 1 << 96, (1 << 96) + 1, (1 << 127) + 5, u128::MAX],
        ];
        for starts in lists {
            let lookup = Lookup::new(starts);
            let near = starts.iter().flat_map(|start| {
                [
                    start.saturating_sub(1),
                    *start,
                    start.saturating_add(1),
                    start / 2,
                ]
            });
            for number in near {
                let cell = starts.partition_point(|start| *start <= number) - 1;
                assert_eq!(lookup.cell(number) as usize, cell, "{number} in {starts:?}");
            }
        }
    }
}
