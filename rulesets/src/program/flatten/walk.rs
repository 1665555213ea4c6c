//! Writes the chains of one program out as entries.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::pieces::{Piece, Room};
use super::rewrite::Rewritten;
use super::{Ending, Flat, FlatEntry};
use crate::answer::Condition;
use crate::program::evaluate::{At, By, Eyes, Literal, Names, Open, Program, Sight};
use crate::program::{Chain, NamedSet, Rule, Step, Verdict};
use crate::space::NotDetermined;
use crate::verdict::Decider;
use std::collections::BTreeMap;

/// A list in the making.
pub(crate) struct Walk<'p, 'a> {
    pub(crate) program: &'p Program<'a>,
    pub(crate) sight: &'p Sight,
    pub(crate) room: Room,
    names: Names,
    entries: Vec<FlatEntry>,
    origins: Vec<Decider>,
    numbers: BTreeMap<usize, u32>,
    pub(crate) conditions: Vec<Condition>,
    /// The packets that were accepted.
    pub(crate) accepted: Vec<Piece>,
    /// The packets that were translated.
    pub(crate) rewritten: Vec<Rewritten<'a>>,
    /// True when it counts which packets are translated: those that a rule ends the way of, or that come
    /// back from a chain, are then told apart from the others.
    pub(crate) follows: bool,
    /// Chains that are being read.
    active: Vec<usize>,
}

/// What the rules of a chain leave behind: the packets that read its next rule, and those that left.
pub(crate) struct Place<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) live: Vec<Piece>,
    pub(crate) back: Vec<Piece>,
}

pub(crate) type Done = Result<(), NotDetermined>;

impl<'p, 'a> Walk<'p, 'a> {
    /// `sight` tells all but the five fields; its protocol must be TCP, for the flags to be read.
    pub(crate) fn new(program: &'p Program<'a>, sight: &'p Sight, names: Names) -> Self {
        Self {
            program,
            sight,
            room: Room::new(),
            names,
            entries: Vec::new(),
            origins: Vec::new(),
            numbers: BTreeMap::new(),
            conditions: Vec::new(),
            accepted: Vec::new(),
            rewritten: Vec::new(),
            follows: false,
            active: Vec::new(),
        }
    }

    /// The list of what was read; `by` decides what no entry matches.
    pub(crate) fn finish(mut self, default: &Verdict, by: &By<'a>) -> Flat {
        self.origins.push(by.decider(self.names));
        Flat {
            entries: self.entries,
            default: Ending::of(default),
            origins: self.origins,
            conditions: self.conditions,
        }
    }

    /// Reads a chain; what comes back leaves it towards its caller, some of it perhaps more than once.
    pub(crate) fn chain(
        &mut self,
        chain: usize,
        pieces: Vec<Piece>,
    ) -> Result<Vec<Piece>, NotDetermined> {
        if self.active.len() >= DEEPEST {
            return Err(NotDetermined {
                steps: DEEPEST as u64,
            });
        }
        self.active.push(chain);
        let rules = &self.program.chains[chain].rules;
        let mut place = Place {
            chain: self.program.chains[chain],
            live: pieces,
            back: Vec::new(),
        };
        for rule in rules {
            if place.live.is_empty() {
                break;
            }
            self.room.take(place.live.len())?;
            self.rule(rule, &mut place)?;
        }
        self.active.pop();
        place.back.append(&mut place.live);
        Ok(place.back)
    }

    /// Adds a verdict for whole pieces of the space.
    pub(crate) fn give(&mut self, pieces: &[Piece], ending: Ending, at: At<'a>) -> Done {
        if ending == Ending::Accept {
            self.accepted.extend(pieces);
        }
        self.enter(pieces, ending, at)
    }

    /// Adds entries.
    pub(super) fn enter(&mut self, pieces: &[Piece], ending: Ending, at: At<'a>) -> Done {
        self.room.take(pieces.len())?;
        let rule = self.number(at);
        self.entries.extend(pieces.iter().map(|piece| FlatEntry {
            cube: piece.cube,
            ending,
            rule,
            condition: piece.condition,
        }));
        Ok(())
    }

    /// How many entries there are.
    pub(crate) fn mark(&self) -> usize {
        self.entries.len()
    }

    /// Puts the entries since a mark in doubt that do not let packets pass.
    pub(crate) fn doubt_stops(&mut self, mark: usize, open: Open<'a>, at: At<'a>) {
        let condition = self.condition(open, at);
        let since = self.entries.iter_mut().skip(mark);
        for entry in since.filter(|entry| entry.ending != Ending::Accept) {
            entry.condition = entry.condition.or(Some(condition));
        }
    }

    pub(crate) fn eyes(&self) -> Eyes<'p, 'a> {
        Eyes::new(self.sight, &self.program.sets)
    }

