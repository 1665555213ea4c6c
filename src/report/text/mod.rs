//! What a person reads under stress: the verdict first, then one line a flow, then a block for each
//! fault that names what stops the packet, why we say so, and what to do.

mod block;
mod fix;
mod page;
mod strip;

use super::group::{self, Group};
use super::look_up;
use super::words::{self, Standing};
use super::{Style, escape};
use crate::diagnosis::{Diagnosis, FlowDiagnosis, Severity, Status};
use crate::evidence::Run;
use page::Page;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Writes the report, at most 80 columns wide but for commands, which are never broken.
pub(super) fn write(
    run: &Run,
    diagnosis: &Diagnosis,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut page = Page::new(out, style);
    header(&mut page, run, diagnosis)?;
    table(&mut page, run, diagnosis)?;
    let groups = group::groups(run, diagnosis);
    for group in &groups {
        block::write(&mut page, run, diagnosis, group)?;
    }
    findings(&mut page, diagnosis)?;
    since(&mut page, run, diagnosis)?;
    footer(&mut page, run, diagnosis, &groups)
}

fn header(page: &mut Page<'_, impl Write>, run: &Run, diagnosis: &Diagnosis) -> io::Result<()> {
    let standing = Standing::Fares(diagnosis.status);
    let mark = format!(
        "{} {}",
        standing.mark(),
        words::status(diagnosis.status).to_uppercase()
    );
    let addresses = look_up::addresses(run);
    let target = match addresses.as_slice() {
        [] => format!("{} (no address)", run.plan.target),
        [only] if *only == run.plan.target => only.clone(),
        _ => format!("{} ({})", run.plan.target, addresses.join(", ")),
    };
    let outbound: BTreeSet<_> = diagnosis
        .flows
        .iter()
        .filter(|flow| !flow.counts && flow.status == Status::Blocked)
        .map(|flow| flow.service.as_str())
        .collect();
    let outbound = if outbound.is_empty() {
        String::new()
    } else {
        let services: Vec<_> = outbound.into_iter().collect();
        format!("; outbound BLOCKED: {}", services.join(", "))
    };
    let target = format!("{target}{outbound}");
    page.hanging(&mark, standing.paint(), &target, mark.len() + 2)
}

fn table(page: &mut Page<'_, impl Write>, run: &Run, diagnosis: &Diagnosis) -> io::Result<()> {
    let several = look_up::addresses(run).len() > 1;
    let rows: Vec<_> = diagnosis
        .flows
        .iter()
        .map(|flow| Row::of(run, flow, several))
        .collect();
    let widest = |cell: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| escape::columns(cell(row)))
            .max()
            .unwrap_or(0)
            .min(CELL_LIMIT)
    };
    let (name, to, outcome) = (
        widest(|row| &row.name),
        widest(|row| &row.to),
        widest(|row| &row.outcome),
    );
    for row in &rows {
        let mut line = format!(" {}", pad(&row.name, name));
        for (cell, width) in [(&row.to, to), (&row.outcome, outcome)] {
            if width > 0 {
                line.push_str("  ");
                line.push_str(&pad(cell, width));
            }
        }
        page.row(row.standing, &line, &row.rest)?;
    }
    Ok(())
}

/// One line of the table.
struct Row {
    standing: Standing,
    name: String,
    to: String,
    outcome: String,
    rest: String,
}

impl Row {
    fn of(run: &Run, flow: &FlowDiagnosis, several: bool) -> Self {
        let standing = Standing::of(run, flow);
        let time = look_up::observation(run, flow)
            .and_then(look_up::answer_time)
            .map_or_else(String::new, words::seconds);
        let rest = match (&flow.cause, standing) {
            (_, Standing::ClosedAsExpected) => "closed, as expected".into(),
            (_, Standing::OpenUnexpectedly) => "OPEN, expected closed".into(),
            (_, Standing::NotAskable) => "cannot be asked from here; not counted".into(),
            (Some(cause), Standing::Fares(_)) => {
                format!("{}, {}", cause.id, words::certainty(cause.certainty))
            }
            (None, Standing::Fares(_)) => time,
        };
        let destination = look_up::far_end(run, flow)
            .or(flow.destination.as_deref())
            .unwrap_or_default()
            .to_owned();
        Self {
            standing,
            name: words::name(flow),
            to: if several || words::leaves(flow) {
                destination
            } else {
                String::new()
            },
            outcome: words::outcome(flow).replace('_', " "),
            rest,
        }
    }
}

fn pad(cell: &str, width: usize) -> String {
    let cell = escape::cut(&escape::printable(cell), width);
    let gap = width.saturating_sub(escape::columns(&cell));
    format!("{cell}{}", " ".repeat(gap))
}

fn findings(page: &mut Page<'_, impl Write>, diagnosis: &Diagnosis) -> io::Result<()> {
    for (index, finding) in diagnosis.findings.iter().enumerate() {
        if index == 0 {
            page.blank()?;
        }
        let label = match finding.severity {
            Severity::Critical => "CRITICAL",
            Severity::Warning => "WARNING",
            Severity::Info => "NOTE",
        };
        page.entry(label, &format!("{} ({})", finding.summary, finding.id))?;
    }
    Ok(())
}

/// What changed on the instance since all was well there.
fn since(page: &mut Page<'_, impl Write>, run: &Run, diagnosis: &Diagnosis) -> io::Result<()> {
    let Some((when, lines)) = look_up::since(run, diagnosis) else {
        return Ok(());
    };
    page.blank()?;
    page.entry("changed", &when)?;
    for line in lines {
        page.more(&line)?;
    }
    Ok(())
}

fn footer(
    page: &mut Page<'_, impl Write>,
    run: &Run,
    diagnosis: &Diagnosis,
    groups: &[Group<'_>],
) -> io::Result<()> {
    page.blank()?;
    page.paragraph(&format!(
        "checked {} in {} by reachdx {}",
        run.started_at,
        words::seconds(run.duration_s),
        run.tool_version
    ))?;
    let causes = groups
        .iter()
        .filter_map(|group| group.first().cause.as_ref())
        .map(|cause| cause.id.as_str());
    let finding = diagnosis.findings.iter().map(|finding| finding.id.as_str());
    let page_of = causes
        .chain(finding)
        .find(|id| crate::diagnosis::cause(id).is_some());
    match page_of {
        Some(id) => page.command_after("more:", &format!("reachdx cause {id}")),
        None => Ok(()),
    }
}

const CELL_LIMIT: usize = 39;
