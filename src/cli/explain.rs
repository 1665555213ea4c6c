use crate::collect::{read_rules, write_output};
use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use rulesets::{Decider, Direction, Explanation, Family, Flow, NearMiss, Protocol, Verdict};
use serde::Serialize;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A bound security group, as `DescribeSecurityGroupPolicies` answers it; repeat in the order of
    /// priority
    #[arg(long, value_name = "FILE", required = true)]
    rules: Vec<PathBuf>,
    /// Which way the flow goes, seen from the instance
    #[arg(long, value_enum, default_value_t = Way::In)]
    direction: Way,
    /// The transport protocol
    #[arg(long, value_enum)]
    protocol: Transport,
    /// Where the flow comes from
    #[arg(long, value_name = "IP")]
    source: Option<IpAddr>,
    /// Where the flow goes
    #[arg(long, value_name = "IP")]
    destination: Option<IpAddr>,
    /// The destination port
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Way {
    /// Towards the instance
    #[value(alias = "inbound")]
    In,
    /// Away from it
    #[value(alias = "outbound")]
    Out,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Transport {
    Tcp,
    Udp,
    Icmp,
    Icmpv6,
    Gre,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Answer {
    /// For a person
    Text,
    /// For a program
    Json,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let groups = read_rules(&arguments.rules)?.context("no rules were given")?;
    let flow = flow(arguments)?;
    let explanation = groups.explain(&flow);
    let text = match arguments.format {
        Answer::Text => text(&explanation)?,
        Answer::Json => {
            let mut text = serde_json::to_string_pretty(&document(&explanation))?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    Ok(match explanation.verdict {
        Verdict::Allow { .. } => 0,
        Verdict::Deny { .. } => 2,
        Verdict::Unknown { .. } => 3,
    })
}

fn flow(arguments: &Arguments) -> anyhow::Result<Flow> {
    let (protocol, only) = match arguments.protocol {
        Transport::Tcp => (Protocol::Tcp, None),
        Transport::Udp => (Protocol::Udp, None),
        Transport::Icmp => (Protocol::Icmp, Some(Family::V4)),
        Transport::Icmpv6 => (Protocol::Icmpv6, Some(Family::V6)),
        Transport::Gre => (Protocol::Gre, None),
    };
    let has_ports = matches!(protocol, Protocol::Tcp | Protocol::Udp);
    if has_ports && arguments.port.is_none() {
        bail!("--port is missing: {protocol} flows have one");
    }
    if !has_ports && arguments.port.is_some() {
        bail!("--port: {protocol} flows have none");
    }
    let families: Vec<Family> = arguments
        .source
        .into_iter()
        .chain(arguments.destination)
        .map(Family::from)
        .chain(only)
        .collect();
    let family = families.first().copied().unwrap_or(Family::V4);
    if families.iter().any(|it| *it != family) {
        bail!("--source, --destination and --protocol are of different address families");
    }
    let direction = match arguments.direction {
        Way::In => Direction::Inbound,
        Way::Out => Direction::Outbound,
    };
    Ok(Flow {
        direction,
        protocol,
        family,
        peer: match direction {
            Direction::Inbound => arguments.source,
            Direction::Outbound => arguments.destination,
        },
        port: arguments.port,
    })
}

/// The answer for programs; `verdict`, `decider` and `missing` are the contract.
#[derive(Debug, Serialize)]
struct Document<'a> {
    verdict: &'static str,
    decider: Option<&'a Decider>,
    missing: Option<&'a str>,
    denial: Option<rulesets::Denial>,
    without_trailing_deny: Option<Short<'a>>,
    near_misses: &'a [NearMiss],
}

#[derive(Debug, Serialize)]
struct Short<'a> {
    verdict: &'static str,
    decider: Option<&'a Decider>,
    missing: Option<&'a str>,
}

fn document(explanation: &Explanation) -> Document<'_> {
    let short = short(&explanation.verdict);
    Document {
        verdict: short.verdict,
        decider: short.decider,
        missing: short.missing,
        denial: explanation.denial,
        without_trailing_deny: explanation.without_trailing_deny.as_ref().map(self::short),
        near_misses: &explanation.near_misses,
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

fn text(explanation: &Explanation) -> anyhow::Result<String> {
    let mut text = String::new();
    writeln!(text, "{}", line(&explanation.verdict))?;
    if let Some(other) = &explanation.without_trailing_deny {
        writeln!(
            text,
            "where a trailing deny-all counts in the last group only: {}",
            line(other)
        )?;
    }
    for miss in &explanation.near_misses {
        writeln!(text, "near miss: {miss}")?;
    }
    Ok(text)
}

fn line(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allow { decider } => format!("allow: {decider}"),
        Verdict::Deny { decider } => format!("deny: {decider}"),
        Verdict::Unknown { missing } => format!("unknown: {missing}"),
    }
}
