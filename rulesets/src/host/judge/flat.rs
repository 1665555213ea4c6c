//! The base chains on a packet's way through a host as flat lists.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::course::Course;
use super::order::tables;
use super::run::NAMES;
use super::tied::every_order;
use crate::host::{Hook, HostFacts, HostRules};
use crate::packet::Packet;
use crate::program::evaluate::By;
use crate::program::{Ending, Flat, FlatEntry, whole};
use crate::space::{List, NotDetermined};

/// The base chains on a packet's way, in the order they are called. It passes where all of them let
/// it pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlatPassage {
    /// The lists; none when no base chain sees the packet.
    pub stages: Vec<FlatStage>,
}

/// One base chain as a list, or what routing stops.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlatStage {
    /// The table with its family, such as `ip filter`.
    pub table: String,
    /// The base chain; empty for routing.
    pub chain: String,
    /// The hook that calls it.
    pub hook: Hook,
    /// The priority that the listing gives.
    pub priority: i32,
    /// True when packets that nothing translates meet it; false when only those do that a translation
    /// sent there.
    pub untranslated: bool,
    /// What it does to packets, by their addresses and ports as they come in, whatever an earlier chain
    /// makes of them. It lets pass those that do not meet it. Those that an earlier chain does something
    /// unknown to are not clear here: [`HostRules::judge`] follows them one by one.
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
    /// its family; whatever else rules may test is as in `packet`. Translations to one address and one
    /// port are followed, as is routing after them. Inbound packets whose interface is open come from
    /// the network: none arrives on the loopback device, whatever source it claims (the kernel drops
    /// those that claim a loopback one).
    pub fn flatten(&self, packet: &Packet, host: &HostFacts) -> Result<FlatPassage, NotDetermined> {
        let tables = tables(self, packet.family);
        let through = |ranks: &[usize], follows| {
            Course::new(packet, host, ranks, follows).through(&tables, &packet.path)
        };
        // Where translations are too many to follow, what they touch is not clear.
        let ordered = |ranks: &[usize]| through(ranks, true).or_else(|_| through(ranks, false));
        let Some(orders) = every_order(&tables) else {
            return Ok(unordered(packet));
        };
        let mut found: Option<FlatPassage> = None;
        for ranks in &orders {
            let passage = ordered(ranks)?;
            match &found {
                Some(known) if *known != passage => return Ok(unordered(packet)),
                Some(_) => {}
                None => found = Some(passage),
            }
        }
        Ok(found.unwrap_or_else(|| unordered(packet)))
    }
}

/// A passage of which nothing is clear: which chain comes first decides, and no listing tells.
fn unordered(packet: &Packet) -> FlatPassage {
    let order = By::Default("netfilter", "order of base chains").decider(NAMES);
    let entry = FlatEntry {
        cube: whole(packet.family),
        ending: Ending::Unclear,
        rule: 0,
        condition: None,
    };
    FlatPassage {
        stages: vec![FlatStage {
            table: "netfilter".to_owned(),
            chain: String::new(),
            hook: Hook::Prerouting,
            priority: i32::MIN,
            untranslated: true,
            flat: Flat {
                entries: vec![entry],
                default: Ending::Accept,
                origins: vec![order],
                conditions: Vec::new(),
            },
        }],
    }
}
