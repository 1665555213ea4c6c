//! A report that pastes into a ticket: what a vendor's support asks for, in a fixed order, with
//! plain commands to see the same without this tool.

mod cell;
mod fixes;
mod reproduce;
mod verdict;

use super::group;
use super::look_up;
use super::words::{self, Standing};
use crate::diagnosis::{Diagnosis, FlowDiagnosis, Status};
use crate::evidence::Run;
use cell::inline;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes the report.
pub(super) fn write(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let faulty: Vec<_> = diagnosis
        .flows
        .iter()
        .filter(|flow| Standing::of(run, flow).needs_explaining())
        .collect();
    let groups = group::groups(run, diagnosis);
    writeln!(out, "## Symptom\n\n{}", symptom(run, diagnosis, &faulty))?;
    writeln!(out, "\n## Verdict\n")?;
    verdict::write(run, diagnosis, &groups, out)?;
    writeln!(out, "\n## Probes\n")?;
    probes(run, diagnosis, out)?;
    writeln!(out, "\n## Rules\n")?;
    verdict::rules(run, diagnosis, out)?;
    writeln!(out, "\n## Evidence\n")?;
    evidence(diagnosis, out)?;
    if let Some((when, lines)) = look_up::since(run, diagnosis) {
        writeln!(out, "\n## Changed\n\n{}\n", inline(&when))?;
        for line in lines {
            writeln!(out, "- {}", inline(&line))?;
        }
    }
    writeln!(out, "\n## Next\n")?;
    fixes::next(&groups, out)?;
    writeln!(out, "\n## Fix\n")?;
    fixes::write(run, &faulty, out)?;
    writeln!(out, "\n## Reproduce\n")?;
    reproduce::write(run, diagnosis, &faulty, out)?;
    writeln!(
        out,
        "\nreachdx {}; `--format json` holds the whole run.",
        inline(&run.tool_version)
    )
}

/// Who cannot reach what, from where, and when.
fn symptom(run: &Run, diagnosis: &Diagnosis, faulty: &[&FlowDiagnosis]) -> String {
    let target = inline(&target(run));
    let when = format!(
        "Checked at {} (UTC); the check took {}.",
        inline(&run.started_at),
        words::seconds(run.duration_s)
    );
    if faulty.is_empty() {
        return format!("{target} is {}. {when}", words::status(diagnosis.status));
    }
    let sentence = |leaves: bool| {
        let flows: Vec<_> = faulty
            .iter()
            .filter(|flow| words::leaves(flow) == leaves)
            .collect();
        let names: Vec<_> = flows
            .iter()
            .map(|flow| inline(&words::full_name(run, flow)))
            .collect();
        let worst = flows.iter().map(|flow| flow.status).max()?;
        let sources: BTreeSet<_> = flows
            .iter()
            .filter_map(|flow| flow.source.clone())
            .collect();
        let from = if sources.is_empty() {
            "an address that is not known".to_owned()
        } else {
            inline(&Vec::from_iter(sources).join(", "))
        };
        let names = names.join(", ");
        Some(match (leaves, worst) {
            (_, Status::Unknown) => format!("Whether {target} passes {names} could not be told. "),
            (true, Status::Degraded) => format!("From {target}, {names} works with a fault. "),
            (true, _) => format!("From {target}, this cannot be reached: {names}. "),
            (false, Status::Degraded) => {
                format!("From {from}, {target} works with a fault: {names}. ")
            }
            (false, _) => format!("From {from}, {target} cannot be reached: {names}. "),
        })
    };
    let sentences: Vec<_> = [false, true].into_iter().filter_map(sentence).collect();
    format!("{}{when}", sentences.concat())
}

fn target(run: &Run) -> String {
    let addresses = look_up::addresses(run);
    match addresses.as_slice() {
        [only] if *only == run.plan.target => only.clone(),
        [] => run.plan.target.clone(),
        _ => format!("{} ({})", run.plan.target, addresses.join(", ")),
    }
}

fn probes(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "| flow | to | outside | inside | status |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for flow in &diagnosis.flows {
        let word = |outcome: &Option<String>| inline(outcome.as_deref().unwrap_or("-"));
        let status = match Standing::of(run, flow) {
            Standing::Fares(status) => words::status(status),
            Standing::ClosedAsExpected => "closed, as expected",
            Standing::OpenUnexpectedly => "open, expected closed",
            Standing::NotAskable => "cannot be asked from here",
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {status} |",
            inline(&words::name(flow)),
            inline(
                look_up::far_end(run, flow)
                    .or(flow.destination.as_deref())
                    .unwrap_or("-")
            ),
            word(&flow.outcome.outside),
            word(&flow.outcome.inside),
        )?;
    }
    Ok(())
}

fn evidence(diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "| id | vantage | kind | fact |")?;
    writeln!(out, "| --- | --- | --- | --- |")?;
    for item in &diagnosis.evidence {
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            inline(&item.id),
            inline(&item.vantage),
            inline(&item.kind),
            inline(&item.summary)
        )?;
    }
    Ok(())
}
