//! What rules do to a packet, for people and for programs.

use super::escape::printable;
use rulesets::host::{FrontEnd, Passage, Stage};
use rulesets::program::Reason;
use rulesets::{
    Answer, Asked, AskedLayer, Decider, Denial, Explanation, MatchingRule, NearMiss, Outcome,
    Verdict,
};
use serde::Serialize;
use std::fmt::Write as _;

/// The answer for programs; `verdict`, `decider` and `missing` are the contract.
#[derive(Debug, Serialize)]
pub struct AnswerDocument<'a> {
    #[serde(flatten)]
    short: Short<'a>,
    denial: Option<Denial>,
    without_trailing_deny: Option<Short<'a>>,
    near_misses: Vec<&'a NearMiss>,
    layers: Vec<LayerDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct Short<'a> {
    verdict: &'static str,
    decider: Option<&'a Decider>,
    missing: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct LayerDocument<'a> {
    layer: &'static str,
    #[serde(flatten)]
    short: Short<'a>,
    outcomes: &'a [Outcome],
    continued: &'a [MatchingRule],
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<Short<'a>>,
    #[serde(flatten)]
    host: Option<HostDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct HostDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    front_end: Option<&'a FrontEnd>,
    base_chains: Vec<ChainDocument<'a>>,
    also_stopped_by: &'a [Outcome],
    translated_by: Vec<&'a Decider>,
}

#[derive(Debug, Serialize)]
struct ChainDocument<'a> {
    table: &'a str,
    chain: &'a str,
    priority: i32,
    reached: bool,
    outcomes: &'a [Outcome],
}

/// The document of an answer.
pub fn answer_document(asked: &Asked) -> AnswerDocument<'_> {
    let groups = explanation(asked);
    let other = groups.and_then(|groups| groups.without_trailing_deny.as_ref());
    let misses = asked.layers.iter().flat_map(|layer| &layer.near_misses);
    AnswerDocument {
        short: short(&asked.verdict),
        denial: groups.and_then(|groups| groups.denial),
        without_trailing_deny: other.map(short),
        near_misses: misses.collect(),
        layers: asked.layers.iter().map(layer_document).collect(),
    }
}

/// The answer for people.
pub fn answer_text(asked: &Asked) -> String {
    let mut text = answer_line(&asked.verdict);
    text.push('\n');
    if asked.layers.len() > 1 {
        for layer in &asked.layers {
            push(
                &mut text,
                &format!("{}: {}", layer.kind.name(), answer_line(&layer.verdict)),
            );
        }
    }
    for layer in &asked.layers {
        details(&mut text, layer);
    }
    if let Some(other) = explanation(asked).and_then(|it| it.without_trailing_deny.as_ref()) {
        let other = answer_line(other);
        let line = format!("where a trailing deny-all counts in the last group only: {other}");
        push(&mut text, &line);
    }
    for miss in asked.layers.iter().flat_map(|layer| &layer.near_misses) {
        push(&mut text, &format!("near miss: {miss}"));
    }
    text
}

/// A verdict on one line.
pub fn answer_line(verdict: &Verdict) -> String {
    printable(&match verdict {
        Verdict::Allow { decider } => format!("allow: {decider}"),
        Verdict::Deny { decider } => format!("deny: {decider}"),
        Verdict::Unknown { missing } => format!("unknown: {missing}"),
    })
}

fn explanation(asked: &Asked) -> Option<&Explanation> {
    asked.layers.iter().find_map(|layer| layer.groups.as_ref())
}

fn push(text: &mut String, line: &str) {
    text.push_str(&printable(line));
    text.push('\n');
}

/// What to supply for the sets that an open verdict depends on, each thing once. The security groups of
/// Tencent Cloud say so in their own words.
fn remedies(layer: &AskedLayer) -> Vec<&str> {
    let open = matches!(layer.verdict, Verdict::Unknown { .. }) && layer.groups.is_none();
    let outcomes = layer.answer.outcomes.iter().filter(|_| open);
    let mut remedies: Vec<&str> = Vec::new();
    for condition in outcomes.flat_map(|outcome| &outcome.conditions) {
        let remedy = condition.text.split_once("; give ");
        if let Some((_, remedy)) = remedy.filter(|_| condition.reason == Reason::Reference)
            && !remedies.contains(&remedy)
        {
            remedies.push(remedy);
        }
    }
    remedies
}

/// What lies on the way to a layer's verdict: rewrites, rules that matched and went on, and what would
/// stop the packet after that.
fn details(text: &mut String, layer: &AskedLayer) {
    if let Some(program) = &layer.front_end {
        push(text, &program.words);
        if let Some(remedy) = &program.remedy {
            push(text, &format!("change it with: {remedy}"));
        }
    }
    for rule in layer.beside.iter().take(CONTINUED) {
        push(text, &format!("also matches: {rule}"));
    }
    if layer.interface_open() {
        push(text, "missing: the interface: give it with --interface");
    }
    for remedy in remedies(layer) {
        push(text, &format!("missing: {remedy}"));
    }
    if let Some(replies) = &layer.replies {
        let name = layer.kind.name();
        push(text, &format!("{name}, replies: {}", answer_line(replies)));
    }
    let Some(passage) = &layer.passage else {
        return;
    };
    for translated in &passage.translations {
        let mut line = format!("rewritten by {}", translated.decider);
        if let Some(address) = translated.packet.destination {
            let port = translated.packet.destination_port;
            let port = port.map_or_else(String::new, |port| format!(" port {port}"));
            _ = write!(line, ": goes to {address}{port}");
        }
        push(text, &line);
    }
    for outcome in &passage.also_stopped_by {
        push(text, &format!("then stopped by {}", outcome.decider));
    }
}

fn layer_document(layer: &AskedLayer) -> LayerDocument<'_> {
    let Answer {
        outcomes,
        continued,
        ..
    } = &layer.answer;
    LayerDocument {
        layer: layer.kind.name(),
        short: short(&layer.verdict),
        outcomes,
        continued,
        replies: layer.replies.as_ref().map(short),
        host: layer
            .passage
            .as_ref()
            .map(|passage| host_document(passage, layer.front_end.as_ref())),
    }
}

fn host_document<'a>(passage: &'a Passage, program: Option<&'a FrontEnd>) -> HostDocument<'a> {
    let translations = passage.translations.iter();
    HostDocument {
        front_end: program,
        base_chains: passage.stages.iter().map(chain_document).collect(),
        also_stopped_by: &passage.also_stopped_by,
        translated_by: translations.map(|it| &it.decider).collect(),
    }
}

fn chain_document(stage: &Stage) -> ChainDocument<'_> {
    ChainDocument {
        table: &stage.table,
        chain: &stage.chain,
        priority: stage.priority,
        reached: stage.reached,
        outcomes: &stage.answer.outcomes,
    }
}

fn short(verdict: &Verdict) -> Short<'_> {
    let (word, decider, missing) = match verdict {
        Verdict::Allow { decider } => ("allow", Some(decider), None),
        Verdict::Deny { decider } => ("deny", Some(decider), None),
        Verdict::Unknown { missing } => ("unknown", None, Some(missing.as_str())),
    };
    Short {
        verdict: word,
        decider,
        missing,
    }
}

/// How many rules that matched and went on are told.
const CONTINUED: usize = 8;
