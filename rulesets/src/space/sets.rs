//! Sets of packets, each a list of cubes that may overlap; results never do.

use super::budget::{Budget, NotDetermined};
use super::cube::Cube;
use super::diagram::Difference;
use super::grid::Grid;
use super::list::{Entry, Label, List};
use super::merge;
use super::region::region;

/// The packets of either set: disjoint cubes, neighbours joined.
pub fn union(one: &[Cube], other: &[Cube], budget: &Budget) -> Result<Vec<Cube>, NotDetermined> {
    let cubes = one.iter().chain(other).map(|cube| (*cube, IN));
    held(cubes, budget)
}

/// The packets of the first set that the second does not hold: disjoint cubes, neighbours joined.
pub fn difference(
    set: &[Cube],
    less: &[Cube],
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let less = less.iter().map(|cube| (*cube, OUT));
    held(less.chain(set.iter().map(|cube| (*cube, IN))), budget)
}

/// The packets of both sets: disjoint cubes, neighbours joined.
pub fn intersection(
    one: &[Cube],
    other: &[Cube],
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let only_one = difference(one, other, budget)?;
    difference(one, &only_one, budget)
}

/// The same packets in fewer cubes, where neighbours can be joined; the cubes have to be disjoint.
pub fn merged(cubes: &[Cube]) -> Vec<Cube> {
    let grid = Grid::new(&Cube::UNBOUNDED, &cubes.iter());
    let parts = cubes.iter().filter_map(|cube| {
        let rect = grid.rect(cube)?;
        let values = [0, 0];
        Some(Difference { values, rect })
    });
    let parts = merge::merge(parts.collect());
    parts.iter().map(|part| grid.cube(&part.rect)).collect()
}

/// How many packets disjoint cubes hold; a number past 2^128 counts as the highest.
pub fn count(cubes: &[Cube]) -> u128 {
    cubes.iter().map(Cube::count).fold(0, u128::saturating_add)
}

/// The packets whose first cube says in.
fn held(
    cubes: impl Iterator<Item = (Cube, Label)>,
    budget: &Budget,
) -> Result<Vec<Cube>, NotDetermined> {
    let entry = |(cube, label)| Entry {
        cube,
        label,
        rule: 0,
    };
    let list = List {
        entries: cubes.map(entry).collect(),
        default: OUT,
    };
    region(&list, &Cube::UNBOUNDED, IN, budget)
}

const IN: Label = Label(1);
const OUT: Label = Label(0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{Field, Span};

    fn square(from: u128, to: u128) -> Cube {
        let side = Span::new(from, to).unwrap();
        Cube::V4
            .with(Field::Source, side)
            .with(Field::B, side)
            .with(Field::Protocol, Span::one(6))
            .with(Field::Destination, Span::one(1))
            .with(Field::A, Span::one(0))
    }

    #[test]
    fn what_two_squares_share_and_do_not_share_adds_up() {
        let budget = Budget::default();
        let (one, other) = ([square(0, 9)], [square(5, 14)]);
        let sizes = [
            union(&one, &other, &budget),
            intersection(&one, &other, &budget),
            difference(&one, &other, &budget),
        ];
        let sizes = sizes.map(|set| count(&set.unwrap()));
        assert_eq!(sizes, [175, 25, 75]);
    }

    #[test]
    fn a_square_cut_into_tiles_is_one_square_again() {
        let side = |from: u128| Span::new(from, from + 9).unwrap();
        let tiles = (0..100).map(|tile| {
            let source = side(tile / 10 * 10);
            let port = side(tile % 10 * 10);
            square(0, 99)
                .with(Field::Source, source)
                .with(Field::B, port)
        });
        assert_eq!(merged(&tiles.collect::<Vec<_>>()), [square(0, 99)]);
    }

    #[test]
    fn the_empty_set_stays_empty() {
        let budget = Budget::default();
        assert_eq!(union(&[], &[], &budget), Ok(vec![]));
        assert_eq!(difference(&[], &[Cube::ALL], &budget), Ok(vec![]));
        assert_eq!(intersection(&[Cube::V4], &[], &budget), Ok(vec![]));
    }
}
