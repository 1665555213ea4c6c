//! Cubes in small numbers: each field is cut wherever some cube begins or ends, and a cube becomes a
//! range of the cells between the cuts. Exact, since no cube tells the numbers of one cell apart.

use super::cube::{Cube, Field, Point, Span};

/// The cuts of each field.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    within: Cube,
    /// The first number of each cell, ascending; the first is where `within` begins.
    starts: [Vec<u128>; 5],
}

/// A range of cells a field, both ends included.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Rect {
    pub(super) first: [u32; 5],
    pub(super) last: [u32; 5],
}

impl Grid {
    /// The grid in which these cubes, as far as they lie within, are whole cells.
    pub(super) fn new<'a>(within: &Cube, cubes: &(impl Iterator<Item = &'a Cube> + Clone)) -> Self {
        let starts = Field::ALL.map(|field| {
            let bounds = within.span(field);
            let mut starts = vec![bounds.first()];
            for span in cubes.clone().map(|cube| cube.span(field)) {
                let after = span.last().checked_add(1);
                let ends = [Some(span.first()), after];
                starts.extend(ends.into_iter().flatten().filter(|at| bounds.contains(*at)));
            }
            starts.sort_unstable();
            starts.dedup();
            starts
        });
        Self {
            within: *within,
            starts,
        }
    }

    /// The cells of one of the cubes the grid was made from; `None` when nothing of it lies within.
    pub(super) fn rect(&self, cube: &Cube) -> Option<Rect> {
        let inside = cube.intersect(&self.within)?;
        Some(Rect {
            first: Field::ALL.map(|field| self.cell(field, inside.span(field).first())),
            last: Field::ALL.map(|field| self.cell(field, inside.span(field).last())),
        })
    }

    /// The numbers of a range of cells.
    pub(super) fn cube(&self, rect: &Rect) -> Cube {
        Field::ALL.into_iter().fold(self.within, |cube, field| {
            let (first, last) = (rect.first[field.index()], rect.last[field.index()]);
            let span = Span::new(self.start(field, first), self.end(field, last));
            span.map_or(cube, |span| cube.with(field, span))
        })
    }

    /// The lowest packet of a cell.
    pub(super) fn point(&self, cells: &[u32; 5]) -> Point {
        Point(Field::ALL.map(|field| self.start(field, cells[field.index()])))
    }

    /// How many packets a range of cells holds, near enough to compare by.
    pub(super) fn packets(&self, rect: &Rect) -> f64 {
        let cube = self.cube(rect);
        let counts = Field::ALL.into_iter().map(|field| cube.span(field).count());
        counts.fold(1.0, |packets, count| packets * real(count))
    }

    /// Every cell.
    pub(super) fn whole(&self) -> Rect {
        Rect {
            first: [0; 5],
            last: Field::ALL.map(|field| index(self.starts[field.index()].len() - 1)),
        }
    }

    /// The first number of each cell of a field.
    pub(super) fn starts(&self, field: Field) -> &[u128] {
        &self.starts[field.index()]
    }

    fn cell(&self, field: Field, number: u128) -> u32 {
        let starts = self.starts(field);
        index(
            starts
                .partition_point(|start| *start <= number)
                .saturating_sub(1),
        )
    }

    fn start(&self, field: Field, cell: u32) -> u128 {
        self.starts[field.index()][cell as usize]
    }

    fn end(&self, field: Field, cell: u32) -> u128 {
        let next = self.starts[field.index()].get(cell as usize + 1);
        next.map_or_else(|| self.within.span(field).last(), |next| next - 1)
    }
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "without branches a comparison takes a third of the time"
)]
impl Rect {
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        (0..5).fold(true, |all, at| {
            all & (self.first[at] <= other.last[at]) & (other.first[at] <= self.last[at])
        })
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        (0..5).fold(true, |all, at| {
            all & (self.first[at] <= other.first[at]) & (other.last[at] <= self.last[at])
        })
    }

    pub(super) fn contains(&self, cells: &[u32; 5]) -> bool {
        (0..5).fold(true, |all, at| {
            all & (self.first[at] <= cells[at]) & (cells[at] <= self.last[at])
        })
    }

    pub(super) fn intersect(&self, other: &Self) -> Option<Self> {
        let common = Self {
            first: std::array::from_fn(|at| self.first[at].max(other.first[at])),
            last: std::array::from_fn(|at| self.last[at].min(other.last[at])),
        };
        self.overlaps(other).then_some(common)
    }

    /// How many cells lie in both, near enough to compare by.
    pub(super) fn common(&self, other: &Self) -> f64 {
        (0..5).fold(1.0, |cells, at| {
            let first = self.first[at].max(other.first[at]);
            let last = self.last[at].min(other.last[at]);
            cells * (f64::from(last) - f64::from(first) + 1.0).max(0.0)
        })
    }

    /// True when the rectangle is as wide as `bounds` in this field.
    pub(super) fn fills(&self, bounds: &Self, at: usize) -> bool {
        self.first[at] <= bounds.first[at] && bounds.last[at] <= self.last[at]
    }
}

/// A count as a floating-point number, rounded.
pub(super) fn real(count: u128) -> f64 {
    let word = |shift: u32| u32::try_from(count >> shift & u128::from(u32::MAX)).unwrap_or(0);
    [96, 64, 32, 0].into_iter().fold(0.0, |real, shift| {
        real * 4_294_967_296.0 + f64::from(word(shift))
    })
}

/// A position as a small number; lists as long as `u32::MAX` do not fit into memory.
pub(super) fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
