//! One fault: what it is, where it is, why we say so, what else, and what to do.

use super::group::Group;
use super::page::Page;
use super::{fix, strip};
use crate::diagnosis::{Certainty, Diagnosis, Exclusion, FlowDiagnosis};
use crate::evidence::Run;
use crate::report::escape::cut;
use crate::report::paint::Paint;
use crate::report::words;
use std::io::{self, Write};

/// Writes the block of one group of flows.
pub(super) fn write(
    page: &mut Page<'_, impl Write>,
    run: &Run,
    diagnosis: &Diagnosis,
    group: &Group<'_>,
) -> io::Result<()> {
    let flow = group.first();
    page.blank()?;
    if diagnosis.flows.len() > 1 {
        page.entry("FLOW", &group.names())?;
    }
    what(page, run, group)?;
    page.lines("PATH", &strip::strip(flow, page.room()))?;
    why(page, diagnosis, group)?;
    also(page, flow)?;
    candidates(page, run, group)?;
    excluded(page, &flow.excluded)?;
    fix::write(page, group)?;
    next(page, group)
}

fn what(page: &mut Page<'_, impl Write>, run: &Run, group: &Group<'_>) -> io::Result<()> {
    let flow = group.first();
    let Some(cause) = &flow.cause else {
        let lead = ("UNKNOWN:", Paint::Unsure);
        return page.headed("WHAT", lead, "no cause of the catalogue fits the evidence");
    };
    let (lead, paint) = match cause.certainty {
        Certainty::Proven => ("PROVEN:", Paint::Bad),
        Certainty::Likely => ("LIKELY:", Paint::Bad),
        Certainty::Possible => {
            let words = format!(
                "{} and {} causes fit; nothing tells them apart yet",
                words::outcome(flow).replace('_', " "),
                group.candidates().len()
            );
            return page.headed("WHAT", ("POSSIBLE:", Paint::Unsure), &words);
        }
    };
    let summary = if group.flows().len() > 1 {
        words::title(&cause.id, flow, run).replace(&words::transport(flow), "any of these flows")
    } else {
        cause.summary.clone()
    };
    page.headed("WHAT", (lead, paint), &summary)
}

/// The facts the cause rests on.
fn why(
    page: &mut Page<'_, impl Write>,
    diagnosis: &Diagnosis,
    group: &Group<'_>,
) -> io::Result<()> {
    let mut ids: Vec<&String> = Vec::new();
    for cause in group.flows().iter().filter_map(|flow| flow.cause.as_ref()) {
        for id in &cause.evidence {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    let facts: Vec<_> = diagnosis
        .evidence
        .iter()
        .filter(|item| ids.contains(&&item.id))
        .collect();
    for (index, item) in facts.iter().take(FACTS).enumerate() {
        let label = if index == 0 { "WHY" } else { "" };
        page.entry(
            label,
            &format!("{} {}: {}", item.id, item.vantage, item.summary),
        )?;
    }
    match facts.len().saturating_sub(FACTS) {
        0 => Ok(()),
        more => page.more(&format!("and {more} more like these")),
    }
}

fn also(page: &mut Page<'_, impl Write>, flow: &FlowDiagnosis) -> io::Result<()> {
    for (index, cause) in flow.also.iter().enumerate() {
        let label = if index == 0 { "ALSO" } else { "" };
        page.entry(
            label,
            &format!("after that you will still meet: {}", cause.summary),
        )?;
    }
    Ok(())
}

/// The causes that fit, where more than one does.
fn candidates(page: &mut Page<'_, impl Write>, run: &Run, group: &Group<'_>) -> io::Result<()> {
    let candidates = group.candidates();
    if candidates.len() < 2 {
        return Ok(());
    }
    for (index, (id, flow)) in candidates.iter().take(CANDIDATES).enumerate() {
        let label = if index == 0 { "COULD BE" } else { "" };
        let words = format!("{}. {} ({id})", index + 1, words::title(id, flow, run));
        page.entry(label, &words)?;
    }
    match candidates.len().saturating_sub(CANDIDATES) {
        0 => Ok(()),
        more => page.more(&format!("and {more} more, less probable")),
    }
}

/// What is ruled out, told by the reading that does it; the readings that rule out most come first.
fn excluded(page: &mut Page<'_, impl Write>, excluded: &[Exclusion]) -> io::Result<()> {
    let mut readings: Vec<(&str, Vec<&str>)> = Vec::new();
    for exclusion in excluded {
        let reading = words::reading(&exclusion.reason);
        match readings.iter_mut().find(|(it, _)| *it == reading) {
            Some((_, ids)) => ids.push(&exclusion.id),
            None => readings.push((reading, vec![&exclusion.id])),
        }
    }
    readings.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    for (index, (reading, ids)) in readings.iter().take(EXCLUSIONS).enumerate() {
        let label = if index == 0 { "EXCLUDED" } else { "" };
        let count = words::count(ids.len() as u64, "cause");
        let line = format!("{count}, since {reading}: {}", ids.join(", "));
        page.lines(label, &[cut(&line, page.room())])?;
    }
    let rest: usize = readings.iter().skip(EXCLUSIONS).map(|it| it.1.len()).sum();
    match rest {
        0 => Ok(()),
        rest => page.more(&format!("and {rest} more by other readings")),
    }
}

fn next(page: &mut Page<'_, impl Write>, group: &Group<'_>) -> io::Result<()> {
    let flow = group.first();
    let total = flow.candidates.len();
    for (index, test) in flow.next_tests.iter().enumerate() {
        let label = if index == 0 { "NEXT" } else { "" };
        page.entry(
            label,
            &format!("tells {} of {total} apart:", test.splits.len()),
        )?;
        for command in test.command.split("; ") {
            page.command(command)?;
        }
    }
    Ok(())
}

/// More facts than this and a reader reads none.
const FACTS: usize = 5;
const CANDIDATES: usize = 5;
const EXCLUSIONS: usize = 4;
