use super::fix::{Offers, offers, offers_text};
use super::question::{COLUMNS, Question, has_ports, name};
use super::rule_files::RuleFiles;
use crate::collect::{read_text, shown, write_output};
use crate::report::{AnswerDocument, answer_document, answer_line, answer_text};
use anyhow::bail;
use clap::{Args, ValueEnum};
use rulesets::{Asked, Packet, Verdict, Way};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: RuleFiles,
    #[command(flatten)]
    question: Question,
    /// Many flows, as a table of comma-separated values whose first line names its columns: `direction`,
    /// `protocol`, `source`, `destination`, `port`, `source_port`, `state`, `interface`, `icmp_type`,
    /// `icmp_code`. Each is answered, in order
    #[arg(long, value_name = "FILE", conflicts_with_all = ["protocol", "source", "destination", "port", "source_port", "interface", "icmp_type", "icmp_code"])]
    flows: Option<PathBuf>,
    /// Say which changes of the rules would let the flow pass, and what else each would open
    #[arg(long, conflicts_with = "flows")]
    fix: bool,
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
    /// For a program, one answer a line
    Ndjson,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    if let Some(table) = &arguments.flows {
        let packets = packets(table)?;
        let way = arguments.files.way()?;
        return every(&way, &packets, arguments.format);
    }
    let packet = packet(&arguments.question)?;
    let way = arguments.files.way()?;
    let asked = way.ask(&packet);
    let fixes = if arguments.fix {
        Some(offers(&way, &packet)?)
    } else {
        None
    };
    let text = match arguments.format {
        Answer::Text => {
            let offered = fixes.as_ref().map(offers_text).unwrap_or_default();
            answer_text(&asked) + &offered
        }
        Answer::Json => {
            let document = WithFixes {
                answer: answer_document(&asked),
                fixes,
            };
            let mut text = serde_json::to_string_pretty(&document)?;
            text.push('\n');
            text
        }
        Answer::Ndjson => {
            let document = WithFixes {
                answer: answer_document(&asked),
                fixes,
            };
            let mut text = serde_json::to_string(&document)?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    Ok(match asked.verdict {
        Verdict::Allow { .. } => 0,
        Verdict::Deny { .. } => 2,
        Verdict::Unknown { .. } => 3,
    })
}

/// An answer, with the changes offered where they were asked for.
#[derive(Debug, Serialize)]
struct WithFixes<'a> {
    #[serde(flatten)]
    answer: AnswerDocument<'a>,
    #[serde(flatten)]
    fixes: Option<Offers>,
}

/// One flow; a service is asked about by its port.
fn packet(question: &Question) -> anyhow::Result<Packet> {
    let packet = question.packet().map_err(|fault| fault.of_flag())?;
    if has_ports(packet.protocol) && packet.destination_port.is_none() {
        bail!(
            "--port is missing: {} flows have one",
            name(packet.protocol)
        );
    }
    Ok(packet)
}

/// Answers many flows; that each was answered is what the exit code says.
fn every(way: &Way, packets: &[Packet], format: Answer) -> anyhow::Result<u8> {
    let answers = packets.iter().map(|packet| way.ask(packet));
    let text = match format {
        Answer::Text => lines(answers, |asked| Ok(answer_line(&asked.verdict)))?,
        Answer::Ndjson => lines(answers, |asked| {
            Ok(serde_json::to_string(&answer_document(asked))?)
        })?,
        Answer::Json => {
            let answers: Vec<Asked> = answers.collect();
            let documents: Vec<_> = answers.iter().map(answer_document).collect();
            let mut text = serde_json::to_string_pretty(&documents)?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    Ok(0)
}

fn lines(
    answers: impl Iterator<Item = Asked>,
    line: impl Fn(&Asked) -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let mut text = String::new();
    for asked in answers {
        text.push_str(&line(&asked)?);
        text.push('\n');
    }
    Ok(text)
}

/// The flows of a table, all of them read before the first is answered.
fn packets(table: &Path) -> anyhow::Result<Vec<Packet>> {
    let text = read_text(table)?;
    let table = shown(table);
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Vec<String> = reader
        .headers()
        .map_err(|error| unreadable(&table, &error))?
        .iter()
        .map(str::to_ascii_lowercase)
        .collect();
    for (at, column) in columns.iter().enumerate() {
        if !COLUMNS.contains(&column.as_str()) {
            let column = probes::escape(column.as_bytes(), 60);
            bail!(
                "flows `{table}`: line 1: `{column}` is no column; there are {}",
                COLUMNS.join(", ")
            );
        }
        if columns[..at].contains(column) {
            bail!("flows `{table}`: line 1: column `{column}` stands twice");
        }
    }
    let mut packets = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| unreadable(&table, &error))?;
        let line = row.position().map_or(0, csv::Position::line);
        let mut question = Question::default();
        for (column, value) in columns.iter().zip(&row) {
            if let Some(field) = question.field(column) {
                value.clone_into(field);
            }
        }
        let packet = question.packet();
        packets.push(
            packet.map_err(|fault| anyhow::anyhow!("flows `{table}`: line {line}: {fault}"))?,
        );
    }
    Ok(packets)
}

fn unreadable(table: &str, error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(1, csv::Position::line);
    let csv::ErrorKind::UnequalLengths {
        expected_len, len, ..
    } = error.kind()
    else {
        return anyhow::anyhow!(
            "flows `{table}`: line {line}: not comma-separated values: {error}"
        );
    };
    anyhow::anyhow!(
        "flows `{table}`: line {line}: {len} values for {expected_len} columns; leave a value empty \
         that is not known"
    )
}
