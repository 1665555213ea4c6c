//! All packets on their way through the base chains, those that are treated alike together.
//!
//! Packets are told apart by the addresses and ports they come in with. A translation takes packets out
//! of one slice into another, in which the fields it made are the same for all; a later chain is read
//! once for each slice, and its list is the lists of all slices one after the other. No packet is in two
//! slices, except where it is in doubt which way it goes: then all that is said of it is conditional.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::facts::HostFacts;
use super::flat::{FlatPassage, FlatStage};
use super::order::{Called, Place, places};
use super::reading::Reading;
use super::route::redirected;
use super::slice::{Slice, View};
use crate::answer::Condition;
use crate::host::{ChainKind, Hook};
use crate::packet::{Packet, Path};
use crate::program::evaluate::Env;
use crate::program::{Ending, Flat, FlatEntry, any};
use crate::space::{Cube, NotDetermined};
use crate::verdict::Decider;

/// Where the packets are on their way.
pub(super) struct Course<'h, 'a> {
    pub(super) host: &'h HostFacts,
    ranks: &'h [usize],
    /// The packets that nothing translated come first.
    pub(super) slices: Vec<Slice<'a>>,
    /// What the pieces depend on.
    pub(super) conditions: Vec<Condition>,
    pub(super) stages: Vec<FlatStage>,
    /// The packets that a chain does something unknown to, with the rule.
    unclear: Vec<(Cube, Decider)>,
    /// What rules may change, before any did.
    start: Env,
    /// True when translations are followed.
    follows: bool,
}

impl<'h, 'a> Course<'h, 'a> {
    pub(super) fn new(
        packet: &Packet,
        host: &'h HostFacts,
        ranks: &'h [usize],
        follows: bool,
    ) -> Self {
        let slice = Slice::start(&any(packet), host);
        Self {
            host,
            ranks,
            start: slice.world.env,
            slices: vec![slice],
            conditions: Vec::new(),
            stages: Vec::new(),
            unclear: Vec::new(),
            follows,
        }
    }

    /// Takes the packets through all hooks.
    pub(super) fn through(
        mut self,
        tables: &[Called<'a>],
        path: &Path,
    ) -> Result<FlatPassage, NotDetermined> {
        match path {
            Path::Input { .. } | Path::Forward { .. } => {
                self.hook(tables, Hook::Ingress)?;
                self.hook(tables, Hook::Prerouting)?;
                self.route();
                self.hook(tables, Hook::Input)?;
                self.hook(tables, Hook::Forward)?;
            }
            Path::Output { .. } => {
                self.hook(tables, Hook::Output)?;
                for slice in &mut self.slices {
                    redirected(&mut slice.world, self.host);
                }
            }
        }
        self.hook(tables, Hook::Postrouting)?;
        self.hook(tables, Hook::Egress)?;
        Ok(FlatPassage {
            stages: self.stages,
        })
    }

    fn hook(&mut self, tables: &[Called<'a>], hook: Hook) -> Result<(), NotDetermined> {
        for slice in &mut self.slices {
            slice.world.translated = false;
        }
        let ranks = self.ranks;
        for place in places(tables, ranks, hook) {
            self.chain(&place)?;
        }
        Ok(())
    }

    fn chain(&mut self, place: &Place<'_, 'a>) -> Result<(), NotDetermined> {
        let slices = self.slices.iter();
        let views: Vec<View> = slices.map(|slice| slice.view(place)).collect();
        let Some(first) = views.iter().find(|view| view.meets()) else {
            return Ok(());
        };
        let follows = self.follows && place.base.kind == ChainKind::Nat;
        let conditions = self.conditions.clone();
        let mut reading = Reading::new(place, &first.sight, follows, conditions);
        let mut slices = Vec::new();
        for (slice, view) in std::mem::take(&mut self.slices).into_iter().zip(&views) {
            slices.push(reading.slice(slice, view, self.start, self.host)?);
        }
        let main = views.first();
        let read = reading.finish(main.is_some_and(View::meets_whole));
        slices.extend(read.made);
        self.slices = slices;
        let mut flat = read.flat;
        self.conditions.clone_from(&flat.conditions);
        let told = unclear(&flat);
        self.hide(&mut flat);
        self.unclear.extend(read.unclear);
        self.unclear.extend(told);
        let chain = place.called.program.chains[place.chain];
        self.stages.push(FlatStage {
            table: chain.set.clone(),
            chain: chain.name.clone(),
            hook: place.base.hook,
            priority: place.base.priority,
            untranslated: main.is_some_and(View::meets),
            flat,
        });
        Ok(())
    }

    /// Puts what is not clear any more in front of a list.
    fn hide(&self, flat: &mut Flat) {
        let mut hidden = Vec::new();
        let mut known: Option<(&Decider, u32)> = None;
        for (cube, decider) in &self.unclear {
            let same = known.filter(|(known, _)| *known == decider);
            let rule = same.map_or_else(|| flat.add_origin(decider.clone()), |(_, rule)| rule);
            known = Some((decider, rule));
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
