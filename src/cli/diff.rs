use super::sets::{Answer, FAMILIES, budget, entangled, gates};
use crate::collect::{read_book, write_output};
use crate::report::printable_line;
use anyhow::Context as _;
use clap::Args;
use rulesets::questions::{Changes, FlowSet, Shift, changes, flow_sets, whole};
use rulesets::{Direction, Family, MatchingRule, Selection, Way};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rules as they were, in any known format
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The rules as they are to be
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Rules and inventories that are the same before and after
    #[arg(long, value_name = "FILE")]
    beside: Vec<PathBuf>,
    /// The rule lists that apply, by id, highest priority first
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    bind: Vec<String>,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
}

/// What fares differently in one direction and family.
#[derive(Debug, Serialize)]
struct Part {
    direction: Direction,
    family: Family,
    opened: Vec<Line>,
    shut: Vec<Line>,
}

/// Packets that fare differently for one reason.
#[derive(Debug, Serialize)]
struct Line {
    flows: Vec<FlowSet>,
    certain: bool,
    before: Option<MatchingRule>,
    after: Option<MatchingRule>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let old = way(arguments, &arguments.old)?;
    let new = way(arguments, &arguments.new)?;
    let mut parts = Vec::new();
    for direction in [Direction::Inbound, Direction::Outbound] {
        for family in FAMILIES {
            let before = gates(&old, direction, family)?;
            let after = gates(&new, direction, family)?;
            let found =
                changes(&before, &after, &whole(family), &budget()).map_err(|_| entangled())?;
            parts.push(part(direction, family, &found));
        }
    }
    let differ = parts
        .iter()
        .any(|part| !part.opened.is_empty() || !part.shut.is_empty());
    let text = match arguments.format {
        Answer::Text => text(&parts)?,
        Answer::Json => {
            let mut text = serde_json::to_string_pretty(&parts)?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    Ok(u8::from(differ))
}

/// The layers of one side. A group keeps its name from before, whatever its file is called.
fn way(arguments: &Arguments, file: &Path) -> anyhow::Result<Way> {
    let mut files = vec![file.to_path_buf()];
    files.extend(arguments.beside.iter().cloned());
    let selection = Selection {
        lists: arguments.bind.clone(),
        instance: None,
    };
    let way = read_book(&files)?.way(&selection);
    way.context("--bind says which rules apply")
}

fn part(direction: Direction, family: Family, found: &Changes) -> Part {
    Part {
        direction,
        family,
        opened: lines(&found.opened, family),
        shut: lines(&found.shut, family),
    }
}

/// Shifts with one reason are one line.
fn lines(shifts: &[Shift], family: Family) -> Vec<Line> {
    let mut lines: Vec<(&Shift, Vec<_>)> = Vec::new();
    for shift in shifts {
        let same = |known: &&mut (&Shift, Vec<_>)| {
            let (known, _) = known;
            (known.certain, &known.before, &known.after)
                == (shift.certain, &shift.before, &shift.after)
        };
        match lines.iter_mut().find(same) {
            Some((_, cubes)) => cubes.push(shift.cube),
            None => lines.push((shift, vec![shift.cube])),
        }
    }
    let lines = lines.into_iter();
    lines
        .map(|(shift, cubes)| Line {
            flows: flow_sets(&cubes, family),
            certain: shift.certain,
            before: shift.before.clone(),
            after: shift.after.clone(),
        })
        .collect()
}

fn text(parts: &[Part]) -> anyhow::Result<String> {
    let mut text = String::new();
    for part in parts {
        for (word, lines) in [("opened", &part.opened), ("shut", &part.shut)] {
            for line in lines {
                let perhaps = if line.certain { "" } else { "perhaps " };
                for flows in &line.flows {
                    let flows = printable_line(&flows.to_string());
                    writeln!(text, "{perhaps}{word}, {}: {flows}", part.direction)?;
                }
                for (word, rule) in [("before", &line.before), ("after", &line.after)] {
                    let rule = rule
                        .as_ref()
                        .map_or_else(|| "no rule matches".to_owned(), ToString::to_string);
                    writeln!(text, "  {word}: {}", printable_line(&rule))?;
                }
            }
        }
    }
    if text.is_empty() {
        text.push_str("no difference: every packet fares the same\n");
    }
    Ok(text)
}
