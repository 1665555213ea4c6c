use super::rule_files::RuleFiles;
use super::sets::{
    Answer, FAMILIES, Side, block, budget, entangled, gates, indented, service, within,
};
use crate::collect::write_output;
use anyhow::bail;
use clap::Args;
use ipnet::IpNet;
use rulesets::questions::{FlowSet, Gates, flow_sets, reach, why};
use rulesets::space::Cube;
use rulesets::{Direction, Family, LayerKind, MatchingRule};
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: RuleFiles,
    /// Which way the packets go, seen from the instance
    #[arg(long, value_enum, default_value_t = Side::In)]
    direction: Side,
    /// The service: who reaches it? tcp/22, udp/8000-8010, icmp or all
    #[arg(long, value_name = "SERVICE")]
    port: Option<String>,
    /// Where packets come from: what do they reach?
    #[arg(long, value_name = "CIDR", value_parser = block)]
    source: Option<IpNet>,
    /// Where packets go, as the rules see it
    #[arg(long, value_name = "CIDR", value_parser = block)]
    destination: Option<IpNet>,
    /// Say by which rules they get through, and what would be cut if each were gone
    #[arg(long)]
    why: bool,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
}

/// The answer for one address family.
#[derive(Debug, Serialize)]
struct Part {
    family: Family,
    certain: Vec<FlowSet>,
    possible: Vec<FlowSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<Reason>>,
}

/// A rule by which packets get through a gate.
#[derive(Debug, Serialize)]
struct Reason {
    layer: &'static str,
    gate: String,
    rule: Option<MatchingRule>,
    passes: Vec<FlowSet>,
    cut: Vec<FlowSet>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.port.is_none() && arguments.source.is_none() && arguments.destination.is_none() {
        bail!("--port, --source or --destination is missing: one says what to ask about");
    }
    let service = arguments.port.as_deref().map(service).transpose()?;
    let way = arguments.files.way()?;
    let mut parts = Vec::new();
    for family in FAMILIES {
        let Some(cube) = within(family, service, arguments.source, arguments.destination) else {
            continue;
        };
        let gates = gates(&way, arguments.direction.into(), family)?;
        parts.push(part(&gates, &cube, arguments.why)?);
    }
    if parts.is_empty() {
        bail!("--source and --destination are of different address families");
    }
    let text = match arguments.format {
        Answer::Text => text(&parts, arguments)?,
        Answer::Json => {
            let mut text = serde_json::to_string_pretty(&parts)?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    Ok(0)
}

fn part(gates: &Gates, cube: &Cube, with_reasons: bool) -> anyhow::Result<Part> {
    let family = gates.family;
    let reach = reach(gates, cube, &budget()).map_err(|_| entangled())?;
    let reasons = |way: rulesets::questions::Way| Reason {
        layer: LayerKind::name(way.layer),
        gate: way.gate,
        rule: way.rule,
        passes: flow_sets(&way.passes, family),
        cut: flow_sets(&way.cut, family),
    };
    let why = if with_reasons {
        let ways = why(gates, cube, &budget()).map_err(|_| entangled())?;
        Some(ways.into_iter().map(reasons).collect())
    } else {
        None
    };
    Ok(Part {
        family,
        certain: flow_sets(&reach.certain, family),
        possible: flow_sets(&reach.possible, family),
        why,
    })
}

fn text(parts: &[Part], arguments: &Arguments) -> anyhow::Result<String> {
    let mut text = String::new();
    let inbound = Direction::from(arguments.direction) == Direction::Inbound;
    let one_service = arguments.port.is_some() && inbound;
    let line = |set: &FlowSet| {
        if one_service && set.source_port.is_none() {
            let to = set.destination_words().map(|words| format!(" to {words}"));
            format!("{}{}", set.sources.join(", "), to.unwrap_or_default())
        } else {
            set.to_string()
        }
    };
    for part in parts {
        let (certain, possible) = (part.certain.len(), part.possible.len());
        match (certain, possible) {
            (0, 0) => writeln!(text, "{}: nothing gets through", part.family)?,
            (0, _) => writeln!(text, "{}: nothing gets through for certain", part.family)?,
            _ => writeln!(text, "{}:", part.family)?,
        }
        indented(&mut text, &part.certain, line);
        if possible > 0 {
            writeln!(text, "{}, if undecided rules turn out so:", part.family)?;
            indented(&mut text, &part.possible, line);
        }
        for reason in part.why.iter().flatten() {
            let rule = reason.rule.as_ref().map_or_else(
                || format!("`{}`: by default", reason.gate),
                ToString::to_string,
            );
            let rule = crate::report::printable_line(&rule);
            writeln!(text, "{}: {rule} lets pass", reason.layer)?;
            indented(&mut text, &reason.passes, FlowSet::to_string);
            if !reason.cut.is_empty() {
                writeln!(text, "and without it these would be cut:")?;
                indented(&mut text, &reason.cut, FlowSet::to_string);
            }
        }
    }
    Ok(text)
}
