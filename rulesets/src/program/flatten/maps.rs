//! Verdict maps, entry by entry.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::Ending;
use super::holding::Having;
use super::pieces::Piece;
use super::walk::{Place, Walk};
use crate::program::evaluate::{At, Open, Why};
use crate::program::{Element, Key, Verdict, VerdictMap};
use crate::space::NotDetermined;

impl<'a> Walk<'_, 'a> {
    /// Follows a verdict map; what comes back found nothing in it.
    pub(crate) fn look_up(
        &mut self,
        (key, map): (&'a [Key], &'a VerdictMap),
        pieces: Vec<Piece>,
        at: At<'a>,
        place: &mut Place<'a>,
    ) -> Result<Vec<Piece>, NotDetermined> {
        let mut left = Vec::new();
        for piece in pieces {
            let with = self.with_fields(key, &piece);
            left.extend(with.into_iter().map(|cube| piece.within(cube)));
        }
        match map {
            VerdictMap::Inline(entries) => {
                for (element, verdict) in entries {
                    left = self.entry((key, element, verdict), left, at, place)?;
                }
            }
            VerdictMap::Named(name) => match self.set(name) {
                Some(set) if !set.dynamic => {
                    for (element, verdict) in &set.elements {
                        if let Some(verdict) = verdict {
                            left = self.entry((key, element, verdict), left, at, place)?;
                        }
                    }
                    if set.incomplete {
                        let open = Open::Map(name, Why::Incomplete(name));
                        let doubtful = self.all_in_doubt(&left, open, at);
                        self.give(&doubtful, Ending::Unclear, at)?;
                    }
                }
                Some(_) | None => {
                    let open = Open::Map(name, Why::Missing("the elements of the map"));
                    let doubtful = self.all_in_doubt(&left, open, at);
                    self.give(&doubtful, Ending::Unclear, at)?;
                }
            },
        }
        Ok(left)
    }

    /// Follows one entry of a map.
    fn entry(
        &mut self,
        (key, element, verdict): (&'a [Key], &'a Element, &'a Verdict),
        left: Vec<Piece>,
        at: At<'a>,
        place: &mut Place<'a>,
    ) -> Result<Vec<Piece>, NotDetermined> {
        let (mut taken, mut gone) = (Vec::new(), Vec::new());
        for piece in &left {
            let Having { sure, maybe } = self.equal(key, element, piece);
            self.room.take(1 + sure.len() + maybe.len())?;
            taken.extend(sure.iter().map(|cube| piece.within(*cube)));
            gone.extend(sure);
            for cube in maybe {
                taken.push(self.doubt(piece.within(cube), Open::Entry(key, element), at));
            }
        }
        let left = self.room.minus(left, &gone)?;
        if !taken.is_empty() {
            self.verdict(verdict, &taken, at, place)?;
        }
        Ok(left)
    }
}
