//! One base chain, read for one slice of the packets after the other.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::call::Seen;
use super::facts::HostFacts;
use super::order::Place;
use super::run::NAMES;
use super::slice::{Slice, View};
use crate::answer::Condition;
use crate::program::evaluate::{At, By, Env, Open, Sight};
use crate::program::{Ending, Flat, FlatEntry, Piece, Rewritten, Walk};
use crate::space::{Cube, NotDetermined};
use crate::verdict::Decider;

/// A base chain that is being read.
pub(super) struct Reading<'p, 'a> {
    place: &'p Place<'p, 'a>,
    walk: Walk<'p, 'a>,
    /// The packets of which the policy decides when no rule does.
    by_policy: Vec<Piece>,
    /// The packets that the chain does not see, with what translated them.
    passing_by: Vec<(Piece, Option<Decider>)>,
    made: Vec<Slice<'a>>,
    unclear: Vec<(Cube, Decider)>,
}

/// What comes of reading a base chain.
pub(super) struct Read<'a> {
    pub(super) flat: Flat,
    /// The slices that its translations make.
    pub(super) made: Vec<Slice<'a>>,
    /// The packets that it does something unknown to, with the rule.
    pub(super) unclear: Vec<(Cube, Decider)>,
}

impl<'p, 'a> Reading<'p, 'a> {
    pub(super) fn new(
        place: &'p Place<'p, 'a>,
        sight: &'p Sight,
        follows: bool,
        conditions: Vec<Condition>,
    ) -> Self {
        let mut walk = Walk::new(&place.called.program, sight, NAMES);
        walk.conditions = conditions;
        walk.follows = follows;
        Self {
            place,
            walk,
            by_policy: Vec::new(),
            passing_by: Vec::new(),
            made: Vec::new(),
            unclear: Vec::new(),
        }
    }

    /// Reads the chain for one slice; what comes back goes on as it was.
    pub(super) fn slice(
        &mut self,
        slice: Slice<'a>,
        view: &'p View,
        start: Env,
        host: &HostFacts,
    ) -> Result<Slice<'a>, NotDetermined> {
        let reads = |piece: &Piece| view.meets() && slice.reads(piece, self.place);
        let (seen, spared): (Vec<Piece>, Vec<Piece>) =
            slice.pieces.iter().copied().partition(reads);
        let by = |piece: &Piece| (*piece, slice.by.clone());
        self.passing_by.extend(spared.iter().map(by));
        if seen.is_empty() {
            return Ok(slice);
        }
        self.walk.sight = &view.sight;
        let unsure = view.seen == Seen::Maybe;
        let arrived = if unsure {
            self.doubted(&seen)
        } else {
            seen.clone()
        };
        if unsure {
            self.passing_by.extend(arrived.iter().map(by));
        }
        self.by_policy.extend(&arrived);
        let mark = self.walk.mark();
        let back = self.walk.chain(self.place.chain, seen.clone())?;
        let mut going = self.walk.going_on(&seen, start, back)?;
        let mut rewritten = std::mem::take(&mut self.walk.rewritten);
        if unsure {
            // What it accepts passes whether it sees it or not; only the rest depends on that.
            let (asked, at) = self.device();
            self.walk.doubt_stops(mark, asked, at);
            for it in &mut rewritten {
                it.piece = self.walk.doubt(it.piece, asked, at);
            }
            if going != seen {
                going = self.doubted(&going);
                going.extend(&arrived);
            }
        }
        if self.walk.follows {
            let gone: Vec<Piece> = rewritten.iter().map(|it| it.piece).collect();
            going = self.walk.remaining(going, &gone)?;
        }
        going.extend(spared);
        for it in &rewritten {
            self.translated(&slice, it, host);
        }
        Ok(Slice {
            pieces: going,
            ..slice
        })
    }

    /// What was read; `whole` when the chain sees all packets that nothing translated.
    pub(super) fn finish(self, whole: bool) -> Read<'a> {
        let policy = &self.place.base.policy;
        let chain = self.walk.program.chains[self.place.chain];
        let mut flat = self.walk.finish(policy, &By::Policy(chain, policy));
        if flat.default != Ending::Accept {
            if whole {
                let_by(&mut flat, self.passing_by);
            } else {
                let rule = flat.default_rule();
                let ending = flat.default;
                flat.entries
                    .extend(self.by_policy.iter().map(|piece| FlatEntry {
                        cube: piece.cube,
                        ending,
                        rule,
                        condition: piece.condition,
                    }));
                flat.default = Ending::Accept;
                flat.origins.push(ELSEWHERE.decider(NAMES));
            }
        }
        Read {
            flat,
            made: self.made,
            unclear: self.unclear,
        }
    }

    fn translated(&mut self, slice: &Slice<'a>, rewritten: &Rewritten<'a>, host: &HostFacts) {
        if !self.walk.follows || self.made.len() >= SLICES {
            let by = By::Rule(rewritten.at).decider(NAMES);
            self.unclear.push((rewritten.piece.cube, by));
            return;
        }
        for fresh in slice.translated(rewritten, self.place.base.hook, host) {
            let same = |known: &&mut Slice<'a>| known.world.same_state(&fresh.world);
            match self.made.iter_mut().find(same) {
                Some(known) => known.pieces.extend(fresh.pieces),
                None => self.made.push(fresh),
            }
        }
    }

    fn doubted(&mut self, pieces: &[Piece]) -> Vec<Piece> {
        let (asked, at) = self.device();
        self.walk.all_in_doubt(pieces, asked, at)
    }

    /// Whether the chain sees a packet of an interface that is not known.
    fn device(&self) -> (Open<'a>, At<'a>) {
        let at = At {
            chain: self.walk.program.chains[self.place.chain],
            rule: None,
        };
        (Open::Device(&self.place.base.devices), at)
    }
}

/// Lets packets by that do not meet the chain.
fn let_by(flat: &mut Flat, passing_by: Vec<(Piece, Option<Decider>)>) {
    let mut entries = Vec::new();
    let mut known: Option<(Option<Decider>, u32)> = None;
    for (piece, by) in passing_by {
        let same = known.as_ref().filter(|(known, _)| *known == by);
        let fresh = || by.clone().unwrap_or_else(|| ELSEWHERE.decider(NAMES));
        let rule = same.map_or_else(|| flat.add_origin(fresh()), |(_, rule)| *rule);
        known = Some((by, rule));
        entries.push(FlatEntry {
            cube: piece.cube,
            ending: Ending::Accept,
            rule,
            condition: piece.condition,
        });
    }
    flat.entries.splice(0..0, entries);
}

/// How many different results of one chain's translations are followed.
const SLICES: usize = 128;

/// What lets packets pass a chain that does not see them.
const ELSEWHERE: By<'static> = By::Default("netfilter", "the packet does not meet the chain");
