use super::rule_files::RuleFiles;
use super::sets::{FAMILIES, budget, entangled};
use crate::collect::write_output;
use crate::report::{printable_line, write_sarif};
use clap::{Args, ValueEnum};
use rulesets::Family;
use rulesets::questions::{Finding, Severity};
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    files: RuleFiles,
    /// The only address family the instance has; by default it has both
    #[arg(long, value_enum)]
    family: Option<Only>,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
    /// Where to write
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Only {
    Ipv4,
    Ipv6,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Answer {
    /// For a person
    Text,
    /// For a program
    Json,
    /// For code hosts and editors, SARIF 2.1.0
    Sarif,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let families = match arguments.family {
        None => FAMILIES.to_vec(),
        Some(Only::Ipv4) => vec![Family::V4],
        Some(Only::Ipv6) => vec![Family::V6],
    };
    let (book, way) = arguments.files.book_and_way()?;
    let findings = way.lint(&families, &budget()).map_err(|_| entangled())?;
    let mut bytes = Vec::new();
    match arguments.format {
        Answer::Text => bytes.extend(text(&findings)?.into_bytes()),
        Answer::Json => {
            serde_json::to_writer_pretty(&mut bytes, &findings)?;
            bytes.push(b'\n');
        }
        Answer::Sarif => write_sarif(&findings, |finding| book.text_of(finding), &mut bytes)?,
    }
    write_output(arguments.output.as_deref(), &bytes)?;
    let warned = findings
        .iter()
        .any(|finding| finding.severity == Severity::Warning);
    Ok(u8::from(warned))
}

fn text(findings: &[Finding]) -> anyhow::Result<String> {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.severity {
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let rule = finding
            .rule
            .as_ref()
            .map_or_else(|| finding.list.clone(), ToString::to_string);
        let line = format!("{word}: {}: {rule}: {}", finding.code.id(), finding.message);
        writeln!(text, "{}", printable_line(&line))?;
        for rule in &finding.related {
            writeln!(text, "  see {}", printable_line(&rule.to_string()))?;
        }
        if let Some(witness) = &finding.witness {
            writeln!(text, "  for example {}", printable_line(witness))?;
        }
    }
    if text.is_empty() {
        text.push_str("no faults found\n");
    }
    Ok(text)
}
