//! Takes a packet through the base chains.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::call::{Exit, Told, by_device, exits, rank};
use super::facts::HostFacts;
use super::order::{Called, Place, places};
use super::passage::{Passage, Stage, Translated};
use super::states::{bounded, settle};
use super::world::{Stop, World, joined};
use crate::host::{ChainKind, Hook};
use crate::packet::Packet;
use crate::program::evaluate::{At, End, Machine, Names, Rewrite, Way, report};

/// A packet on its way.
pub(super) struct Run<'t, 'a> {
    tables: &'t [Called<'a>],
    ranks: &'t [usize],
    pub(super) host: &'t HostFacts,
    /// The states it may be in; those in which it goes on come before those in which it was stopped.
    pub(super) worlds: Vec<World<'a>>,
    /// The ways it may be stopped, each with the time it was found.
    ways: Vec<(usize, Way<'a>)>,
    also: Vec<Way<'a>>,
    stages: Vec<Stage>,
    translations: Vec<Translated>,
    continued: Vec<At<'a>>,
    unlisted: usize,
    time: usize,
    /// The packet where it was first stopped.
    stopped: Option<Packet>,
}

impl<'t, 'a> Run<'t, 'a> {
    pub(super) fn new(
        tables: &'t [Called<'a>],
        ranks: &'t [usize],
        packet: &Packet,
        host: &'t HostFacts,
    ) -> Self {
        Self {
            tables,
            ranks,
            host,
            worlds: vec![World::start(packet, host)],
            ways: Vec::new(),
            also: Vec::new(),
            stages: Vec::new(),
            translations: Vec::new(),
            continued: Vec::new(),
            unlisted: 0,
            time: 0,
            stopped: None,
        }
    }

    /// Calls the base chains of one hook.
    pub(super) fn hook(&mut self, hook: Hook) {
        for world in &mut self.worlds {
            world.translated = false;
        }
        let tables = self.tables;
        for place in places(tables, self.ranks, hook) {
            self.base_chain(&place);
        }
    }

    /// The account of the whole way.
    pub(super) fn passage(mut self) -> Passage {
        let passing = self.worlds.iter().filter(|world| world.stopped.is_none());
        let arrived = passing.clone().next().map(World::packet);
        for passed in passing.flat_map(|world| &world.passed) {
            let way = Way {
                end: End::Accept,
                by: passed.by,
                literals: passed.literals.clone(),
            };
            self.ways.push((passed.order, way));
        }
        self.ways.sort_by_key(|(time, _)| *time);
        let packet = arrived.or(self.stopped);
        let ways = self.ways.into_iter().map(|(_, way)| way);
        Passage {
            answer: report(ways, &self.continued, self.unlisted, NAMES),
            stages: self.stages,
            also_stopped_by: report(self.also, &[], 0, NAMES).outcomes,
            packet: packet.unwrap_or_else(|| self.worlds[0].packet()),
            translations: self.translations,
        }
    }

    /// Ends a packet's way; it is followed on as if it had passed.
    pub(super) fn stop(&mut self, way: Way<'a>, world: &World<'a>, stop: Stop) -> World<'a> {
        let mut ghost = world.clone();
        ghost.stopped = Some(stop);
        ghost.passed.truncate(1);
        if let Some(passed) = ghost.passed.first_mut() {
            passed.literals.clone_from(&way.literals);
        }
        self.stopped.get_or_insert_with(|| world.packet());
        self.end(way);
        ghost
    }

    fn end(&mut self, way: Way<'a>) {
        self.time += 1;
        if self.ways.len() < WAYS_LISTED {
            self.ways.push((self.time, way));
            return;
        }
        let mut known = self.ways.iter();
        if known.any(|(_, known)| known.end == way.end) {
            self.unlisted += 1;
        } else {
            self.ways.push((self.time, way));
        }
    }

    fn base_chain(&mut self, place: &Place<'t, 'a>) {
        let mut told = Told::default();
        let mut next: Vec<World<'a>> = Vec::new();
        for world in std::mem::take(&mut self.worlds) {
            let nat = place.base.kind == ChainKind::Nat;
            if !world.meets(place.base.hook) || (nat && !world.translatable(world.env)) {
                settle(&mut next, world);
                continue;
            }
            let (seen, spared) = by_device(world, place);
            if let Some(spared) = spared {
                settle(&mut next, spared);
            }
            let Some(world) = seen else {
                continue;
            };
            self.in_chain(place, &world, &mut told, &mut next);
        }
        let (kept, given_up) = bounded(next);
        self.worlds = kept;
        for world in given_up {
            self.end(world.given_up());
        }
        self.tell(place, told);
    }

    /// Judges one base chain for a packet in one state.
    fn in_chain(
        &mut self,
        place: &Place<'t, 'a>,
        world: &World<'a>,
        told: &mut Told<'a>,
        next: &mut Vec<World<'a>>,
    ) {
        let sight = world.at(place.base.hook, place.priority);
        let mut machine = Machine::new(&place.called.program, &sight);
        let (exits, continued, unlisted) = exits(&mut machine, place, world.env);
        let certain = world.certain();
        told.met(world, &certain, continued);
        told.unlisted += unlisted;
        for exit in exits {
            let way = Way {
                end: exit.end,
                by: exit.by,
                literals: joined(&certain, &exit.literals),
            };
            told.ways.push(way.clone());
            if exit.end.goes_on() {
                self.time += 1;
                self.go_on(place, world, &exit, next);
            } else {
                self.leave(place, world, way, next);
            }
        }
        if world.stopped.is_some() {
            settle(next, world.clone());
        }
    }

    /// Lets the packet go on to the next base chain.
    fn go_on(
        &mut self,
        place: &Place<'t, 'a>,
        world: &World<'a>,
        exit: &Exit<'a>,
        next: &mut Vec<World<'a>>,
    ) {
        let mut passed = world.passed_with(&exit.literals);
        if passed.is_empty() {
            return;
        }
        let rank = rank(place, &exit.by);
        for way in &mut passed {
            if rank >= way.rank {
                way.by = exit.by;
                way.rank = rank;
                way.order = self.time;
            }
        }
        let mut on = World {
            env: exit.env,
            passed: Vec::new(),
            ..world.clone()
        };
        on.absorb(passed);
        if let End::Translated(rewrite) = &exit.end {
            on.translate(rewrite, place.base.hook, self.host);
            self.translated(rewrite, exit, &on);
        }
        settle(next, on);
    }

    fn translated(&mut self, rewrite: &Rewrite<'a>, exit: &Exit<'a>, on: &World<'a>) {
        let real = on.stopped.is_none();
        if !real || self.translations.len() >= WAYS_LISTED {
            return;
        }
        let literals = on.certain();
        self.translations.push(Translated {
            decider: exit.by.decider(NAMES),
            text: rewrite.by.text.clone(),
            conditions: literals
                .iter()
                .map(|literal| literal.condition(NAMES.chains))
                .collect(),
            packet: on.packet(),
        });
    }

    fn leave(
        &mut self,
        place: &Place<'t, 'a>,
        world: &World<'a>,
        way: Way<'a>,
        next: &mut Vec<World<'a>>,
    ) {
        let stop = Stop {
            hook: place.base.hook,
            priority: place.priority,
            backend: place.backend(),
        };
        match world.stopped {
            None => {
                let followed = way.end != End::Unclear;
                let ghost = self.stop(way, world, stop);
                if followed {
                    settle(next, ghost);
                }
            }
            Some(_) if way.end == End::Unclear => {}
            Some(first) if first.hook == stop.hook && first.priority == stop.priority => {
                if first.backend == stop.backend {
                    self.also(way);
                } else {
                    self.end(way);
                }
            }
            Some(_) => self.also(way),
        }
    }

    fn also(&mut self, way: Way<'a>) {
        if self.also.len() < WAYS_LISTED {
            self.also.push(way);
        }
    }

    fn tell(&mut self, place: &Place<'t, 'a>, told: Told<'a>) {
        if !told.met {
            return;
        }
        if told.certain {
            self.continued.extend(&told.continued);
        }
        self.unlisted += told.unlisted;
        let chain = place.called.program.chains[place.chain];
        self.stages.push(Stage {
            backend: place.backend(),
            table: chain.set.clone(),
            chain: chain.name.clone(),
            kind: place.base.kind,
            hook: place.base.hook,
            priority: place.base.priority,
            reached: told.reached,
            met: told.packet,
            answer: report(told.ways, &told.continued, told.unlisted, NAMES),
        });
    }
}

pub(super) const NAMES: Names = Names {
    layer: "host_firewall",
    chains: true,
};

/// How many ways of one kind are told.
const WAYS_LISTED: usize = 64;
