//! One fault: what it is, where it is, why we say so, what else, and what to do.

use super::page::Page;
use super::{fix, strip};
use crate::diagnosis::{CauseReport, Certainty, Diagnosis, EvidenceItem, Exclusion, FlowDiagnosis};
use crate::evidence::Run;
use crate::report::escape::{columns, printable};
use crate::report::group::Group;
use crate::report::paint::Paint;
use crate::report::{look_up, words};
use probes::{Failure, Outcome};
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
        page.entry("FLOW", &group.names(run))?;
    }
    what(page, run, diagnosis, group)?;
    page.lines("PATH", &strip::strip(flow, page.room()))?;
    why(page, diagnosis, group)?;
    also(page, flow)?;
    candidates(page, run, group)?;
    excluded(page, &flow.excluded)?;
    fix::write(page, group)?;
    next(page, group)
}

/// The cause in one sentence; its particulars are among the facts below.
fn what(
    page: &mut Page<'_, impl Write>,
    run: &Run,
    diagnosis: &Diagnosis,
    group: &Group<'_>,
) -> io::Result<()> {
    let flow = group.first();
    let Some(cause) = &flow.cause else {
        return nothing_fits(page, run, flow);
    };
    let (lead, paint) = match cause.certainty {
        Certainty::Proven => ("PROVEN:", Paint::Bad),
        Certainty::Likely => ("LIKELY:", Paint::Bad),
        Certainty::Possible => {
            let words = format!(
                "{}; {} causes fit, and nothing tells them apart yet",
                words::outcome(flow).replace('_', " "),
                group.candidates().len()
            );
            return page.headed("WHAT", ("POSSIBLE:", Paint::Unsure), &words);
        }
    };
    let title = words::title(&cause.id, &group.subject(), flow, run);
    let quoted = |detail: &str| facts(diagnosis, cause).any(|item| item.summary.contains(detail));
    let particulars = cause
        .summary
        .split_once(": ")
        .map(|(_, particulars)| particulars)
        .filter(|particulars| !particulars.split("; ").all(quoted));
    match particulars {
        Some(particulars) if group.flows().len() == 1 => {
            page.headed("WHAT", (lead, paint), &format!("{title}: {particulars}"))
        }
        _ => page.headed("WHAT", (lead, paint), &title),
    }
}

/// Why no cause is named: the flow was not asked, or its silence says nothing, or it is new to us.
fn nothing_fits(
    page: &mut Page<'_, impl Write>,
    run: &Run,
    flow: &FlowDiagnosis,
) -> io::Result<()> {
    let outcome = look_up::observation(run, flow).map(|seen| &seen.outcome);
    match outcome {
        Some(Outcome::NotMeasured { reason, remedy }) => {
            page.headed("WHAT", ("NOT MEASURED:", Paint::Unsure), reason)?;
            page.entry("NEXT", remedy)
        }
        Some(Outcome::Stopped {
            failure: Failure::Silent { .. },
            ..
        }) if flow.protocol == "udp" => page.headed(
            "WHAT",
            ("UNKNOWN:", Paint::Unsure),
            "nothing came back, which over UDP may mean dropped, or welcome: a service need not \
             answer what it does not understand",
        ),
        Some(_) | None => page.headed(
            "WHAT",
            ("UNKNOWN:", Paint::Unsure),
            "no cause of the catalogue fits the evidence",
        ),
    }
}

/// The facts the cause rests on; of several flows, those of the first.
fn why(
    page: &mut Page<'_, impl Write>,
    diagnosis: &Diagnosis,
    group: &Group<'_>,
) -> io::Result<()> {
    let Some(cause) = &group.first().cause else {
        return Ok(());
    };
    for (index, item) in facts(diagnosis, cause).take(FACTS).enumerate() {
        let label = if index == 0 { "WHY" } else { "" };
        let words = format!("{} {}: {}", item.id, item.vantage, item.summary);
        page.entry(label, &words)?;
    }
    let more = facts(diagnosis, cause).count().saturating_sub(FACTS);
    if more > 0 {
        page.more(&format!("and {} more", words::count(more as u64, "fact")))?;
    }
    match group.flows().len() - 1 {
        0 => Ok(()),
        1 => page.more("likewise for the other flow"),
        others => page.more(&format!(
            "likewise for the other {}",
            words::count(others as u64, "flow")
        )),
    }
}

fn facts<'a>(
    diagnosis: &'a Diagnosis,
    cause: &CauseReport,
) -> impl Iterator<Item = &'a EvidenceItem> {
    diagnosis
        .evidence
        .iter()
        .filter(|item| cause.evidence.contains(&item.id))
}

fn also(page: &mut Page<'_, impl Write>, flow: &FlowDiagnosis) -> io::Result<()> {
    for (index, cause) in flow.also.iter().enumerate() {
        let label = if index == 0 { "ALSO" } else { "" };
        page.entry(
            label,
            &format!("after that you will still meet: {}", words::sentence(cause)),
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
        let words = format!(
            "{}. {} ({id})",
            index + 1,
            words::title(id, &group.subject(), flow, run)
        );
        page.entry(label, &words)?;
    }
    match candidates.len().saturating_sub(CANDIDATES) {
        0 => Ok(()),
        more => page.more(&format!("and {more} more, less probable")),
    }
}

/// What is ruled out, told by the reading that does it.
fn excluded(page: &mut Page<'_, impl Write>, excluded: &[Exclusion]) -> io::Result<()> {
    let readings = words::by_reading(excluded);
    for (index, (reading, ids)) in readings.iter().take(EXCLUSIONS).enumerate() {
        let label = if index == 0 { "EXCLUDED" } else { "" };
        let line = exclusion(reading, ids, page.room());
        page.entry(label, &line)?;
    }
    let rest: usize = readings.iter().skip(EXCLUSIONS).map(|it| it.1.len()).sum();
    match rest {
        0 => Ok(()),
        rest => page.more(&format!("and {rest} more by other readings")),
    }
}

/// As many causes as a line holds; one at least.
fn exclusion(reading: &str, ids: &[&str], room: usize) -> String {
    let words = |shown: usize| {
        let more = match ids.len() - shown {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{reading}: not {}{more}", ids[..shown].join(", "))
    };
    (2..=ids.len())
        .rev()
        .map(words)
        .find(|line| columns(&printable(line)) <= room)
        .unwrap_or_else(|| words(1))
}

fn next(page: &mut Page<'_, impl Write>, group: &Group<'_>) -> io::Result<()> {
    for (index, test) in group.tests().iter().enumerate() {
        let label = if index == 0 { "NEXT" } else { "" };
        let causes = words::count(test.settles as u64, "cause");
        for (place, (command, remark)) in test.commands.iter().enumerate() {
            match (place, remark) {
                (0, Some(remark)) => {
                    page.entry(label, &format!("settles {causes}, {remark}:"))?;
                }
                (0, None) => page.entry(label, &format!("settles {causes}:"))?,
                (_, Some(remark)) => page.more(&format!("then, {remark}:"))?,
                (_, None) => {}
            }
            page.command(command)?;
        }
    }
    Ok(())
}

/// More facts than this and a reader reads none.
const FACTS: usize = 4;
const CANDIDATES: usize = 5;
const EXCLUSIONS: usize = 4;
