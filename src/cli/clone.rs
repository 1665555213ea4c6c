use super::rule_files::RuleFiles;
use super::sets::Answer;
use crate::collect::write_output;
use crate::report::printable_line;
use anyhow::{Context as _, bail};
use clap::Args;
use rulesets::{CloneFinding, CloneSeverity, CloneTarget, clone_findings};
use std::fmt::Write as _;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Arguments {
    #[command(flatten)]
    files: RuleFiles,
    /// Say what a clone would lack or change; nothing is made
    #[arg(long, required = true)]
    check: bool,
    /// The clone is for another account
    #[arg(long)]
    other_account: bool,
    /// The clone is for another region
    #[arg(long)]
    other_region: bool,
    /// The clone is for another project
    #[arg(long)]
    other_project: bool,
    /// The name for the clone; by default the source's
    #[arg(long)]
    name: Option<String>,
    /// A name that a group there has already; repeat for more
    #[arg(long, value_name = "NAME")]
    taken: Vec<String>,
    /// How to answer
    #[arg(long, value_name = "FMT", value_enum, default_value_t = Answer::Text)]
    format: Answer,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let book = arguments.files.book()?;
    let groups = &book.account.groups;
    let group = match (arguments.files.bind.as_slice(), groups.as_slice()) {
        ([], [only]) => only,
        ([], []) => bail!("the files hold no security group of Tencent Cloud"),
        ([id], _) => {
            let found = groups.iter().find(|group| group.id == *id);
            found.with_context(|| format!("--bind: no security group `{}`", id.escape_debug()))?
        }
        (_, _) => bail!("one group is cloned at a time: name it with --bind ID"),
    };
    let profile = book.account.profiles.iter().find(|it| it.id == group.id);
    let target = CloneTarget {
        same_account: !arguments.other_account,
        same_region: !arguments.other_region,
        same_project: !arguments.other_project,
        name: arguments.name.clone(),
        names: (!arguments.taken.is_empty()).then(|| arguments.taken.clone()),
    };
    let findings = clone_findings(group, profile, &target);
    let text = match arguments.format {
        Answer::Text => text(&findings)?,
        Answer::Json => {
            let mut text = serde_json::to_string_pretty(&findings)?;
            text.push('\n');
            text
        }
    };
    write_output(None, text.as_bytes())?;
    let worst = findings.iter().map(|finding| finding.severity).min();
    Ok(match worst {
        Some(CloneSeverity::Refused) => 2,
        Some(CloneSeverity::Differs) => 1,
        Some(CloneSeverity::Note) | None => 0,
    })
}

fn text(findings: &[CloneFinding]) -> anyhow::Result<String> {
    let mut text = String::new();
    for finding in findings {
        let word = match finding.severity {
            CloneSeverity::Refused => "refused",
            CloneSeverity::Differs => "differs",
            CloneSeverity::Note => "note",
        };
        writeln!(text, "{word}: {}", printable_line(&finding.text))?;
        if let Some(rule) = &finding.rule {
            let line = format!("{} rule {} `{}`", rule.direction, rule.index, rule.rule);
            writeln!(text, "  {}", printable_line(&line))?;
        }
    }
    if text.is_empty() {
        text.push_str("nothing stands in the way\n");
    }
    Ok(text)
}