    pub(crate) fn set(&self, name: &str) -> Option<&'a NamedSet> {
        self.program.sets.get(name).copied()
    }

    /// Puts a piece in doubt, unless it is.
    pub(crate) fn doubt(&mut self, piece: Piece, open: Open<'a>, at: At<'a>) -> Piece {
        if piece.condition.is_some() {
            return piece;
        }
        let condition = self.condition(open, at);
        piece.in_doubt(condition)
    }

    fn condition(&mut self, open: Open<'a>, at: At<'a>) -> u32 {
        let literal = Literal {
            at,
            open,
            holds: true,
            epoch: 0,
        };
        let condition = literal.condition(self.names.chains);
        if self.conditions.last() != Some(&condition) {
            self.conditions.push(condition);
        }
        let number = self.conditions.len().saturating_sub(1);
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn number(&mut self, at: At<'a>) -> u32 {
        let rule = at.rule.map_or(0, |rule| std::ptr::from_ref(rule).addr());
        let fresh = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(rule).or_insert(fresh);
        if number == fresh {
            self.origins.push(By::Rule(at).decider(self.names));
        }
        number
    }

    fn rule(&mut self, rule: &'a Rule, place: &mut Place<'a>) -> Done {
        let at = At {
            chain: place.chain,
            rule: Some(rule),
        };
        let mut pieces = place.live.clone();
        for step in &rule.steps {
            if pieces.is_empty() {
                return Ok(());
            }
            match step {
                Step::Test(test) => pieces = self.holding(test, &pieces, at)?,
                Step::Verdict(verdict) => return self.verdict(verdict, &pieces, at, place),
                Step::Lookup { key, map } => {
                    pieces = self.look_up((key, map), pieces, at, place)?;
                }
                Step::Translate(translation) => {
                    return self.translate(translation, &pieces, at, place);
                }
                Step::SetMark { mask, value } => {
                    pieces = self.change(&pieces, place, |piece| {
                        piece.env.set_mark(*mask, *value);
                    })?;
                }
                Step::CopyMark {
                    to,
                    mask,
                    copied,
                    value,
                } => {
                    let sight = self.sight;
                    pieces = self.change(&pieces, place, |piece| {
                        if sight.connected(piece.env) {
                            piece.env.copy_mark(*to, (*mask, *copied, *value));
                        }
                    })?;
                }
                Step::Notrack if self.sight.early => {
                    pieces = self.change(&pieces, place, |piece| piece.env.untracked = true)?;
                }
                Step::Notrack => {}
                Step::Opaque { text } => {
                    let opaque = Open::Opaque(text);
                    let doubtful = self.all_in_doubt(&pieces, opaque, at);
                    self.give(&doubtful, Ending::Unclear, at)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn all_in_doubt(
        &mut self,
        pieces: &[Piece],
        open: Open<'a>,
        at: At<'a>,
    ) -> Vec<Piece> {
        let pieces = pieces.iter();
        pieces.map(|piece| self.doubt(*piece, open, at)).collect()
    }

    pub(crate) fn verdict(
        &mut self,
        verdict: &'a Verdict,
        pieces: &[Piece],
        at: At<'a>,
        place: &mut Place<'a>,
    ) -> Done {
        match verdict {
            Verdict::Accept | Verdict::Drop | Verdict::Reject { .. } => {
                self.give(pieces, Ending::of(verdict), at)?;
                if self.follows {
                    self.leave(pieces, place)?;
                }
                Ok(())
            }
            Verdict::Continue => Ok(()),
            Verdict::Return => {
                place.back.extend(pieces);
                self.leave(pieces, place)
            }
            Verdict::Jump(name) => {
                let Some(callee) = self.callee(name, pieces, at)? else {
                    return Ok(());
                };
                let back = self.chain(callee, pieces.to_vec())?;
                let changed = |after: &Piece| {
                    let same = |before: &Piece| before.env == after.env;
                    !pieces.iter().all(same)
                };
                if self.follows || back.iter().any(changed) {
                    self.leave(pieces, place)?;
                    self.rejoin(back, place)?;
                }
                Ok(())
            }
            Verdict::Goto(name) => {
                let Some(callee) = self.callee(name, pieces, at)? else {
                    return Ok(());
                };
                let back = self.chain(callee, pieces.to_vec())?;
                place.back.extend(back);
                self.leave(pieces, place)
            }
        }
    }

    /// The chain of this name; `None` when it is not clear what it would do.
    fn callee(
        &mut self,
        name: &'a str,
        pieces: &[Piece],
        at: At<'a>,
    ) -> Result<Option<usize>, NotDetermined> {
        let found = self.program.names.get(name).copied();
        let open = match found {
            Some(callee) if self.active.contains(&callee) => Open::Circle(name),
            Some(callee) => return Ok(Some(callee)),
            None => Open::NoChain(name),
        };
        let doubtful = self.all_in_doubt(pieces, open, at);
        self.give(&doubtful, Ending::Unclear, at)?;
        Ok(None)
    }
}

impl Ending {
    /// What a verdict that ends a packet's way does; any other lets it pass no further.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Accept => Self::Accept,
            Verdict::Drop => Self::Drop,
            Verdict::Reject { .. } => Self::Reject,
            Verdict::Return | Verdict::Continue | Verdict::Jump(_) | Verdict::Goto(_) => {
                Self::Unclear
            }
        }
    }
}

/// How deep chains may be nested.
const DEEPEST: usize = 256;
