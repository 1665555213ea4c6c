//! Offers for people.

use super::{Offer, Offers, Refusal};
use crate::report::printable_line;
use rulesets::Room;
use rulesets::questions::FlowSet;

/// The offers, one after the other, each on a few lines.
pub(in crate::cli) fn offers_text(offers: &Offers) -> String {
    let mut lines = Vec::new();
    if offers.fixes.is_empty() && offers.not_offered.is_empty() {
        lines.push("fix: none is needed, or none is known".to_owned());
    }
    for offer in &offers.fixes {
        lines.extend(offer_lines(offer));
    }
    for refusal in &offers.not_offered {
        lines.extend(refusal_lines(refusal));
    }
    let printed = lines.iter().map(|line| printable_line(line) + "\n");
    printed.collect()
}

fn offer_lines(offer: &Offer) -> Vec<String> {
    let mut lines = Vec::new();
    if offer.parts.is_empty() {
        lines.push(format!("fix in {}: {}", offer.layer, offer.summary));
    } else {
        lines.push(format!(
            "fix in {}: both of these, since it keeps no track of flows and one alone does not help",
            offer.layer
        ));
        for part in &offer.parts {
            lines.push(format!("  {}: {}", part.direction, part.summary));
            lines.extend(command_lines(part.command.as_ref(), part.undo.as_ref()));
        }
    }
    let shown = offer.besides.iter().take(SHOWN).map(FlowSet::to_string);
    let besides = match offer.besides.len() {
        0 => "  opens nothing else".to_owned(),
        more => {
            let shown = shown.collect::<Vec<_>>().join("; ");
            let rest = more.checked_sub(SHOWN).filter(|rest| *rest > 0);
            let rest = rest.map_or_else(String::new, |rest| format!("; and {rest} more"));
            format!("  opens besides: {shown}{rest}")
        }
    };
    let enough = if offer.suffices {
        ""
    } else {
        "; something else has to change as well"
    };
    lines.push(besides + enough);
    lines.extend(offer.room.iter().map(room_line));
    lines.extend(command_lines(offer.command.as_ref(), offer.undo.as_ref()));
    lines
}

fn command_lines(command: Option<&String>, undo: Option<&String>) -> Vec<String> {
    let command = command.map(|command| format!("  {command}"));
    let undo = undo.map(|undo| format!("  undo: {undo}"));
    command.into_iter().chain(undo).collect()
}

fn refusal_lines(refusal: &Refusal) -> Vec<String> {
    let mut lines = vec![
        format!("not offered in {}: {}", refusal.layer, refusal.summary),
        format!("  {}", refusal.reason),
    ];
    lines.extend(refusal.room.iter().skip(1).map(room_line));
    lines
}

fn room_line(room: &Room) -> String {
    let (set, left, most) = (&room.set, room.left, room.most);
    let what = match (room.limit, room.direction) {
        ("groups_per_instance", _) => format!("{left} more of {most} groups can be bound"),
        (_, Some(direction)) => {
            format!("`{set}` has room for {left} more of {most} {direction} rules")
        }
        (_, None) => format!("`{set}` has room for {left} more of {most} rules"),
    };
    format!("  {what} ({})", room.source)
}

/// How many lines of flows are told.
const SHOWN: usize = 4;
