//! Decides many packets by one list.

use super::Field;
use super::cube::{Cube, Point};
use super::grid::{Grid, Rect};
use super::list::{Decision, List};
use super::lookup::Lookup;
use super::tree::Trees;
use super::vectors::Vectors;

/// A list made ready to decide many packets, each with the rule that decides.
#[derive(Debug)]
pub struct Bulk {
    decisions: Vec<Decision>,
    default: Decision,
    means: Means,
}

#[derive(Debug)]
enum Means {
    Vectors(Vectors),
    Trees(Box<([Lookup; 5], Trees)>),
}

impl Bulk {
    /// Bit vectors for up to some 20,000 entries; trees of bounding boxes, slower and a hundredth of
    /// the memory, above.
    pub fn new(list: &List) -> Self {
        Self::with_most(list, MOST_WORDS)
    }

    /// The same with the trees whatever the length of the list.
    pub fn small(list: &List) -> Self {
        Self::with_most(list, 0)
    }

    /// What the list does to a packet, and the rule that decides.
    pub fn decide(&self, point: &Point) -> Decision {
        let first = match &self.means {
            Means::Vectors(vectors) => vectors.first(point),
            Means::Trees(trees) => {
                let (cells, trees) = trees.as_ref();
                let cells = std::array::from_fn(|at| cells[at].cell(point.0[at]));
                trees.first(&cells, |_| true)
            }
        };
        first.map_or(self.default, |entry| self.decisions[entry as usize])
    }

    fn with_most(list: &List, most: usize) -> Self {
        let cubes = list.entries.iter().map(|entry| &entry.cube);
        let grid = Grid::new(&Cube::UNBOUNDED, &cubes);
        let rects: Vec<Rect> = cubes.filter_map(|cube| grid.rect(cube)).collect();
        let words = rects.len().div_ceil(64);
        let vectors = (words * words <= most).then(|| Vectors::new(&grid, &rects, most));
        let means = vectors.flatten().map_or_else(
            || {
                let cells = Field::ALL.map(|field| Lookup::new(grid.starts(field)));
                let trees = Trees::new(&rects, &grid.whole());
                Means::Trees(Box::new((cells, trees)))
            },
            Means::Vectors,
        );
        let decisions = list.entries.iter().map(|entry| list.decision(Some(entry)));
        Self {
            decisions: decisions.collect(),
            default: list.decision(None),
            means,
        }
    }
}

/// The most memory that bit vectors take, in words of 8 bytes.
const MOST_WORDS: usize = 8 << 20;
