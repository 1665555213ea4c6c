//! The layers on a way as gates for questions about whole sets of packets.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use super::way::{Layered, Way};
use crate::flow::{Direction, Family};
use crate::host::{HostFacts, HostRules};
use crate::layer::LayerKind;
use crate::packet::Packet;
use crate::program::{Ending, Flat, PASSES, STOPPED};
use crate::questions::{Gate, Gates, Opened, Side, opened};
use crate::space::{Budget, List, NotDetermined};
use crate::verdict::{Decider, MatchingRule};
use std::collections::BTreeSet;

impl Way {
    /// The gates that first packets of one direction and family meet, in path order.
    pub fn gates(&self, direction: Direction, family: Family) -> Result<Gates, NotDetermined> {
        // TCP flags and the like are those of a first packet; addresses, ports and the protocol are
        // what is asked about.
        let packet = Packet::new(direction, family, 6);
        let mut gates = Vec::new();
        for layer in self.in_order(direction) {
            match layer {
                Layered::Groups(_, layer) | Layered::Cloud(layer) => {
                    let name = &layer.fallback(direction).set;
                    gates.push(gate(layer.kind, name, &layer.flatten(&packet)?));
                }
                Layered::Host(_, families) if !families.contains(&family) => {
                    gates.push(unlisted(family));
                }
                Layered::Host(rules, _) => {
                    gates.extend(rules.gates(&packet, &self.facts)?.gates);
                }
            }
        }
        Ok(Gates {
            family,
            direction,
            gates,
        })
    }

    /// What a change of the rules opens, in both directions and families.
    pub fn opened_by(&self, after: &Self, budget: &Budget) -> Result<Opened, NotDetermined> {
        let mut regions = Vec::new();
        for direction in [Direction::Inbound, Direction::Outbound] {
            for family in [Family::V4, Family::V6] {
                let gates = |way: &Self| way.gates(direction, family);
                regions.extend(opened(&gates(self)?, &gates(after)?, Side::Asking, budget)?);
            }
        }
        Ok(Opened::of(regions))
    }
}

impl HostRules {
    /// The base chains on a packet's way as gates for all packets that differ from it in addresses,
    /// protocol and ports alone.
    pub fn gates(&self, packet: &Packet, host: &HostFacts) -> Result<Gates, NotDetermined> {
        let stages = self.flatten(packet, host)?.stages.into_iter();
        let gates = stages.map(|stage| {
            let name = match stage.chain.as_str() {
                "" => stage.table.clone(),
                chain => format!("{} {chain}", stage.table),
            };
            gate(LayerKind::HostFirewall, &name, &stage.flat)
        });
        Ok(Gates {
            family: packet.family,
            direction: packet.direction(),
            gates: gates.collect(),
        })
    }
}

pub(super) fn gate(layer: LayerKind, name: &str, flat: &Flat) -> Gate {
    let fallback = flat.origins.last();
    let accepting = flat
        .entries
        .iter()
        .filter(|entry| entry.ending == Ending::Accept);
    let accepting: BTreeSet<usize> = accepting.map(|entry| entry.rule as usize).collect();
    let allows = |number: usize| accepting.contains(&number);
    let rules = flat.origins.iter().enumerate();
    let rules = rules.map(|(number, decider)| rule(decider, allows(number)));
    Gate {
        layer,
        name: name.to_owned(),
        must: flat.must_pass(),
        may: flat.may_pass(),
        fallback: fallback.map_or_else(String::new, ToString::to_string),
        rules: rules.collect(),
    }
}

/// A gate of which nothing is known: everything may pass it, and nothing must.
fn unlisted(family: Family) -> Gate {
    let list = |default| List {
        entries: Vec::new(),
        default,
    };
    Gate {
        layer: LayerKind::HostFirewall,
        name: format!("the host's {family} rules, which are not at hand"),
        must: list(STOPPED),
        may: list(PASSES),
        rules: Vec::new(),
        fallback: "not known".to_owned(),
    }
}

fn rule(decider: &Decider, allows: bool) -> MatchingRule {
    let text = decider.rule.as_ref().or(decider.fallback.as_ref());
    MatchingRule {
        set: decider.set.clone(),
        chain: decider.chain.clone(),
        handle: decider.handle,
        index: decider.index.unwrap_or(0),
        rule: text.cloned().unwrap_or_default(),
        allows,
    }
}
