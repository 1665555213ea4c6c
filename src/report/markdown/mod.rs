//! A report that pastes into a ticket: what a vendor's support asks for, in a fixed order, with
//! plain commands to see the same without this tool.

mod cell;
mod reproduce;

use super::words::{self, Standing};
use crate::diagnosis::{Diagnosis, FlowDiagnosis, PassState, Risk, Status};
use crate::evidence::Run;
use cell::{fenced, inline};
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
    verdict(run, diagnosis, &faulty, out)?;
    writeln!(out, "\n## Probes\n")?;
    probes(run, diagnosis, out)?;
    writeln!(out, "\n## Rules\n")?;
    rules(diagnosis, out)?;
    writeln!(out, "\n## Evidence\n")?;
    evidence(diagnosis, out)?;
    writeln!(out, "\n## Next\n")?;
    next(&faulty, out)?;
    writeln!(out, "\n## Fix\n")?;
    fixes(&faulty, out)?;
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
    let when = format!(
        "checked at {} (UTC) for {}",
        inline(&run.started_at),
        words::seconds(run.duration_s)
    );
    let target = inline(&target(run));
    if faulty.is_empty() {
        let state = words::status(diagnosis.status);
        return format!("{target} is {state}; {when}.");
    }
    let flow = |flow: &&FlowDiagnosis| match (&flow.source, &flow.destination) {
        (source, Some(destination)) if words::leaves(flow) => format!(
            "{} to {} from the instance{}",
            inline(&words::name(flow)),
            inline(destination),
            source
                .as_ref()
                .map_or_else(String::new, |it| format!(" ({})", inline(it)))
        ),
        (Some(source), _) => {
            format!("{} from {}", inline(&words::name(flow)), inline(source))
        }
        (None, _) => format!("{} from an unknown address", inline(&words::name(flow))),
    };
    let names: Vec<_> = faulty.iter().map(flow).collect();
    let state = match diagnosis.status {
        Status::Degraded => "works with a fault",
        Status::Unknown => "could not be told",
        Status::Blocked | Status::Reachable => "cannot be reached",
    };
    format!("{target} {state}: {}; {when}.", names.join(", "))
}

fn target(run: &Run) -> String {
    let addresses = words::addresses(run);
    match addresses.as_slice() {
        [only] if *only == run.plan.target => only.clone(),
        [] => run.plan.target.clone(),
        _ => format!("{} ({})", run.plan.target, addresses.join(", ")),
    }
}

fn verdict(
    run: &Run,
    diagnosis: &Diagnosis,
    faulty: &[&FlowDiagnosis],
    out: &mut impl Write,
) -> io::Result<()> {
    let status = words::status(diagnosis.status);
    writeln!(out, "Overall: **{status}**.")?;
    for flow in faulty {
        writeln!(out, "\n### {}\n", heading(flow))?;
        match &flow.cause {
            Some(cause) => writeln!(
                out,
                "- **{}** at layer {}: {} ({})",
                words::certainty(cause.certainty),
                inline(&cause.layer),
                inline(&cause.summary),
                inline(&cause.id)
            )?,
            None => writeln!(out, "- no cause of the catalogue fits the evidence")?,
        }
        for also in &flow.also {
            let summary = inline(&also.summary);
            writeln!(out, "- after that: {summary} ({})", inline(&also.id))?;
        }
        if flow.candidates.len() > 1 {
            let ids: Vec<_> = flow.candidates.iter().map(|it| inline(&it.id)).collect();
            writeln!(out, "- causes that fit: {}", ids.join(", "))?;
        }
        for exclusion in &flow.excluded {
            let reading = inline(words::reading(&exclusion.reason));
            writeln!(
                out,
                "- excluded: {}, since {reading}",
                inline(&exclusion.id)
            )?;
        }
    }
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        if index == 0 {
            writeln!(out, "\n### Findings\n")?;
        }
        let severity = format!("{:?}", finding.severity).to_lowercase();
        let summary = inline(&finding.summary);
        writeln!(out, "- {severity}: {summary} ({})", inline(&finding.id))?;
    }
    if run.interrupted {
        writeln!(
            out,
            "\nThe check was interrupted before every probe was done."
        )?;
    }
    Ok(())
}

fn heading(flow: &FlowDiagnosis) -> String {
    match flow.id.split_once('@') {
        Some((_, further)) => format!("{} at {}", inline(&words::name(flow)), inline(further)),
        None => inline(&words::name(flow)),
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
            inline(flow.destination.as_deref().unwrap_or("-")),
            word(&flow.outcome.outside),
            word(&flow.outcome.inside),
        )?;
    }
    Ok(())
}

/// What the rule layers do to each flow.
fn rules(diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
    let mut none = true;
    for flow in &diagnosis.flows {
        for layer in &flow.layers {
            let state = match layer.state {
                PassState::Pass => "pass",
                PassState::Block => "block",
                PassState::Unknown | PassState::NotApplicable => continue,
            };
            if !RULE_LAYERS.contains(&layer.layer.as_str()) {
                continue;
            }
            let facts: Vec<_> = diagnosis
                .evidence
                .iter()
                .filter(|item| item.kind == "rule" && layer.evidence.contains(&item.id))
                .map(|item| inline(&item.summary))
                .collect();
            let words = if facts.is_empty() {
                inline(&layer.reason)
            } else {
                facts.join("; ")
            };
            if none {
                writeln!(out, "| flow | layer | state | decided by |")?;
                writeln!(out, "| --- | --- | --- | --- |")?;
                none = false;
            }
            let name = heading(flow);
            writeln!(
                out,
                "| {name} | {} | {state} | {words} |",
                inline(&layer.layer)
            )?;
        }
    }
    if none {
        writeln!(out, "No rules were read.")?;
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
    let mut commands: Vec<&str> = Vec::new();
    for test in faulty.iter().flat_map(|flow| &flow.next_tests) {
        for command in test.command.split("; ") {
            if !commands.contains(&command) {
                commands.push(command);
            }
        }
    }
    if commands.is_empty() {
        return writeln!(out, "No further evidence is needed.");
    }
    fenced(&commands, out)
}

fn fixes(faulty: &[&FlowDiagnosis], out: &mut impl Write) -> io::Result<()> {
    let mut none = true;
    for flow in faulty {
        for fix in &flow.fixes {
            none = false;
            let risk = match fix.risk {
                Risk::Safe => "safe",
                Risk::Review => "read before use",
                Risk::Manual => "by hand",
            };
            let after = match &fix.after.next_cause {
                Some(next) => format!("{}: {next}", words::status(fix.after.status)),
                None => words::status(fix.after.status).to_owned(),
            };
            writeln!(out, "### {}: {}\n", heading(flow), inline(&fix.summary))?;
            writeln!(out, "- risk: {risk}")?;
            writeln!(out, "- state after it: {}", inline(&after))?;
            writeln!(out, "- opens: {}", inline(&fix.opens.summary))?;
            for step in &fix.steps {
                writeln!(out, "- {}", inline(step))?;
            }
            writeln!(out)?;
            let commands: Vec<_> = fix.commands.values().map(String::as_str).collect();
            if !commands.is_empty() {
                fenced(&commands, out)?;
                writeln!(out)?;
            }
            writeln!(out, "Undo:\n")?;
            fenced(&[&fix.rollback], out)?;
            writeln!(out)?;
        }
    }
    if none {
        writeln!(out, "None is offered.")?;
    }
    Ok(())
}

const RULE_LAYERS: &[&str] = &["network_acl", "security_group"];
