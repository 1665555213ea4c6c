use super::sets::Answer;
use crate::collect::{read_book, write_output};
use crate::report::printable_line;
use clap::Args;
use rulesets::{Deletion, DeletionState, deletion};
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The id of the security group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Answers of the API: `DescribeSecurityGroups`, `DescribeSecurityGroupAssociationStatistics`,
    /// `DescribeSecurityGroupReferences`, `DescribeInstances`; repeat for each
    #[arg(long, value_name = "FILE", required = true)]
    rules: Vec<PathBuf>,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let book = read_book(&arguments.rules)?;
    let found = deletion(&arguments.group, &book.account);
    let text = match arguments.format {
        Answer::Text => text(&found)?,
        Answer::Json => {
            let mut text = serde_json::to_string_pretty(&found)?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    Ok(match found.state {
        DeletionState::Possible => 0,
        DeletionState::Blocked => 2,
        DeletionState::Unknown => 3,
    })
}

fn text(found: &Deletion) -> anyhow::Result<String> {
    let mut text = String::new();
    writeln!(
        text,
        "{}",
        match found.state {
            DeletionState::Possible => "it can be deleted",
            DeletionState::Blocked => "it cannot be deleted",
            DeletionState::Unknown => "whether it can be deleted is not known",
        }
    )?;
    for obstacle in &found.obstacles {
        writeln!(text, "  {}", printable_line(&obstacle.text))?;
    }
    for missing in &found.missing {
        writeln!(text, "missing: {}", printable_line(missing))?;
    }
    Ok(text)
}
