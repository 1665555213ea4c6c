//! Changes of rules that would let a flow pass, each with what else it opens and the room for it.

mod command;
mod host;
mod room;
mod text;
mod wanted;

pub(super) use text::offers_text;

use super::sets::{budget, gates};
use command::commands;
use host::{in_chain, rules, translates};
use room::{full, rooms};
use rulesets::export::RuleCommands;
use rulesets::questions::{Fix, FixKind, FlowSet, Gate, Gates, Place, fixes, flow_sets, reach};
use rulesets::space::{Cube, count, difference};
use rulesets::{Direction, LayerKind, MatchingRule, Packet, Room, Way};
use serde::Serialize;
use std::collections::BTreeSet;
use wanted::{answers, from_any_port, wanted};

/// What is offered, and what would help and cannot be made.
#[derive(Debug, Serialize)]
pub(super) struct Offers {
    /// The changes.
    fixes: Vec<Offer>,
    /// Changes for which a list has no room.
    not_offered: Vec<Refusal>,
}

/// One change, or the two that only help together.
#[derive(Debug, Serialize)]
pub(super) struct Offer {
    /// The layer it is made in.
    layer: &'static str,
    /// The set or chain it is made in.
    gate: String,
    /// What is done, in words.
    summary: String,
    /// Whether the wanted flow certainly passes every layer after it, and its answers those that keep no
    /// track of flows; else something else has to change as well.
    suffices: bool,
    /// How many packets it opens beyond the wanted flow.
    opens_besides: u128,
    /// Everything it opens.
    opens: Vec<FlowSet>,
    /// What it opens beyond the wanted flow.
    besides: Vec<FlowSet>,
    /// The rule it is done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<MatchingRule>,
    /// The changes of an offer of two: for the flow, and for its answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
    /// The room for the rules it adds, and for groups that could be bound besides.
    room: Vec<Room>,
    /// A command that makes it, where the rules' maker has one we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// The command that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<String>,
}

/// One of two changes.
#[derive(Debug, Serialize)]
struct Part {
    /// The direction of the rules that change.
    direction: Direction,
    /// What is done, in words.
    summary: String,
    /// What it opens.
    opens: Vec<FlowSet>,
    /// The rule it is done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<MatchingRule>,
    /// A command that makes it, where the rules' maker has one we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// The command that takes it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<String>,
}

/// A change that there is no room for.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    layer: &'static str,
    gate: String,
    summary: String,
    reason: String,
    room: Vec<Room>,
}

/// A fix with the commands that make it.
struct Made {
    fix: Fix,
    commands: Option<RuleCommands>,
    /// The statement that made the packets what the rule meets, where one did.
    translated: Option<String>,
}

/// The flow, or its answers, with the gates they meet.
struct Leg<'a> {
    way: &'a Way,
    packet: &'a Packet,
    gates: Gates,
    wanted: Cube,
    answers: bool,
}

/// Changes for every gate that does not certainly let the packet pass, smallest effect first; for a
/// layer that keeps no track of flows, together with those that its answers need.
pub(super) fn offers(way: &Way, packet: &Packet) -> anyhow::Result<Offers> {
    let direction = packet.direction();
    let asked = wanted(packet);
    let leg = |direction, wanted, answers| -> anyhow::Result<Leg<'_>> {
        Ok(Leg {
            way,
            packet,
            gates: gates(way, direction, packet.family)?,
            wanted,
            answers,
        })
    };
    let there = leg(direction, asked, false)?;
    let mut back = leg(direction.opposite(), answers(&asked), true)?;
    let stateless = |gate: &Gate| gate.layer == LayerKind::NetworkAcl;
    back.gates.gates.retain(stateless);
    let mut offers = Offers {
        fixes: Vec::new(),
        not_offered: Vec::new(),
    };
    let forth = offers.possible(&there)?;
    let answered = back.passes()?;
    let replies = if answered {
        Vec::new()
    } else {
        offers.possible(&back)?
    };
    let (paired, single): (Vec<&Made>, Vec<&Made>) = forth
        .iter()
        .partition(|made| !replies.is_empty() && stateless(&there.gates.gates[made.fix.gate]));
    let pairs = paired
        .len()
        .max(if paired.is_empty() { 0 } else { replies.len() });
    for number in 0..pairs {
        let one = paired[number.min(paired.len() - 1)];
        let other = &replies[number.min(replies.len() - 1)];
        offers.fixes.push(pair((&there, one), (&back, other))?);
    }
    if paired.is_empty() {
        let passes = there.passes()?;
        for made in &replies {
            offers.fixes.push(Offer {
                suffices: made.fix.suffices && passes,
                ..offer(&back, made)?
            });
        }
    }
    for made in single {
        offers.fixes.push(Offer {
            suffices: made.fix.suffices && answered,
            ..offer(&there, made)?
        });
    }
    Ok(offers)
}

