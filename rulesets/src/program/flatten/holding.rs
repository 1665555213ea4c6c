//! The packets of a box for which a test holds.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::fields::{Place, Protocols, of_protocols, of_values, place};
use super::pieces::Piece;
use super::walk::Walk;
use crate::intervals::Intervals;
use crate::program::evaluate::{At, Open, Truth, Why, highest};
use crate::program::{Element, Key, Part, Test, Values};
use crate::space::{Cube, NotDetermined};

/// The packets of a box with given values: those that have them, and those that may.
#[derive(Debug, Default)]
pub(crate) struct Having {
    pub(crate) sure: Vec<Cube>,
    pub(crate) maybe: Vec<Cube>,
}

impl<'a> Walk<'_, 'a> {
    /// The packets of these pieces for which a test holds; those in doubt say so.
    pub(crate) fn holding(
        &mut self,
        test: &'a Test,
        pieces: &[Piece],
        at: At<'a>,
    ) -> Result<Vec<Piece>, NotDetermined> {
        let mut held = Vec::new();
        for piece in pieces {
            if let Test::AnyOf(lists) = test {
                for list in lists {
                    let mut part = vec![*piece];
                    for test in list {
                        part = self.holding(test, &part, at)?;
                    }
                    held.extend(part);
                }
                continue;
            }
            let having = self.having(test, piece)?;
            self.room.take(1 + having.sure.len() + having.maybe.len())?;
            held.extend(having.sure.into_iter().map(|cube| piece.within(cube)));
            for cube in having.maybe {
                let why = Why::of(&self.eyes(), test, piece.env);
                held.push(self.doubt(piece.within(cube), Open::Test(test, why), at));
            }
        }
        Ok(held)
    }

    /// The packets of a box whose fields equal an element's parts.
    pub(crate) fn equal(&self, key: &[Key], element: &Element, piece: &Piece) -> Having {
        if element.0.len() != key.len() {
            return Having {
                sure: Vec::new(),
                maybe: vec![piece.cube],
            };
        }
        let (mut cubes, mut doubt) = (vec![piece.cube], false);
        for (key, part) in key.iter().zip(&element.0) {
            let parts = cubes.iter().map(|cube| self.part(*key, part, *cube, piece));
            let mut held = Vec::new();
            for having in parts {
                doubt |= !having.maybe.is_empty();
                held.extend(having.sure);
                held.extend(having.maybe);
            }
            cubes = held;
        }
        if doubt {
            Having {
                sure: Vec::new(),
                maybe: cubes,
            }
        } else {
            Having {
                sure: cubes,
                maybe: Vec::new(),
            }
        }
    }

    /// The packets of a box that have all of these fields.
    pub(crate) fn with_fields(&self, key: &[Key], piece: &Piece) -> Vec<Cube> {
        let before = |key: &Key| matches!(key, Key::OriginalDestination(_) | Key::OriginalPort);
        if piece.env.untracked && key.iter().any(before) {
            return Vec::new();
        }
        let mut cubes = vec![piece.cube];
        for key in key {
            let protocols = match place(*key, self.sight) {
                Place::Free(_, protocols) | Place::Fixed(protocols) => protocols,
                Place::High(number) | Place::Low(number) => Protocols::One(number),
            };
            cubes = cubes
                .into_iter()
                .flat_map(|cube| of_protocols(cube, protocols))
                .collect();
        }
        cubes
    }

    fn having(&mut self, test: &Test, piece: &Piece) -> Result<Having, NotDetermined> {
        match test {
            Test::In {
                key,
                values,
                negated,
            } => {
                let with = self.with_fields(key, piece);
                if with.is_empty() {
                    return Ok(Having::default());
                }
                if key.iter().all(|key| self.fixed(*key)) {
                    return Ok(by_truth(self.eyes().test(test, piece.env), with));
                }
                if let Some(sure) = self.by_intervals(key, values, *negated, piece) {
                    return Ok(Having {
                        sure,
                        maybe: Vec::new(),
                    });
                }
                let having = self.among(key, values, piece)?;
                if !negated {
                    return Ok(having);
                }
                self.without(&with, having, piece)
            }
            Test::Masked { key, .. } => {
                let with = self.with_fields(&[*key], piece);
                let truth = if self.fixed(*key) {
                    self.eyes().test(test, piece.env)
                } else {
                    Truth::Open
                };
                Ok(by_truth(truth, with))
            }
            Test::Undecided { .. } => Ok(by_truth(Truth::Open, vec![piece.cube])),
            Test::AnyOf(_) => Ok(Having::default()),
        }
    }

    /// True for a field that has one value for all packets.
    fn fixed(&self, key: Key) -> bool {
        matches!(place(key, self.sight), Place::Fixed(_))
    }

    /// The packets whose one field is among plain numbers, or is not.
    fn by_intervals(
        &self,
        key: &[Key],
        values: &Values,
        negated: bool,
        piece: &Piece,
    ) -> Option<Vec<Cube>> {
        let [key] = key else {
            return None;
        };
        let place = place(*key, self.sight);
        if matches!(place, Place::Fixed(_)) {
            return None;
        }
        let listed = match values {
            Values::Inline(elements) => spans(elements.iter())?,
            Values::Named { name, .. } => {
                let set = self.set(name)?;
                if set.dynamic || set.incomplete {
                    return None;
                }
                spans(set.elements.iter().map(|(element, _)| element))?
            }
        };
        let top = highest(*key)?;
        let all = Intervals::new(vec![(0, top)]);
        let values = if negated { all.minus(&listed) } else { listed };
        Some(of_values(piece.cube, place, &values))
    }

    fn among(
        &mut self,
        key: &[Key],
        values: &Values,
        piece: &Piece,
    ) -> Result<Having, NotDetermined> {
        let mut having = Having::default();
        let everything = || self.with_fields(key, piece);
        let elements: Vec<&Element> = match values {
            Values::Inline(elements) => elements.iter().collect(),
            Values::Named { name, .. } => match self.set(name) {
                Some(set) if !set.dynamic => {
                    if set.incomplete {
                        having.maybe = everything();
                    }
                    set.elements.iter().map(|(element, _)| element).collect()
                }
                Some(_) | None => {
                    having.maybe = everything();
                    return Ok(having);
                }
            },
        };
        for element in elements {
            let equal = self.equal(key, element, piece);
            self.room.take(1 + equal.sure.len() + equal.maybe.len())?;
            having.sure.extend(equal.sure);
            having.maybe.extend(equal.maybe);
        }
        Ok(having)
    }

    /// The packets that are not among some: in doubt where it is whether they are.
    fn without(
        &mut self,
        with: &[Cube],
        among: Having,
        piece: &Piece,
    ) -> Result<Having, NotDetermined> {
        let all = with.iter().map(|cube| piece.within(*cube)).collect();
        let left = self.room.minus(all, &among.sure)?;
        let sure = self.room.minus(left, &among.maybe)?;
        Ok(Having {
            sure: sure.into_iter().map(|piece| piece.cube).collect(),
            maybe: among.maybe,
        })
    }

    fn part(&self, key: Key, part: &Part, cube: Cube, piece: &Piece) -> Having {
        let place = place(key, self.sight);
        let with = || self.with_fields(&[key], &piece.within(cube));
        match (place, part) {
            (Place::Fixed(_), _) => by_truth(self.eyes().part(key, part, piece.env), with()),
            (_, Part::Span { first, last }) => {
                let values = Intervals::new(vec![(*first, *last)]);
                Having {
                    sure: of_values(cube, place, &values),
                    maybe: Vec::new(),
                }
            }
            (_, Part::Name { .. } | Part::Unread { .. }) => by_truth(Truth::Open, with()),
        }
    }
}

fn by_truth(truth: Truth, cubes: Vec<Cube>) -> Having {
    let none = Vec::new;
    let (sure, maybe) = match truth {
        Truth::True => (cubes, none()),
        Truth::Open => (none(), cubes),
        Truth::False => (none(), none()),
    };
    Having { sure, maybe }
}

fn spans<'e>(elements: impl Iterator<Item = &'e Element>) -> Option<Intervals> {
    let spans: Option<Vec<_>> = elements
        .map(|element| match element.0.as_slice() {
            [Part::Span { first, last }] => Some((*first, *last)),
            _ => None,
        })
        .collect();
    spans.map(Intervals::new)
}
