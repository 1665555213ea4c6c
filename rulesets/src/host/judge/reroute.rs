//! Where routing sends the packets that a translation sent elsewhere, and which packets it stops.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::course::Course;
use super::facts::UNICAST;
use super::flat::FlatStage;
use super::route::{FORWARDING, HERE, REVERSE_PATH, forwards, inside, literal, through};
use super::run::NAMES;
use super::slice::Slice;
use crate::intervals::Intervals;
use crate::program::evaluate::{By, Open};
use crate::program::{Ending, Flat, FlatEntry, Piece};
use crate::space::{Cube, Field, Span};

impl<'a> Course<'_, 'a> {
    /// Sends each slice to this host or through it, or nowhere.
    pub(super) fn route(&mut self) {
        let mut stopped = Vec::new();
        for slice in &self.slices {
            stopped.extend(self.astray(slice));
        }
        let mut routed = Vec::new();
        for slice in std::mem::take(&mut self.slices) {
            for mut slice in self.directed(slice) {
                let pieces = match forwards(&slice.world, self.host) {
                    Some(true) => Vec::new(),
                    Some(false) => slice.pieces.clone(),
                    None => {
                        let condition = self.condition(Open::Forwarding, false);
                        slice.in_doubt(condition).pieces
                    }
                };
                stopped.extend(pieces.into_iter().map(|piece| entry(piece, NOT_FORWARDED)));
                slice.world.rewritten = false;
                routed.push(slice);
            }
        }
        self.slices = routed;
        if !stopped.is_empty() {
            self.gate(stopped);
        }
    }

    /// The packets that fail reverse path filtering.
    fn astray(&self, slice: &Slice<'a>) -> Vec<FlatEntry> {
        let Some(back) = &self.host.reverse_path else {
            return Vec::new();
        };
        let family = slice.world.sight.packet.family;
        let gaps = Intervals::all(family).minus(&Intervals::of(back, family));
        let from = |cube: Cube, (first, last)| {
            let span = cube
                .span(Field::Source)
                .intersect(Span::new(first, last)?)?;
            Some(cube.with(Field::Source, span))
        };
        let pieces = slice.pieces.iter();
        let cut = pieces.flat_map(|piece| {
            let cubes = gaps.intervals().filter_map(|gap| from(piece.cube, gap));
            cubes.map(|cube| entry(piece.within(cube), ASTRAY))
        });
        cut.collect()
    }

    /// The ways a slice may take: what was rewritten goes where its new destination is.
    fn directed(&mut self, slice: Slice<'a>) -> Vec<Slice<'a>> {
        if !slice.world.rewritten {
            return vec![slice];
        }
        let on = |slice: Slice<'a>, host| slice.on(|world| through(world, host));
        match slice.world.sight.destination_kind {
            Some(UNICAST) => vec![on(slice, self.host)],
            Some(_) => vec![slice.on(inside)],
            None => {
                let open = Open::Local(slice.world.sight.packet.destination);
                let here = slice.in_doubt(self.condition(open, true)).on(inside);
                let there = slice.in_doubt(self.condition(open, false));
                vec![here, on(there, self.host)]
            }
        }
    }

    fn condition(&mut self, open: Open<'_>, holds: bool) -> u32 {
        let condition = literal(open, holds).condition(NAMES.chains);
        let known = self.conditions.iter().position(|it| *it == condition);
        let number = known.unwrap_or_else(|| {
            self.conditions.push(condition);
            self.conditions.len() - 1
        });
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn gate(&mut self, entries: Vec<FlatEntry>) {
        let names = [FORWARDING, REVERSE_PATH, "routed"];
        let origins = names.map(|name| By::Default("routing", name).decider(NAMES));
        let untranslated = self.slices.first().is_some_and(|slice| {
            let inside = |entry: &FlatEntry| {
                let mut pieces = slice.pieces.iter();
                pieces.any(|piece| piece.cube.intersect(&entry.cube).is_some())
            };
            entries.iter().any(inside)
        });
        self.stages.push(FlatStage {
            table: "routing".to_owned(),
            chain: String::new(),
            hook: HERE.hook,
            priority: HERE.priority,
            untranslated,
            flat: Flat {
                entries,
                default: Ending::Accept,
                origins: origins.to_vec(),
                conditions: self.conditions.clone(),
            },
        });
    }
}

fn entry(piece: Piece, rule: u32) -> FlatEntry {
    FlatEntry {
        cube: piece.cube,
        ending: Ending::Drop,
        rule,
        condition: piece.condition,
    }
}

/// The places of the reasons in the origins of the list that routing makes.
const NOT_FORWARDED: u32 = 0;
const ASTRAY: u32 = 1;
