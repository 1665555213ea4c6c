//! What would help, with its computed effect, in words short enough to act on.

use super::group::Group;
use super::page::Page;
use crate::diagnosis::{After, Certainty, FixReport, Risk, Status};
use crate::report::words;
use std::io::{self, Write};

/// Writes the fixes of a group: those of its first flow, and how the others differ.
pub(super) fn write(page: &mut Page<'_, impl Write>, group: &Group<'_>) -> io::Result<()> {
    let flow = group.first();
    let suspected = flow
        .cause
        .as_ref()
        .is_some_and(|cause| cause.certainty == Certainty::Possible);
    if suspected {
        return Ok(());
    }
    for (index, fix) in flow.fixes.iter().take(FIXES).enumerate() {
        let label = if index == 0 { "FIX" } else { "OR" };
        one(page, label, fix)?;
    }
    let others: Vec<_> = group
        .flows()
        .iter()
        .skip(1)
        .filter(|other| other.fixes.first().map(|it| &it.commands) != commands(flow.fixes.first()))
        .map(|other| words::name(other))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    page.more(&format!(
        "likewise for {}; `--format markdown` prints every command",
        others.join(", ")
    ))
}

fn commands(fix: Option<&FixReport>) -> Option<&std::collections::BTreeMap<String, String>> {
    fix.map(|fix| &fix.commands)
}

fn one(page: &mut Page<'_, impl Write>, label: &str, fix: &FixReport) -> io::Result<()> {
    let risk = match fix.risk {
        Risk::Safe => "safe",
        Risk::Review => "read before use",
        Risk::Manual => "by hand",
    };
    page.entry(label, &format!("{} ({risk})", fix.summary))?;
    page.more(&format!("then: {}", after(&fix.after)))?;
    if fix.opens.flows > 0 {
        page.more(&format!("opens: {}", fix.opens.summary))?;
    }
    if fix.commands.is_empty() {
        for step in &fix.steps {
            page.more(&format!("- {step}"))?;
        }
    }
    for command in fix.commands.values() {
        page.command(command)?;
    }
    rollback(page, fix)
}

/// A rollback is a command where it starts like one of the fix's own, and prose otherwise.
fn rollback(page: &mut Page<'_, impl Write>, fix: &FixReport) -> io::Result<()> {
    let tool = |text: &str| text.split(' ').next().map(str::to_owned);
    if fix.rollback.is_empty() {
        return Ok(());
    }
    if fix
        .commands
        .values()
        .any(|command| tool(command) == tool(&fix.rollback))
    {
        page.more("undo:")?;
        return page.command(&fix.rollback);
    }
    page.more(&format!("undo: {}", fix.rollback))
}

/// The state after a fix, in words.
fn after(after: &After) -> String {
    match (&after.next_cause, after.status) {
        (Some(next), Status::Degraded) => format!("reachable, with {next} left"),
        (Some(next), _) => format!("still blocked by {next}"),
        (None, Status::Unknown) => "not known; the evidence does not reach behind it".into(),
        (None, status) => words::status(status).into(),
    }
}

const FIXES: usize = 2;
