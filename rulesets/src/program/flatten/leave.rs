//! Packets that leave a chain, or go on in another state.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::pieces::Piece;
use super::walk::{Done, Place, Walk};
use crate::program::evaluate::Env;
use crate::space::{Cube, NotDetermined};

impl<'a> Walk<'_, 'a> {
    /// The packets that reach the next base chain, given those that came `back` from this one: all that
    /// arrived, where no rule ever changed what later chains see.
    pub(crate) fn going_on(
        &mut self,
        arrived: &[Piece],
        start: Env,
        back: Vec<Piece>,
    ) -> Result<Vec<Piece>, NotDetermined> {
        let accepted = std::mem::take(&mut self.accepted);
        let mut pieces = arrived.iter().chain(&accepted).chain(&back);
        if pieces.all(|piece| piece.env == start) {
            return Ok(arrived.to_vec());
        }
        let back = self.room.disjoint(back)?;
        let mut next = Vec::new();
        for piece in accepted {
            next.extend(self.room.minus(vec![piece], &sure(&next))?);
        }
        let doubtful: Vec<Piece> = next.clone();
        let left = self.remaining(back, &doubtful)?;
        next.extend(left);
        if arrived.iter().any(|piece| piece.env != start) {
            return Ok(next);
        }
        self.as_they_came(arrived, start, next)
    }

    /// Takes packets for as certain as they came, however they left, where no way out changes them.
    fn as_they_came(
        &mut self,
        arrived: &[Piece],
        start: Env,
        next: Vec<Piece>,
    ) -> Result<Vec<Piece>, NotDetermined> {
        let mut changed: Vec<Cube> = Vec::new();
        for piece in next.iter().filter(|piece| piece.env != start) {
            let fresh = self.room.minus(vec![*piece], &changed)?;
            changed.extend(fresh.iter().map(|piece| piece.cube));
        }
        let mut going = self.room.minus(arrived.to_vec(), &changed)?;
        for piece in next {
            self.room.take(changed.len() / 8 + 1)?;
            if piece.env == start {
                let within = changed.iter().filter_map(|cube| piece.cube.intersect(cube));
                going.extend(within.map(|cube| piece.within(cube)));
            } else {
                going.push(piece);
            }
        }
        Ok(going)
    }

    /// Takes packets out of the rest of a chain.
    pub(crate) fn leave(&mut self, pieces: &[Piece], place: &mut Place<'a>) -> Done {
        let live = std::mem::take(&mut place.live);
        place.live = self.remaining(live, pieces)?;
        Ok(())
    }

    /// What is left of packets once some are gone: where it is in doubt whether they are, those that
    /// are left are in doubt too.
    pub(crate) fn remaining(
        &mut self,
        live: Vec<Piece>,
        gone: &[Piece],
    ) -> Result<Vec<Piece>, NotDetermined> {
        let mut left = self.room.minus(live, &sure(gone))?;
        for gone in gone {
            let Some(condition) = gone.condition else {
                continue;
            };
            let hit = |piece: &Piece| piece.cube.intersect(&gone.cube);
            let stay: Vec<Piece> = left
                .iter()
                .filter_map(|piece| Some(piece.within(hit(piece)?).in_doubt(condition)))
                .collect();
            left = self.room.minus(left, &[gone.cube])?;
            left.extend(stay);
        }
        Ok(left)
    }

    /// Changes the state of packets from the next step on.
    pub(crate) fn change(
        &mut self,
        pieces: &[Piece],
        place: &mut Place<'a>,
        change: impl Fn(&mut Piece),
    ) -> Result<Vec<Piece>, NotDetermined> {
        let (mut before, mut changed, mut same) = (Vec::new(), Vec::new(), Vec::new());
        for piece in pieces {
            let mut after = *piece;
            change(&mut after);
            if after == *piece {
                same.push(after);
            } else {
                before.push(*piece);
                changed.push(after);
            }
        }
        let mut changed = self.room.disjoint(changed)?;
        self.leave(&before, place)?;
        place.live.extend(&changed);
        changed.append(&mut same);
        Ok(changed)
    }
}

/// The boxes of what is certain.
fn sure(pieces: &[Piece]) -> Vec<Cube> {
    let sure = pieces.iter().filter(|piece| piece.condition.is_none());
    sure.map(|piece| piece.cube).collect()
}
