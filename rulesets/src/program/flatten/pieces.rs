//! Parts of the space on their way through a chain.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::flow::Family;
use crate::program::evaluate::Env;
use crate::space::{Cube, NotDetermined};

/// Packets that share everything but their five numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    pub(crate) cube: Cube,
    /// The first thing their being here depends on.
    pub(crate) condition: Option<u32>,
    pub(crate) env: Env,
}

/// How many more boxes may be made.
#[derive(Debug)]
pub(crate) struct Room {
    left: u64,
}

impl Piece {
    /// The same packets in a smaller box.
    pub(crate) fn within(self, cube: Cube) -> Self {
        Self { cube, ..self }
    }

    /// The same packets, if nothing was in doubt before, in doubt for this reason.
    pub(crate) fn in_doubt(self, condition: u32) -> Self {
        Self {
            condition: self.condition.or(Some(condition)),
            ..self
        }
    }
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { left: BOXES_MADE }
    }

    pub(crate) fn take(&mut self, boxes: usize) -> Result<(), NotDetermined> {
        let left = self.left.checked_sub(boxes as u64);
        self.left = left.ok_or(NotDetermined { steps: BOXES_MADE })?;
        Ok(())
    }

    /// The same packets, each certain one in one box only.
    pub(crate) fn disjoint(&mut self, pieces: Vec<Piece>) -> Result<Vec<Piece>, NotDetermined> {
        if pieces.len() < 2 {
            return Ok(pieces);
        }
        let mut apart: Vec<Piece> = Vec::new();
        for piece in pieces {
            let known = apart.iter().filter(|known| {
                let sure = known.condition.is_none() && known.env == piece.env;
                (sure || known.condition.is_some() && **known == piece)
                    && known.cube.intersect(&piece.cube).is_some()
            });
            let known: Vec<Cube> = known.map(|known| known.cube).collect();
            self.take(apart.len() / 8 + 1)?;
            apart.extend(self.minus(vec![piece], &known)?);
        }
        Ok(apart)
    }

    /// What is left of these packets without those of `gone`.
    pub(crate) fn minus(
        &mut self,
        pieces: Vec<Piece>,
        gone: &[Cube],
    ) -> Result<Vec<Piece>, NotDetermined> {
        let mut left = pieces;
        for cut in gone {
            self.take(left.len() / 8 + 1)?;
            if left.iter().all(|piece| piece.cube.intersect(cut).is_none()) {
                continue;
            }
            let mut rest = Vec::new();
            for piece in left {
                for cube in piece.cube.subtract(cut) {
                    rest.push(piece.within(cube));
                }
            }
            self.take(rest.len())?;
            left = rest;
        }
        Ok(left)
    }
}

/// Every packet of a family.
pub(crate) fn whole(family: Family) -> Cube {
    match family {
        Family::V4 => Cube::V4,
        Family::V6 => Cube::ALL,
    }
}

/// How many boxes are made for one question.
const BOXES_MADE: u64 = 1_000_000;
