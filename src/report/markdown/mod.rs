//! A report that pastes into a ticket: what a vendor's support asks for, in a fixed order, with
//! plain commands to see the same without this tool.

mod cell;
mod reproduce;

use super::group::{self, Group};
use super::words::{self, Standing};
use crate::diagnosis::{Diagnosis, FixReport, FlowDiagnosis, PassState, Status};
use crate::evidence::Run;
use cell::{fenced, inline};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes the report.
pub(super) fn write(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let faulty: Vec<_> = diagnosis
        .flows
        .iter()
        .filter(|flow| Standing::of(run, flow).needs_explaining())
        .collect();
    writeln!(out, "## Symptom\n\n{}", symptom(run, diagnosis, &faulty))?;
    writeln!(out, "\n## Verdict\n")?;
    verdict(run, diagnosis, out)?;
    writeln!(out, "\n## Probes\n")?;
    probes(run, diagnosis, out)?;
    writeln!(out, "\n## Rules\n")?;
    rules(run, diagnosis, out)?;
    writeln!(out, "\n## Evidence\n")?;
    evidence(diagnosis, out)?;
    writeln!(out, "\n## Next\n")?;
    next(&faulty, out)?;
    writeln!(out, "\n## Fix\n")?;
    fixes(run, &faulty, out)?;
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
    let addresses = words::addresses(run);
    match addresses.as_slice() {
        [only] if *only == run.plan.target => only.clone(),
        [] => run.plan.target.clone(),
        _ => format!("{} ({})", run.plan.target, addresses.join(", ")),
    }
}

fn verdict(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let status = words::status(diagnosis.status);
    writeln!(out, "Overall: **{status}**.")?;
    for group in group::groups(run, diagnosis) {
        writeln!(out, "\n### {}\n", inline(&group.names(run)))?;
        of_group(run, &group, out)?;
    }
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        if index == 0 {
            writeln!(out, "\n### Findings\n")?;
        }
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let summary = inline(&finding.summary);
        writeln!(out, "- {severity}: {summary} ({})", inline(&finding.id))?;
    }
    Ok(())
}

fn of_group(run: &Run, group: &Group<'_>, out: &mut impl Write) -> io::Result<()> {
    for flow in group.flows() {
        let name = inline(&words::full_name(run, flow));
        match &flow.cause {
            Some(cause) => writeln!(
                out,
                "- {name}: **{}** at layer {}: {} ({})",
                words::certainty(cause.certainty),
                inline(&cause.layer),
                inline(&cause.summary),
                inline(&cause.id)
            )?,
            None => writeln!(out, "- {name}: no cause of the catalogue fits the evidence")?,
        }
        for also in &flow.also {
            let summary = inline(&also.summary);
            writeln!(out, "- after that: {summary} ({})", inline(&also.id))?;
        }
    }
    let candidates = group.candidates();
    if candidates.len() > 1 {
        let ids: Vec<_> = candidates.iter().map(|(id, _)| inline(id)).collect();
        writeln!(out, "- causes that fit: {}", ids.join(", "))?;
    }
    let told_for = if group.flows().len() > 1 {
        format!(" for {}", inline(&words::full_name(run, group.first())))
    } else {
        String::new()
    };
    for (reading, ids) in words::by_reading(&group.first().excluded) {
        let (reading, ids) = (inline(reading), inline(&ids.join(", ")));
        writeln!(out, "- excluded{told_for}, since {reading}: {ids}")?;
    }
    Ok(())
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
                words::far_end(run, flow)
                    .or(flow.destination.as_deref())
                    .unwrap_or("-")
            ),
            word(&flow.outcome.outside),
            word(&flow.outcome.inside),
        )?;
    }
    Ok(())
}

/// What the rules say of each flow, where rules were read.
fn rules(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let mut none = true;
    for flow in &diagnosis.flows {
        for layer in flow
            .layers
            .iter()
            .filter(|it| RULED.contains(&it.layer.as_str()))
        {
            let causes = flow.cause.iter().chain(&flow.also);
            let rests_on: Vec<_> = causes
                .filter(|cause| cause.layer == layer.layer)
                .flat_map(|cause| &cause.evidence)
                .chain(&layer.evidence)
                .collect();
            let facts: Vec<_> = diagnosis
                .evidence
                .iter()
                .filter(|item| item.kind == "rule" && rests_on.contains(&&item.id))
                .map(|item| inline(&item.summary))
                .collect();
            if facts.is_empty() {
                continue;
            }
            let state = match layer.state {
                PassState::Pass => "pass",
                PassState::Block => "block",
                PassState::Unknown => "unknown",
                PassState::NotApplicable => "not applicable",
            };
            if none {
                writeln!(out, "| flow | layer | state | rules |")?;
                writeln!(out, "| --- | --- | --- | --- |")?;
                none = false;
            }
            writeln!(
                out,
                "| {} | {} | {state} | {} |",
                inline(&words::full_name(run, flow)),
                inline(&layer.layer),
                facts.join("; ")
            )?;
        }
    }
    if none {
        writeln!(out, "No rule was read that decides any of these flows.")?;
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

fn next(faulty: &[&FlowDiagnosis], out: &mut impl Write) -> io::Result<()> {
    let mut lines: Vec<String> = Vec::new();
    for test in faulty.iter().flat_map(|flow| &flow.next_tests) {
        for (command, remark) in words::commands(test) {
            let line = match remark {
                Some(remark) => format!("{command}    # {remark}"),
                None => command.to_owned(),
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    if lines.is_empty() {
        return writeln!(out, "No further evidence is asked for.");
    }
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    fenced(&lines, out)
}

/// Every fix, once for all flows it is the same for.
fn fixes(run: &Run, faulty: &[&FlowDiagnosis], out: &mut impl Write) -> io::Result<()> {
    let mut fixes: Vec<(&FixReport, Vec<String>)> = Vec::new();
    for flow in faulty {
        for fix in &flow.fixes {
            let name = inline(&words::full_name(run, flow));
            match fixes.iter_mut().find(|(it, _)| *it == fix) {
                Some((_, names)) => names.push(name),
                None => fixes.push((fix, vec![name])),
            }
        }
    }
    for (index, (fix, names)) in fixes.iter().enumerate() {
        let gap = if index == 0 { "" } else { "\n" };
        writeln!(
            out,
            "{gap}### {}: {}\n",
            names.join(", "),
            inline(&fix.summary)
        )?;
        fix_body(fix, out)?;
    }
    if fixes.is_empty() {
        writeln!(out, "None is offered.")?;
    }
    Ok(())
}

fn fix_body(fix: &FixReport, out: &mut impl Write) -> io::Result<()> {
    let after = match &fix.after.next_cause {
        Some(next) => format!("{}: {next}", words::status(fix.after.status)),
        None => words::status(fix.after.status).to_owned(),
    };
    writeln!(out, "- risk: {}", words::risk(fix.risk))?;
    writeln!(out, "- state after it: {}", inline(&after))?;
    writeln!(out, "- opens: {}", inline(&fix.opens.summary))?;
    for step in &fix.steps {
        writeln!(out, "- {}", inline(step))?;
    }
    let commands: Vec<_> = fix.commands.values().map(String::as_str).collect();
    if !commands.is_empty() {
        writeln!(out)?;
        fenced(&commands, out)?;
    }
    if words::rolls_back_by_command(fix) {
        writeln!(out, "\nUndo:\n")?;
        fenced(&[&fix.rollback], out)
    } else {
        writeln!(out, "\nUndo: {}.", inline(&fix.rollback))
    }
}

const RULED: &[&str] = &["network_acl", "security_group"];
