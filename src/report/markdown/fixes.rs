//! What to run next, and what to change.

use super::cell::{fenced, inline};
use crate::diagnosis::{Certainty, FixReport, FlowDiagnosis};
use crate::evidence::Run;
use crate::report::group::Group;
use crate::report::words;
use std::io::{self, Write};

/// Writes the commands that would tell the candidates apart, once for flows alike.
pub(super) fn next(groups: &[Group<'_>], out: &mut impl Write) -> io::Result<()> {
    let mut lines: Vec<String> = Vec::new();
    for group in groups {
        for (command, remark) in group.tests().into_iter().flat_map(|test| test.commands) {
            let line = match remark {
                Some(remark) => format!("{command}    # {remark}"),
                None => command,
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

/// Every fix of a cause that is more than a suspicion, once for all flows it is the same for.
pub(super) fn write(run: &Run, faulty: &[&FlowDiagnosis], out: &mut impl Write) -> io::Result<()> {
    let mut fixes: Vec<(&FixReport, Vec<String>)> = Vec::new();
    let suspected = |flow: &FlowDiagnosis| {
        let cause = flow.cause.as_ref();
        cause.is_some_and(|cause| cause.certainty == Certainty::Possible)
    };
    for flow in faulty.iter().filter(|flow| !suspected(flow)) {
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
    if faulty.is_empty() {
        writeln!(out, "None is needed.")?;
    } else if fixes.is_empty() {
        writeln!(out, "None is offered before the cause is known.")?;
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
