//! Whether the list that a fix adds a rule to has room for it.

use super::Leg;
use rulesets::questions::Fix;
use rulesets::{Direction, Layer, Layered, Room};

/// The room in the list that gets the rule, then the room for further groups; none where no quota is
/// documented.
pub(super) fn rooms(leg: &Leg<'_>, fix: &Fix) -> Vec<Room> {
    let gate = &leg.gates.gates[fix.gate];
    let layers = leg.way.layers.iter();
    let found = layers.filter_map(|layered| match layered {
        Layered::Groups(_, layer) | Layered::Cloud(layer) => Some((layered, layer)),
        Layered::Host(..) => None,
    });
    let own = found
        .filter(|(_, layer)| layer.kind == gate.layer)
        .find(|(_, layer)| layer.fallback(leg.gates.direction).set == gate.name);
    let Some((layered, layer)) = own else {
        return Vec::new();
    };
    let direction = leg.gates.direction;
    let list = list(leg, fix, layered, layer);
    let list = list.and_then(|set| layer.room_in(&set, direction, leg.gates.family));
    list.into_iter()
        .chain(layer.room_for_groups(direction))
        .collect()
}

/// Why no rule can be added; `None` where one can, or where no quota is known.
pub(super) fn full(rooms: &[Room]) -> Option<String> {
    let room = rooms.first().filter(|room| room.left == 0)?;
    let (set, used, most) = (&room.set, room.used, room.most);
    Some(format!(
        "`{set}` is full: it holds {used} of {most} rules ({}); widen a rule or remove one",
        room.source
    ))
}

/// The list that gets the rule: the one of the rule it goes above, or else the last that is read; where
/// the order of lists means nothing, the first that has room.
fn list(leg: &Leg<'_>, fix: &Fix, layered: &Layered, layer: &Layer) -> Option<String> {
    if let Some(rule) = &fix.rule {
        return Some(rule.set.clone());
    }
    let direction: Direction = leg.gates.direction;
    let sets: Vec<&String> = layer
        .lists(direction)
        .iter()
        .map(|list| &list.set)
        .collect();
    let last = sets.last().copied();
    let free = sets.into_iter().find(|set| {
        let room = layer.room_in(set, direction, leg.gates.family);
        room.is_none_or(|room| room.left > 0)
    });
    match layered {
        Layered::Groups(..) => last.cloned(),
        Layered::Cloud(_) => free.or(last).cloned(),
        Layered::Host(..) => None,
    }
}
