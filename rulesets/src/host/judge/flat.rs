//! The base chains on a packet's way through a host as flat lists.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::call::{Seen, seen};
use super::order::{Place, places, ranks, tables};
use super::run::NAMES;
use super::world::World;
use crate::answer::Condition;
use crate::host::{ChainKind, Hook, HostFacts, HostRules};
use crate::packet::{Packet, Path};
use crate::program::evaluate::{At, By, Open};
use crate::program::{Ending, Flat, FlatEntry, Piece, Walk, any, whole};
use crate::space::{Cube, List, NotDetermined};
use crate::verdict::Decider;

/// The base chains on a packet's way, in the order they are called. It passes where all of them let
/// it pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlatPassage {
    /// The lists; none when no base chain sees the packet.
    pub stages: Vec<FlatStage>,
}

/// One base chain as a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlatStage {
    /// The table with its family, such as `ip filter`.
    pub table: String,
    /// The base chain.
    pub chain: String,
    /// The hook that calls it.
    pub hook: Hook,
    /// The priority that the listing gives.
    pub priority: i32,
    /// What it does to packets, by their addresses and ports as they come in. Those that an earlier
    /// chain may translate, or that it is not clear about, are not clear here: [`HostRules::judge`] follows them one by one.
    pub flat: Flat,
}

impl FlatPassage {
    /// The lists of which all let pass what certainly passes.
    pub fn must_pass(&self) -> Vec<List> {
        let stages = self.stages.iter();
        stages.map(|stage| stage.flat.must_pass()).collect()
    }

    /// The lists of which all let pass what may pass.
    pub fn may_pass(&self) -> Vec<List> {
        let stages = self.stages.iter();
        stages.map(|stage| stage.flat.may_pass()).collect()
    }
}

impl HostRules {
    /// The base chains on the packet's way as flat lists over all addresses, protocols and ports of
    /// its family; whatever else rules may test is as in `packet`. Of routing only the hooks count.
    pub fn flatten(&self, packet: &Packet, host: &HostFacts) -> Result<FlatPassage, NotDetermined> {
        let tables = tables(self, packet.family);
        let world = World::start(&any(packet), host);
        let piece = Piece {
            cube: whole(packet.family),
            condition: None,
            env: world.env,
        };
        let mut course = Course {
            world,
            pieces: vec![piece],
            conditions: Vec::new(),
            unclear: Vec::new(),
            stages: Vec::new(),
        };
        let ranks = ranks(&tables);
        for hook in hooks(&packet.path) {
            for place in places(&tables, &ranks, *hook) {
                course.chain(&place, piece)?;
            }
        }
        Ok(FlatPassage {
            stages: course.stages,
        })
    }
}

/// Where the packets are on their way.
struct Course<'a> {
    world: World<'a>,
    /// The packets that reach the next chain.
    pieces: Vec<Piece>,
    /// What the pieces depend on.
    conditions: Vec<Condition>,
    /// The packets that a chain translates or does something unknown to, with the rule.
    unclear: Vec<(Cube, Decider)>,
    stages: Vec<FlatStage>,
}

impl<'a> Course<'a> {
    fn chain(&mut self, place: &Place<'_, 'a>, all: Piece) -> Result<(), NotDetermined> {
        let nat = place.base.kind == ChainKind::Nat;
        let seen = seen(&self.world, place);
        if (nat && !self.world.translatable()) || seen == Seen::No {
            return Ok(());
        }
        let sight = self.world.at(place.base.hook, place.priority);
        let program = &place.called.program;
        let chain = program.chains[place.chain];
        let mut walk = Walk::new(program, &sight, NAMES);
        walk.conditions.clone_from(&self.conditions);
        let at = At { chain, rule: None };
        let asked = Open::Device(&place.base.devices);
        let pieces = self.pieces.iter().map(|piece| match seen {
            Seen::Yes | Seen::No => *piece,
            Seen::Maybe => walk.doubt(*piece, asked, at),
        });
        let pieces = pieces.collect();
        let back = walk.chain(place.chain, pieces)?;
        self.pieces = walk.going_on(all, back)?;
        let doubt = walk.doubt(all, asked, at);
        let translated = std::mem::take(&mut walk.translated);
        let by = By::Policy(chain, &place.base.policy);
        let mut flat = walk.finish(&place.base.policy, &by);
        if seen == Seen::Maybe {
            flat.entries.push(FlatEntry {
                cube: doubt.cube,
                ending: flat.default,
                rule: flat.default_rule(),
                condition: doubt.condition,
            });
            flat.default = Ending::Accept;
        }
        self.conditions.clone_from(&flat.conditions);
        let told = unclear(&flat);
        self.hide(&mut flat);
        self.unclear.extend(translated);
        self.unclear.extend(told);
        self.stages.push(FlatStage {
            table: chain.set.clone(),
            chain: chain.name.clone(),
            hook: place.base.hook,
            priority: place.base.priority,
            flat,
        });
        Ok(())
    }

    /// Puts what was translated in front of a list, as not clear.
    fn hide(&self, flat: &mut Flat) {
        let mut hidden = Vec::new();
        let mut known: Option<(&Decider, u32)> = None;
        for (cube, decider) in &self.unclear {
            let same = known.filter(|(known, _)| *known == decider);
            let rule = same.map_or_else(|| flat.default_rule(), |(_, rule)| rule);
            if same.is_none() {
                flat.origins.insert(rule as usize, decider.clone());
                known = Some((decider, rule));
            }
            hidden.push(FlatEntry {
                cube: *cube,
                ending: Ending::Unclear,
                rule,
                condition: None,
            });
        }
        flat.entries.splice(0..0, hidden);
    }
}

/// The packets that a list may do anything to, their addresses and marks included.
fn unclear(flat: &Flat) -> Vec<(Cube, Decider)> {
    let entries = flat.entries.iter();
    let unclear = entries.filter(|entry| entry.ending == Ending::Unclear);
    unclear
        .map(|entry| (entry.cube, flat.origins[entry.rule as usize].clone()))
        .collect()
}

/// The hooks on a way.
fn hooks(path: &Path) -> &'static [Hook] {
    match path {
        Path::Input { .. } => &[Hook::Ingress, Hook::Prerouting, Hook::Input],
        Path::Forward { .. } => &[
            Hook::Ingress,
            Hook::Prerouting,
            Hook::Forward,
            Hook::Postrouting,
            Hook::Egress,
        ],
        Path::Output { .. } => &[Hook::Output, Hook::Postrouting, Hook::Egress],
    }
}
