//! What was judged, and which rules were read for it.

use super::cell::inline;
use crate::diagnosis::{Diagnosis, PassState};
use crate::evidence::Run;
use crate::report::group::Group;
use crate::report::words;
use std::io::{self, Write};

/// Writes the state, the cause of each group of flows, and the findings.
pub(super) fn write(
    run: &Run,
    diagnosis: &Diagnosis,
    groups: &[Group<'_>],
    out: &mut impl Write,
) -> io::Result<()> {
    let status = words::status(diagnosis.status);
    writeln!(out, "Overall: **{status}**.")?;
    for group in groups {
        writeln!(out, "\n### {}\n", inline(&group.names(run)))?;
        of_group(run, group, out)?;
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
                inline(words::sentence(cause)),
                inline(&cause.id)
            )?,
            None => writeln!(out, "- {name}: no cause of the catalogue fits the evidence")?,
        }
        for also in &flow.also {
            let summary = inline(words::sentence(also));
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

/// What the rules say of each flow, where rules were read.
pub(super) fn rules(run: &Run, diagnosis: &Diagnosis, out: &mut impl Write) -> io::Result<()> {
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

const RULED: &[&str] = &["network_acl", "security_group"];
