//! The base chains on a packet's way through a host as flat lists.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::course::Course;
use super::order::tables;
use crate::host::{Hook, HostFacts, HostRules};
use crate::packet::Packet;
use crate::program::Flat;
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
        let whole = |follows| Course::new(packet, host, follows).through(&tables, &packet.path);
        // Where translations are too many to follow, what they touch is not clear.
        whole(true).or_else(|_| whole(false))
    }
}
