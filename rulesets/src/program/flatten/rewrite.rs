//! Translations: which packets they rewrite, and to what.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Ending;
use super::fields::{Protocols, of_protocols};
use super::holding::Having;
use super::pieces::Piece;
use super::walk::{Done, Place, Walk};
use crate::program::evaluate::{At, Fresh, Open, Rewrite};
use crate::program::{NewValue, Translation};
use crate::space::{Cube, NotDetermined};

/// Packets that a translation rewrites alike.
#[derive(Clone, Debug)]
pub(crate) struct Rewritten<'a> {
    pub(crate) piece: Piece,
    pub(crate) rewrite: Rewrite<'a>,
    pub(crate) at: At<'a>,
}

impl<'a> Walk<'_, 'a> {
    /// Rewrites packets; those that a map of the translation does not hold read the next rule.
    pub(super) fn translate(
        &mut self,
        by: &'a Translation,
        pieces: &[Piece],
        at: At<'a>,
        place: &mut Place<'a>,
    ) -> Done {
        let mut rewritten = Vec::new();
        for piece in pieces {
            for (piece, address) in self.renewed(&by.address, *piece, (by, at))? {
                for (piece, port) in self.renewed(&by.port, piece, (by, at))? {
                    let rewrite = Rewrite { by, address, port };
                    rewritten.push(Rewritten { piece, rewrite, at });
                }
            }
        }
        let pieces: Vec<Piece> = rewritten.iter().map(|it| it.piece).collect();
        self.rewritten.extend(rewritten);
        self.enter(&pieces, Ending::Accept, at)?;
        if self.follows {
            return self.leave(&pieces, place);
        }
        self.accepted.extend(pieces);
        Ok(())
    }

    /// The packets that get a value, with the value. Where translations are not followed, which one does
    /// not count.
    fn renewed<T: Copy + PartialEq>(
        &mut self,
        value: &'a NewValue<T>,
        piece: Piece,
        (by, at): (&'a Translation, At<'a>),
    ) -> Result<Vec<(Piece, Fresh<T>)>, NotDetermined> {
        let open = Open::Mapped(&by.text);
        let (key, entries) = match value {
            NewValue::Keep => return Ok(vec![(piece, Fresh::Keep)]),
            NewValue::One(value) => return Ok(vec![(piece, Fresh::Is(*value))]),
            NewValue::Between(first, last) if first == last => {
                return Ok(vec![(piece, Fresh::Is(*first))]);
            }
            NewValue::Between(..) | NewValue::Unknown => return Ok(vec![(piece, Fresh::Open)]),
            NewValue::Mapped { .. } if !self.follows => {
                return Ok(vec![(self.doubt(piece, open, at), Fresh::Open)]);
            }
            NewValue::Mapped { key, entries } => (key, entries),
        };
        let with = self.with_fields(key, &piece);
        let mut left: Vec<Piece> = with.into_iter().map(|cube| piece.within(cube)).collect();
        let mut found = Vec::new();
        for (element, value) in entries {
            let mut gone = Vec::new();
            for piece in &left {
                let Having { sure, maybe } = self.equal(key, element, piece);
                self.room.take(1 + sure.len() + maybe.len())?;
                let fresh = Fresh::Is(*value);
                found.extend(sure.iter().map(|cube| (piece.within(*cube), fresh)));
                gone.extend(sure);
                for cube in maybe {
                    found.push((self.doubt(piece.within(cube), open, at), fresh));
                }
            }
            left = self.room.minus(left, &gone)?;
        }
        Ok(found)
    }

    /// Puts what comes back from a called chain behind the call, unless it is there.
    pub(super) fn rejoin(&mut self, back: Vec<Piece>, place: &mut Place<'a>) -> Done {
        for piece in self.room.disjoint(back)? {
            let there = |own: &Piece| {
                own.env == piece.env
                    && own.cube.covers(&piece.cube)
                    && (own.condition.is_none() || piece.condition.is_some())
            };
            if !place.live.iter().any(there) {
                place.live.push(piece);
            }
        }
        Ok(())
    }
}

/// The packets of a box with ports, and those without.
pub(crate) fn parted(cube: Cube) -> (Vec<Cube>, Vec<Cube>) {
    let ported = of_protocols(cube, Protocols::Ported);
    let mut others = vec![cube];
    for part in &ported {
        others = others.iter().flat_map(|cube| cube.subtract(part)).collect();
    }
    (ported, others)
}