impl Offers {
    /// The fixes that can be made; the others are kept with the reason.
    fn possible(&mut self, leg: &Leg<'_>) -> anyhow::Result<Vec<Made>> {
        let mut kept = Vec::new();
        let matched = if leg.answers {
            from_any_port(&leg.wanted)
        } else {
            leg.wanted
        };
        for fix in fixes(&leg.gates, &matched, &budget())? {
            let made = match rules(leg, fix.gate) {
                Some(rules) if fix.kind == FixKind::Insert => in_chain(leg, rules, &fix)?,
                Some(rules) if translates(rules) => continue,
                Some(_) | None => {
                    let full = full(&rooms(leg, &fix)).filter(|_| fix.kind == FixKind::Insert);
                    full.map_or_else(|| Ok(Made::of(leg, fix.clone())), Err)
                }
            };
            match made {
                Ok(made) => kept.push(made),
                Err(reason) => {
                    let gate = &leg.gates.gates[fix.gate];
                    self.not_offered.push(Refusal {
                        layer: gate.layer.name(),
                        gate: gate.name.clone(),
                        summary: summary(leg, &fix),
                        reason,
                        room: rooms(leg, &fix),
                    });
                }
            }
        }
        // A wider rule lets strangers in: that is for a list without room for one that does not.
        let full: BTreeSet<&str> = self.not_offered.iter().map(|it| it.gate.as_str()).collect();
        kept.retain(|Made { fix, .. }| {
            let gate = leg.gates.gates[fix.gate].name.as_str();
            fix.excess == 0 || fix.kind != FixKind::Widen || full.contains(gate)
        });
        kept.sort_by_key(|Made { fix, .. }| (fix.gate, fix.excess));
        Ok(kept)
    }
}

impl Made {
    fn of(leg: &Leg<'_>, fix: Fix) -> Self {
        Self {
            commands: commands(leg, &fix),
            translated: None,
            fix,
        }
    }
}

impl Leg<'_> {
    /// Whether the packets certainly pass as the rules are.
    fn passes(&self) -> anyhow::Result<bool> {
        let reach = reach(&self.gates, &self.wanted, &budget())?;
        Ok(difference(&[self.wanted], &reach.certain, &budget())?.is_empty())
    }
}

fn offer(leg: &Leg<'_>, made: &Made) -> anyhow::Result<Offer> {
    let fix = &made.fix;
    let (opens, besides, excess) = opens(leg, fix)?;
    let gate = &leg.gates.gates[fix.gate];
    let commands = made.commands.clone();
    let (command, undo) = commands.map(|made| (made.add, made.undo)).unzip();
    let summary = match &made.translated {
        None => summary(leg, fix),
        Some(statement) => format!("{}, as they are after `{statement}`", summary(leg, fix)),
    };
    Ok(Offer {
        layer: gate.layer.name(),
        gate: gate.name.clone(),
        summary,
        suffices: fix.suffices,
        opens_besides: excess,
        opens,
        besides,
        rule: fix.rule.clone(),
        parts: Vec::new(),
        room: if fix.kind == FixKind::Insert {
            rooms(leg, fix)
        } else {
            Vec::new()
        },
        command,
        undo,
    })
}

/// The change for a flow and that for its answers as one offer, since neither helps alone.
fn pair(
    (there, one): (&Leg<'_>, &Made),
    (back, other): (&Leg<'_>, &Made),
) -> anyhow::Result<Offer> {
    let (first, second) = (offer(there, one)?, offer(back, other)?);
    let part = |leg: &Leg<'_>, offer: &Offer| Part {
        direction: leg.gates.direction,
        summary: offer.summary.clone(),
        opens: offer.opens.clone(),
        rule: offer.rule.clone(),
        command: offer.command.clone(),
        undo: offer.undo.clone(),
    };
    let parts = vec![part(there, &first), part(back, &second)];
    Ok(Offer {
        summary: format!("{}, and {}", first.summary, second.summary),
        suffices: first.suffices && second.suffices,
        opens_besides: first.opens_besides.saturating_add(second.opens_besides),
        opens: [first.opens, second.opens].concat(),
        besides: [first.besides, second.besides].concat(),
        parts,
        room: [first.room, second.room].concat(),
        command: None,
        undo: None,
        ..first
    })
}

/// Everything a fix opens, and what of it is not wanted.
fn opens(leg: &Leg<'_>, fix: &Fix) -> anyhow::Result<(Vec<FlowSet>, Vec<FlowSet>, u128)> {
    let opened = fix.changes.opened.iter().map(|shift| shift.cube);
    let opened: Vec<Cube> = opened.collect();
    let besides = difference(&opened, &[leg.wanted], &budget())?;
    let family = leg.gates.family;
    let excess = count(&besides);
    Ok((
        flow_sets(&opened, family),
        flow_sets(&besides, family),
        excess,
    ))
}

fn summary(leg: &Leg<'_>, fix: &Fix) -> String {
    let matches = flow_sets(&fix.matches, leg.gates.family);
    let flows: Vec<String> = matches.iter().take(SHOWN).map(FlowSet::to_string).collect();
    let flows = flows.join("; ");
    let name = &leg.gates.gates[fix.gate].name;
    let change = match (fix.place, &fix.rule) {
        (Place::Above, Some(rule)) => format!("add an accept for {flows} above {rule}"),
        (Place::Below, Some(rule)) => format!("add an accept for {flows} below {rule}"),
        (Place::Top, _) => format!("add an accept for {flows} at the top of `{name}`"),
        (Place::Above | Place::Below | Place::End, _) => {
            format!("add an accept for {flows} at the end of `{name}`")
        }
        (Place::Itself, Some(rule)) if matches.is_empty() => format!("remove {rule}"),
        (Place::Itself, Some(rule)) if fix.kind == FixKind::Narrow => {
            format!("narrow {rule} to {flows}")
        }
        (Place::Itself, Some(rule)) => format!("widen {rule} to {flows}"),
        (Place::Itself, None) => format!("change `{name}`"),
    };
    if leg.answers {
        format!("for the answers, {change}")
    } else {
        change
    }
}

/// How many lines of flows a summary holds.
const SHOWN: usize = 4;
