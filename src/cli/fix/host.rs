//! An accept in a chain of a host, as the rule that is really added there.
//!
//! Questions about sets of packets tell packets by the addresses and ports they come in with; a rule
//! meets them as the translations before it left them. So the rule is put into the rules themselves, and
//! what it opens is worked out from there.

use super::wanted::wanted;
use super::{Leg, Made};
use crate::cli::sets::{budget, gates};
use rulesets::export::{RuleCommands, add_accept_to_chain};
use rulesets::host::{Backend, HostRules, Spot, Table, TableFamily};
use rulesets::program::Step;
use rulesets::questions::{Changes, Fix, FixKind, Gates, Place, changes, reach};
use rulesets::space::{Cube, count, difference};
use rulesets::{Family, LayerKind, Layered, Packet, Way};

/// The rules of the host, where this gate is one of its chains.
pub(super) fn rules<'a>(leg: &Leg<'a>, gate: usize) -> Option<&'a HostRules> {
    let mut layers = leg.way.layers.iter();
    let rules = layers.find_map(|layer| match layer {
        Layered::Host(rules, _) => Some(rules),
        Layered::Groups(..) | Layered::Cloud(_) => None,
    });
    rules.filter(|_| leg.gates.gates[gate].layer == LayerKind::HostFirewall)
}

/// Whether packets are translated: a change of one rule is then not what it seems to be from outside.
pub(super) fn translates(rules: &HostRules) -> bool {
    let chains = rules.tables.iter().flat_map(|table| &table.chains);
    let mut steps = chains
        .flat_map(|chain| &chain.chain.rules)
        .flat_map(|rule| &rule.steps);
    steps.any(|step| matches!(step, Step::Translate(_)))
}

/// The accept that a fix stands for, or why none can be given.
pub(super) fn in_chain(
    leg: &Leg<'_>,
    rules: &HostRules,
    fix: &Fix,
) -> anyhow::Result<Result<Made, String>> {
    let name = &leg.gates.gates[fix.gate].name;
    let passage = rules.judge(leg.packet, &leg.way.facts);
    let named = |table: &str, chain: &str| *name == format!("{table} {chain}");
    let mut stages = passage
        .stages
        .iter()
        .filter(|stage| named(&stage.table, &stage.chain))
        .peekable();
    if stages.peek().is_none() {
        return Ok(Err(
            "no rule of a chain decides there, so that none can be added".to_owned(),
        ));
    }
    let mut reason = "whether the packet is translated before it gets there is not known: say more \
                      of it, and of the host with --host-address";
    for stage in stages {
        let Some(met) = &stage.met else {
            continue;
        };
        reason = "no accept in this chain alone certainly lets it pass";
        let table = rules.tables.iter().find(|table| {
            let mut chains = table.chains.iter();
            table.backend == stage.backend
                && chains.any(|it| it.chain.set == stage.table && it.chain.name == stage.chain)
        });
        let Some(table) = table else {
            continue;
        };
        let mut translated = passage.translations.iter().map(|it| &it.text);
        let same = wanted(met) == wanted(leg.packet);
        let translated = translated.next_back().filter(|_| !same).cloned();
        let chain = Chain {
            rules,
            table,
            name: &stage.chain,
        };
        for (place, index) in chain.places(fix) {
            if let Some((fix, commands)) = chain.accepting(leg, fix, met, (place, index))? {
                return Ok(Ok(Made {
                    fix,
                    commands: Some(commands),
                    translated,
                }));
            }
        }
    }
    Ok(Err(reason.to_owned()))
}

/// A base chain of the host.
struct Chain<'a> {
    rules: &'a HostRules,
    table: &'a Table,
    name: &'a str,
}

