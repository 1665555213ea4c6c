//! Packets that are treated alike so far, but for what their addresses and ports lead to.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::call::{Seen, seen};
use super::facts::HostFacts;
use super::order::Place;
use super::run::NAMES;
use super::world::World;
use crate::host::{ChainKind, Hook};
use crate::packet::Packet;
use crate::program::evaluate::{By, Fresh, Rewrite, Sight};
use crate::program::{Piece, Rewritten, TranslationKind, parted, whole};
use crate::space::{Cube, Field, Span};
use crate::verdict::Decider;

/// Packets that were treated alike so far.
#[derive(Clone)]
pub(super) struct Slice<'a> {
    /// What is the same for all of them.
    pub(super) world: World<'a>,
    /// Which they are, by what they came in as.
    pub(super) pieces: Vec<Piece>,
    /// What translated them.
    pub(super) by: Option<Decider>,
}

/// Packets of one slice as one base chain sees them.
pub(super) struct View {
    pub(super) seen: Seen,
    pub(super) sight: Sight,
}

impl<'a> Slice<'a> {
    /// All packets, before any rule saw them.
    pub(super) fn start(packet: &Packet, host: &HostFacts) -> Self {
        let world = World::start(packet, host);
        let piece = Piece {
            cube: whole(packet.family),
            condition: None,
            env: world.env,
        };
        Self {
            world,
            pieces: vec![piece],
            by: None,
        }
    }

    /// How a base chain sees them.
    pub(super) fn view(&self, place: &Place<'_, 'a>) -> View {
        let meets = self.world.meets(place.base.hook)
            && self.pieces.iter().any(|piece| self.reads(piece, place));
        View {
            seen: if meets {
                seen(&self.world, place)
            } else {
                Seen::No
            },
            sight: self.world.at(place.base.hook, place.priority),
        }
    }

    /// False for packets that chains of type `nat` let go by.
    pub(super) fn reads(&self, piece: &Piece, place: &Place<'_, 'a>) -> bool {
        place.base.kind != ChainKind::Nat || self.world.translatable(piece.env)
    }

    /// The same packets once they go another way.
    pub(super) fn on(self, way: impl Fn(World<'a>) -> World<'a>) -> Self {
        Self {
            world: way(self.world),
            ..self
        }
    }

    /// The same packets, in doubt for this reason.
    pub(super) fn in_doubt(&self, condition: u32) -> Self {
        let pieces = self.pieces.iter();
        Self {
            pieces: pieces.map(|piece| piece.in_doubt(condition)).collect(),
            ..self.clone()
        }
    }

    /// What a translation makes of some of the packets: apart, what it changes and what it leaves as it
    /// was, since only the first count as translated.
    pub(super) fn translated(
        &self,
        rewritten: &Rewritten<'a>,
        hook: Hook,
        host: &HostFacts,
    ) -> Vec<Self> {
        let before = self.world.sight.status;
        let mut world = self.world.clone();
        world.translate(&rewritten.rewrite, hook, host);
        let statuses = match (rewritten.rewrite.by.kind, before) {
            (TranslationKind::Source | TranslationKind::Masquerade, _) | (_, None) => {
                vec![(rewritten.piece.cube, world.sight.status)]
            }
            (TranslationKind::Destination | TranslationKind::Redirect, Some(before)) => {
                by_status(&rewritten.piece, &rewritten.rewrite, &world, before)
            }
        };
        let slices = statuses.into_iter().map(|(cube, status)| {
            let mut world = world.clone();
            world.sight.status = status;
            Self {
                world,
                pieces: vec![rewritten.piece.within(cube)],
                by: Some(By::Rule(rewritten.at).decider(NAMES)),
            }
        });
        slices.collect()
    }
}

impl View {
    /// True when the chain may see some of the packets.
    pub(super) fn meets(&self) -> bool {
        self.seen != Seen::No
    }

    /// True when it sees them for certain.
    pub(super) fn meets_whole(&self) -> bool {
        self.seen == Seen::Yes
    }
}

/// The packets of a piece whose destination was rewritten, by what `ct status` says of them then.
fn by_status(
    piece: &Piece,
    rewrite: &Rewrite<'_>,
    world: &World<'_>,
    before: u8,
) -> Vec<(Cube, Option<u8>)> {
    let sight = &world.sight;
    let address = sight.made.destination.then_some(sight.packet.destination);
    let mut statuses = Vec::new();
    let (ported, others) = if rewrite.port == Fresh::Keep {
        (vec![piece.cube], Vec::new())
    } else {
        parted(piece.cube)
    };
    let parts = ported.into_iter().map(|cube| (cube, true));
    for (cube, ports) in parts.chain(others.into_iter().map(|cube| (cube, false))) {
        let mut same = Some(cube);
        let mut unsure = address == Some(None);
        if let Some(Some(to)) = address {
            same = same.and_then(|cube| at(cube, Field::Destination, to.into()));
        }
        match rewrite.port {
            Fresh::Keep => {}
            Fresh::Is(port) if ports => {
                same = same.and_then(|cube| at(cube, Field::B, Span::one(port.into())));
            }
            Fresh::Is(_) | Fresh::Open => unsure = true,
        }
        let changed = Some(before | DESTINATION_CHANGED);
        let Some(same) = same else {
            statuses.push((cube, changed));
            continue;
        };
        let others = cube.subtract(&same).into_iter();
        statuses.extend(others.map(|cube| (cube, changed)));
        statuses.push((same, (!unsure).then_some(before)));
    }
    statuses
}

/// The packets of a box with these values in a field.
fn at(cube: Cube, field: Field, values: Span) -> Option<Cube> {
    let span = cube.span(field).intersect(values)?;
    Some(cube.with(field, span))
}

/// The bit of `ct status` for a translated destination (`IPS_DST_NAT`).
const DESTINATION_CHANGED: u8 = 32;
