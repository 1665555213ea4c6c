//! What a box keeps when other boxes are cut out of it, looked for piece by piece.
//!
//! The largest cut comes first, a piece that one box covers is dropped, and the first piece that no
//! box touches is the answer. Cheap where rules are written by people; a crafted list can make the
//! pieces multiply, which the meter ends.

use super::budget::{Meter, NotDetermined};
use super::grid::Rect;

/// A search and its memory, kept between questions.
#[derive(Debug, Default)]
pub(super) struct Residual {
    /// For each piece on the stack, the boxes that may still touch it; pieces of one box share them.
    candidates: Vec<u32>,
    stack: Vec<Piece>,
    /// The boxes that the last search cut or covered with.
    used: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    rect: Rect,
    from: usize,
    to: usize,
}

impl Residual {
    /// A cell of `target` that none of the boxes numbered in `cover` holds; `None` when they hold all.
    pub(super) fn uncovered(
        &mut self,
        target: &Rect,
        cover: impl Iterator<Item = u32>,
        rects: &[Rect],
        meter: &mut Meter,
    ) -> Result<Option<[u32; 5]>, NotDetermined> {
        self.candidates.clear();
        self.candidates.extend(cover);
        self.used.clear();
        self.stack.clear();
        self.stack.push(Piece {
            rect: *target,
            from: 0,
            to: self.candidates.len(),
        });
        while let Some(piece) = self.stack.pop() {
            if let Err(stopped) = meter.spend(1 + (piece.to - piece.from) / BOXES_A_STEP) {
                self.stack.push(piece);
                return Err(stopped);
            }
            match self.touch(&piece, rects) {
                Touch::None => return Ok(Some(piece.rect.first)),
                Touch::Covered(by) => self.used.push(by),
                Touch::Cut { by, from, to } => {
                    self.used.push(by);
                    self.split(&piece.rect, &rects[by as usize], from, to);
                }
            }
        }
        Ok(None)
    }

    /// The boxes that together covered the target of the last search; none when the search did not
    /// come to its end.
    pub(super) fn used(&self) -> &[u32] {
        if self.stack.is_empty() {
            &self.used
        } else {
            &[]
        }
    }

    /// Finds the box that covers the piece, or else the one that cuts most of it away. The candidates
    /// that touch the piece at all move to the end of what the pieces on the stack still need.
    fn touch(&mut self, piece: &Piece, rects: &[Rect]) -> Touch {
        let keep_from = self.stack.last().map_or(0, |below| below.to);
        let mut to = keep_from;
        let mut best: Option<(f64, usize)> = None;
        for at in piece.from..piece.to {
            let number = self.candidates[at];
            let rect = &rects[number as usize];
            if !rect.overlaps(&piece.rect) {
                continue;
            }
            if rect.covers(&piece.rect) {
                return Touch::Covered(number);
            }
            let common = rect.common(&piece.rect);
            if best.is_none_or(|(most, _)| common > most) {
                best = Some((common, to));
            }
            // A piece whose candidates lie past `keep_from` is their last user: compact in place.
            if to < self.candidates.len() {
                self.candidates[to] = number;
            } else {
                self.candidates.push(number);
            }
            to += 1;
        }
        let Some((_, at)) = best else {
            return Touch::None;
        };
        let by = self.candidates[at];
        self.candidates.copy_within(at + 1..to, at);
        self.candidates.truncate(to - 1);
        Touch::Cut {
            by,
            from: keep_from,
            to: to - 1,
        }
    }

    fn split(&mut self, piece: &Rect, cut: &Rect, from: usize, to: usize) {
        let mut rest = *piece;
        for at in 0..5 {
            if rest.first[at] < cut.first[at] {
                let mut rect = rest;
                rect.last[at] = cut.first[at] - 1;
                rest.first[at] = cut.first[at];
                self.stack.push(Piece { rect, from, to });
            }
            if cut.last[at] < rest.last[at] {
                let mut rect = rest;
                rect.first[at] = cut.last[at] + 1;
                rest.last[at] = cut.last[at];
                self.stack.push(Piece { rect, from, to });
            }
        }
    }
}

/// What the boxes do to a piece.
enum Touch {
    None,
    Covered(u32),
    Cut { by: u32, from: usize, to: usize },
}

/// Boxes that are compared with a piece in the time of one step.
const BOXES_A_STEP: usize = 32;