impl Chain<'_> {
    /// The place of a fix, and the top.
    fn places(&self, fix: &Fix) -> Vec<(Place, usize)> {
        let mut chains = self.table.chains.iter();
        let own = chains.find(|it| it.chain.name == self.name);
        let rules = own.map_or(&[][..], |own| &own.chain.rules);
        let anchor = fix.rule.as_ref().and_then(|anchor| {
            let rule = rules.get(anchor.index)?;
            (rule.text == anchor.rule).then_some(anchor.index)
        });
        let index = match (fix.place, anchor) {
            (Place::Above, Some(index)) => (Place::Above, index),
            (Place::Below, Some(index)) => (Place::Below, index + 1),
            (Place::Top, _) => (Place::Top, 0),
            (Place::Above | Place::Below | Place::End | Place::Itself, _) => {
                (Place::End, rules.len())
            }
        };
        vec![index, (Place::Top, 0)]
    }

    /// What the rule at this place changes: none but the packets that it matches can fare differently.
    fn effect(
        &self,
        leg: &Leg<'_>,
        after: &Gates,
        gate: usize,
        index: usize,
    ) -> anyhow::Result<Changes> {
        let changed = &after.gates[gate];
        let added = |rule: u32| {
            let rule = usize::try_from(rule)
                .ok()
                .and_then(|at| changed.rules.get(at));
            rule.is_some_and(|rule| {
                rule.chain.as_deref() == Some(self.name) && rule.index == index && rule.allows
            })
        };
        let lists = [&changed.must, &changed.may].into_iter();
        let entries = lists.flat_map(|list| &list.entries);
        let mut seen: Vec<Cube> = Vec::new();
        let mut all = Changes::default();
        for entry in entries.filter(|entry| added(entry.rule)) {
            let fresh = difference(&[entry.cube], &seen, &budget())?;
            for cube in &fresh {
                let part = changes(&leg.gates, after, cube, &budget())?;
                all.opened.extend(part.opened);
                all.shut.extend(part.shut);
            }
            seen.extend(fresh);
        }
        Ok(all)
    }

    /// The fix with the accept at this place; `None` where it would not help, or would stop others.
    fn accepting(
        &self,
        leg: &Leg<'_>,
        fix: &Fix,
        met: &Packet,
        (place, index): (Place, usize),
    ) -> anyhow::Result<Option<(Fix, RuleCommands)>> {
        let set = self.table.chains.first().map(|it| it.chain.set.as_str());
        let spot = Spot {
            backend: self.table.backend,
            set: set.unwrap_or_default(),
            chain: self.name,
            index,
        };
        let changed = self.rules.accepting(met, &spot);
        let program = program(self.table, met);
        let commands = add_accept_to_chain(self.rules, met, &spot, program);
        let Some((changed, commands)) = changed.zip(commands) else {
            return Ok(None);
        };
        let after = gates(
            &with(leg.way, &changed),
            leg.gates.direction,
            leg.gates.family,
        )?;
        let helps = after.gates.len() == leg.gates.gates.len()
            && after.gates[fix.gate].lets_pass(&leg.wanted, &budget())?;
        let changes = self.effect(leg, &after, fix.gate, index)?;
        if !helps || !changes.shut.is_empty() {
            return Ok(None);
        }
        let opened: Vec<Cube> = changes.opened.iter().map(|shift| shift.cube).collect();
        let certain = reach(&after, &leg.wanted, &budget())?.certain;
        let missing = difference(&[leg.wanted], &certain, &budget())?;
        let anchored = matches!(place, Place::Above | Place::Below);
        let fix = Fix {
            gate: fix.gate,
            kind: FixKind::Insert,
            place,
            rule: fix.rule.clone().filter(|_| anchored),
            matches: vec![wanted(met)],
            suffices: missing.is_empty(),
            excess: count(&difference(&opened, &[leg.wanted], &budget())?),
            changes,
            after,
        };
        Ok(Some((fix, commands)))
    }
}

/// The same way through other rules of the host.
fn with(way: &Way, rules: &HostRules) -> Way {
    let mut way = way.clone();
    for layer in &mut way.layers {
        if let Layered::Host(own, _) = layer {
            own.clone_from(rules);
        }
    }
    way
}

/// The tool of the iptables family that made the table.
fn program(table: &Table, packet: &Packet) -> Option<&'static str> {
    let built_in = |name: &str| BUILT_IN.contains(&name);
    let mut chains = table.chains.iter();
    let made = chains.any(|chain| chain.base.is_some() && built_in(&chain.chain.name));
    if !made || !matches!(table.family, TableFamily::Ip | TableFamily::Ip6) {
        return None;
    }
    Some(match (packet.family, table.backend) {
        (Family::V4, Backend::Nftables) => "iptables",
        (Family::V6, Backend::Nftables) => "ip6tables",
        (Family::V4, Backend::Legacy) => "iptables-legacy",
        (Family::V6, Backend::Legacy) => "ip6tables-legacy",
    })
}

/// The base chains that iptables makes.
const BUILT_IN: [&str; 5] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
