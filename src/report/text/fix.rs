//! What would help, with its computed effect, in words short enough to act on.

use super::page::Page;
use crate::diagnosis::{After, Certainty, FixReport, Status};
use crate::report::escape::columns;
use crate::report::group::Group;
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
        if index == 0 {
            likewise(page, group)?;
        }
    }
    Ok(())
}

/// The flows of the group that need a like change of their own.
fn likewise(page: &mut Page<'_, impl Write>, group: &Group<'_>) -> io::Result<()> {
    let others: Vec<_> = group
        .flows()
        .iter()
        .skip(1)
        .filter(|other| commands(other.fixes.first()) != commands(group.first().fixes.first()))
        .map(|other| other.service.clone())
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
    page.entry(
        label,
        &format!("{} ({})", fix.summary, words::risk(fix.risk)),
    )?;
    let mut effect = format!("then: {}", after(&fix.after));
    if fix.opens.flows > 0 {
        effect.push_str("; opens ");
        effect.push_str(&fix.opens.summary);
    }
    page.more(&shortened(&effect, EFFECT_LINES * page.room()))?;
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

fn rollback(page: &mut Page<'_, impl Write>, fix: &FixReport) -> io::Result<()> {
    if fix.rollback.is_empty() {
        return Ok(());
    }
    if words::rolls_back_by_command(fix) {
        page.more("undo:")?;
        return page.command(&fix.rollback);
    }
    page.more(&format!("undo: {}", fix.rollback))
}

/// As many parts of a list as fit, and a remark that there are more.
fn shortened(list: &str, room: usize) -> String {
    const MORE: &str = "; and more";
    let mut kept = String::new();
    for part in list.split_inclusive("; ") {
        if columns(&kept) + columns(part) + MORE.len() > room && !kept.is_empty() {
            return format!("{}{MORE}", kept.trim_end_matches("; "));
        }
        kept.push_str(part);
    }
    kept
}

/// The state after a fix, in words.
fn after(after: &After) -> String {
    match (&after.next_cause, after.status) {
        (Some(next), Status::Degraded) => format!("reachable, with {next} left"),
        (Some(next), _) => format!("still blocked by {next}"),
        (None, Status::Unknown) => "not known, as nothing was read behind it".into(),
        (None, status) => words::status(status).into(),
    }
}

const FIXES: usize = 2;
/// Lines for what a fix does and opens; the summary has said the gist of it.
const EFFECT_LINES: usize = 2;
