//! Random maps of verdicts.

use super::nft::{Place, SetKind};
use super::nft_match;
use crate::dice::{self, Dice, PORT_BLOCKS};
use rulesets::Family;

/// A rule that follows a map of verdicts.
pub(super) fn look_up(dice: &mut Dice, place: &Place) -> Option<String> {
    match dice.between(0, 99) {
        0..=11 => {
            let (protocol, map) = verdict_map(dice, place);
            Some(format!("{protocol} dport vmap {map}"))
        }
        12..=14 => Some(
            "ct state vmap { invalid : drop, established : accept, related : accept }".to_owned(),
        ),
        15 => Some(
            "ct state vmap { untracked : return, invalid : continue, new : continue }".to_owned(),
        ),
        16..=19 => {
            let family = place.family.unwrap_or(Family::V4);
            let word = if family == Family::V4 { "ip" } else { "ip6" };
            let side = dice.pick(&["saddr", "daddr"]);
            let elements = pair_verdicts(dice, family, &place.callable);
            Some(format!("{word} {side} . tcp dport vmap {{ {elements} }}"))
        }
        20 | 21 => {
            let protocol = dice.pick(&["tcp", "udp", "sctp"]);
            let block = nft_match::port_block(dice.pick(&PORT_BLOCKS));
            let [first, second] = [(); 2].map(|()| verdict(dice, &place.callable));
            Some(format!(
                "meta l4proto . th dport vmap {{ {protocol} . {block} : {first}, dccp . 1-9 : {second} }}"
            ))
        }
        22 => {
            let [first, second] = [(); 2].map(|()| verdict(dice, &place.callable));
            Some(format!(
                "meta mark . ct state vmap {{ 0x1 . new : {first}, 0x0 . invalid : {second} }}"
            ))
        }
        _ => None,
    }
}

/// Elements of addresses with ports, which do not overlap.
fn pair_verdicts(dice: &mut Dice, family: Family, callable: &[String]) -> String {
    let blocks = dice.some(dice::blocks(family), 4);
    let elements: Vec<String> = blocks
        .into_iter()
        .map(|block| {
            let ports = nft_match::port_block(dice.pick(&PORT_BLOCKS));
            format!("{block} . {ports} : {}", verdict(dice, callable))
        })
        .collect();
    elements.join(", ")
}

fn verdict_map(dice: &mut Dice, place: &Place) -> (&'static str, String) {
    let protocol = dice.pick(&["tcp", "udp", "sctp", "meta l4proto { tcp, udp } th"]);
    let named = place.sets.iter().find(|set| set.kind == SetKind::Verdicts);
    let map = match named {
        Some(named) if dice.chance(50) => format!("@{}", named.name),
        Some(_) | None => format!("{{ {} }}", elements(dice, &place.callable)),
    };
    (protocol, map)
}

/// Elements of ports, which do not overlap.
pub(super) fn elements(dice: &mut Dice, callable: &[String]) -> String {
    let blocks = dice.some(&PORT_BLOCKS, 5);
    let elements: Vec<String> = blocks
        .into_iter()
        .map(|block| {
            let verdict = verdict(dice, callable);
            format!("{} : {verdict}", nft_match::port_block(*block))
        })
        .collect();
    elements.join(", ")
}

/// What an element of a map leads to.
fn verdict(dice: &mut Dice, callable: &[String]) -> String {
    match dice.between(0, 5) {
        0 | 1 => "accept".to_owned(),
        2 => "drop".to_owned(),
        3 => "return".to_owned(),
        _ if callable.is_empty() => "continue".to_owned(),
        4 => format!("jump {}", dice.name(callable)),
        _ => format!("goto {}", dice.name(callable)),
    }
}
