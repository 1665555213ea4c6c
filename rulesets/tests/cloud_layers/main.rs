//! Rules of Tencent Cloud and Alibaba Cloud as layers: packet in, verdict and decider out.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod alibaba;
mod same_verdicts;
#[path = "../support/mod.rs"]
mod support;
mod tencent;

use rulesets::{Definite, Layer, Packet};
use support::flow;

/// The verdict with its decider, or what it depends on.
pub(crate) fn judged(layer: &Layer, text: &str) -> String {
    said(layer, &Packet::from(&flow(text)))
}

pub(crate) fn said(layer: &Layer, packet: &Packet) -> String {
    let answer = layer.judge(packet);
    let word = match answer.definite() {
        Some(Definite::Passes) => "allow",
        Some(Definite::Stopped) => "deny",
        None => {
            let outcomes = answer.outcomes.iter();
            let all: Vec<_> = outcomes.flat_map(|one| &one.conditions).collect();
            let first = all.first().map(|one| one.text.clone());
            return format!("unknown: {}", first.unwrap_or_default());
        }
    };
    let decider = &answer.outcomes[0].decider;
    match &decider.rule {
        Some(rule) if !decider.default => format!("{word}: {} `{rule}`", decider.set),
        Some(_) | None => format!("{word}: {} default", decider.set),
    }
}
