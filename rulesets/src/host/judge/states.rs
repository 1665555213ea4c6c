//! The states a packet may be in: kept apart, put together, and few.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::world::{NO_BASE_CHAIN, World};
use crate::packet::{Packet, State};
use crate::program::evaluate::{End, Literal, Way};

impl World<'_> {
    /// The packet with what rules did to it.
    pub(super) fn packet(&self) -> Packet {
        let mut packet = self.sight.packet.clone();
        packet.mark = self.env.mark.unwrap_or(packet.mark);
        if self.env.untracked {
            packet.state = State::Untracked;
        }
        packet
    }
}

impl<'a> World<'a> {
    /// What is told of a packet that is in too many states to follow this one.
    pub(super) fn given_up(&self) -> Way<'a> {
        Way {
            end: End::Unclear,
            by: self
                .passed
                .first()
                .map_or(NO_BASE_CHAIN, |passed| passed.by),
            literals: self.certain(),
        }
    }

    /// The same packet where one more condition is so.
    pub(super) fn given(&self, literal: Literal<'a>) -> Option<Self> {
        let passed = self.passed_with(&[literal]);
        (!passed.is_empty()).then(|| Self {
            passed,
            ..self.clone()
        })
    }
}

/// Adds a packet to those on their way; one that was stopped adds nothing to one that was not.
pub(super) fn settle<'a>(worlds: &mut Vec<World<'a>>, world: World<'a>) {
    if let Some(known) = worlds.iter_mut().find(|known| known.same_state(&world)) {
        known.absorb(world.passed);
        return;
    }
    worlds.push(world);
}

/// Keeps the number of states small: marks are forgotten, then what was stopped. The second list is
/// given up.
pub(super) fn bounded(worlds: Vec<World<'_>>) -> (Vec<World<'_>>, Vec<World<'_>>) {
    let (real, ghosts): (Vec<_>, Vec<_>) = worlds
        .into_iter()
        .partition(|world| world.stopped.is_none());
    let mut kept = real;
    if kept.len() > WORLDS_KEPT {
        let mut fewer = Vec::new();
        for mut world in kept {
            world.env.mark = None;
            world.env.connection = None;
            settle(&mut fewer, world);
        }
        kept = fewer;
    }
    let given_up = kept.split_off(kept.len().min(WORLDS_KEPT));
    for ghost in ghosts.into_iter().take(GHOSTS_KEPT) {
        let alive = World {
            stopped: None,
            ..ghost.clone()
        };
        if !kept.iter().any(|world| world.same_state(&alive)) {
            kept.push(ghost);
        }
    }
    (kept, given_up)
}

/// How many states of a packet are followed.
const WORLDS_KEPT: usize = 32;

/// How many stopped states are followed.
const GHOSTS_KEPT: usize = 8;
