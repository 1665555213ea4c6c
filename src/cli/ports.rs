use super::options::shown;
use crate::collect::write_output;
use crate::report::wrap;
use clap::{Args, ValueEnum};
use rulesets::{
    BlockedPort, CommonPort, Protocol, blocked_port, blocked_ports, common_port, common_ports,
};
use serde::Serialize;
use std::fmt::Write as _;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ports to look up: 22, tcp/445 or udp/53; without any, both lists are shown
    port: Vec<String>,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Answer {
    /// For a person
    Text,
    /// For a program
    Json,
}

/// What is known of one port.
#[derive(Debug, Serialize)]
struct Entry {
    protocol: Protocol,
    port: u16,
    name: Option<&'static str>,
    blocked: Option<Blocked>,
    advice: &'static str,
}

#[derive(Debug, Serialize)]
struct Blocked {
    since: &'static str,
    source: &'static str,
    note: &'static str,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let asked = if arguments.port.is_empty() {
        every()
    } else {
        let mut asked = Vec::new();
        for port in &arguments.port {
            asked.extend(parse(port)?);
        }
        asked
    };
    let entries: Vec<_> = asked
        .into_iter()
        .map(|(protocol, port)| entry(protocol, port))
        .collect();
    let text = match arguments.format {
        Answer::Json => {
            let mut text = serde_json::to_string_pretty(&entries)?;
            text.push('\n');
            text
        }
        Answer::Text => text(&entries)?,
    };
    write_output(None, text.as_bytes())?;
    Ok(0)
}

/// Every port of both lists, each once.
fn every() -> Vec<(Protocol, u16)> {
    let blocked = blocked_ports()
        .iter()
        .flat_map(|it| (it.ports.0.first..=it.ports.0.last).map(|port| (it.protocol, port)));
    let common = common_ports().iter().map(|it| (it.protocol, it.port));
    let mut every: Vec<_> = blocked.chain(common).collect();
    every.sort_unstable_by_key(|(protocol, port)| (*port, *protocol));
    every.dedup();
    every
}

fn parse(text: &str) -> anyhow::Result<Vec<(Protocol, u16)>> {
    let (protocols, number) = match text.split_once('/') {
        Some(("tcp", number)) => (vec![Protocol::Tcp], number),
        Some(("udp", number)) => (vec![Protocol::Udp], number),
        Some(_) => anyhow::bail!("`{}` is not tcp/PORT or udp/PORT", shown(text)),
        None => (vec![Protocol::Tcp, Protocol::Udp], text),
    };
    let port = number
        .parse::<u16>()
        .ok()
        .filter(|port| *port > 0 && number.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| anyhow::anyhow!("`{}`: a port is a number from 1 to 65535", shown(text)))?;
    Ok(protocols
        .into_iter()
        .map(|protocol| (protocol, port))
        .collect())
}

fn entry(protocol: Protocol, port: u16) -> Entry {
    let blocked: Option<&'static BlockedPort> = blocked_port(protocol, port);
    let common: Option<&'static CommonPort> = common_port(protocol, port);
    Entry {
        protocol,
        port,
        name: common.map(|common| common.name.as_str()),
        blocked: blocked.map(|blocked| Blocked {
            since: &blocked.since,
            source: &blocked.source,
            note: &blocked.note,
        }),
        advice: match (blocked, port) {
            (Some(_), _) => {
                "networks may block it whatever the security groups say: serve on another port, \
                 and test from two networks"
            }
            (None, 25) if protocol == Protocol::Tcp => {
                "many clouds block it outbound by default: relay over 465 or 587, or ask for the \
                 unblock"
            }
            (None, _) => "not on the blocked-port list",
        },
    }
}

fn text(entries: &[Entry]) -> anyhow::Result<String> {
    let mut text = String::new();
    for entry in entries {
        writeln!(
            text,
            "{}/{}  {}",
            entry.protocol,
            entry.port,
            entry.name.unwrap_or("no common name")
        )?;
        if let Some(blocked) = &entry.blocked {
            writeln!(
                text,
                "    BLOCKED by networks, listed since {}",
                blocked.since
            )?;
            writeln!(text, "    source: {}", blocked.source)?;
            if !blocked.note.is_empty() {
                writeln!(text, "    note: {}", blocked.note)?;
            }
        }
        for line in wrap(entry.advice, ADVICE_WIDTH) {
            writeln!(text, "    {line}")?;
        }
    }
    Ok(text)
}

/// Eighty columns less the indent, with room to spare.
const ADVICE_WIDTH: usize = 74;
