//! Commands that make a fix in a cloud.

use super::Leg;
use rulesets::export::{RuleCommands, add_accept, add_accept_for_answers};
use rulesets::questions::{Fix, FixKind};
use rulesets::{LayerKind, Layered, Rule, tencent};

/// The command that adds the accept to a rule list of a cloud, and the one that takes it back.
pub(super) fn commands(leg: &Leg<'_>, fix: &Fix) -> Option<RuleCommands> {
    if fix.kind != FixKind::Insert {
        return None;
    }
    let (packet, gate) = (leg.packet, &leg.gates.gates[fix.gate]);
    leg.way.layers.iter().find_map(|layer| match layer {
        Layered::Groups(groups, _) if gate.layer == LayerKind::SecurityGroup && !leg.answers => {
            let flow = packet.flow()?;
            let rule = Rule::allow(&flow)?;
            let (group, position) = groups.placement(&flow);
            let own = groups.groups.get(group)?;
            let add = tencent::create_rule_command(
                &own.id,
                own.version.as_deref(),
                flow.direction,
                position,
                &rule,
            );
            let undo = tencent::delete_rule_command(&own.id, flow.direction, &rule);
            Some(RuleCommands { add, undo })
        }
        Layered::Cloud(layer)
            if (layer.kind, &layer.fallback(leg.gates.direction).set)
                == (gate.layer, &gate.name) =>
        {
            if leg.answers {
                add_accept_for_answers(layer, packet, fix.rule.as_ref())
            } else {
                add_accept(layer, packet, fix.rule.as_ref())
            }
        }
        Layered::Groups(..) | Layered::Cloud(_) | Layered::Host(..) => None,
    })
}
