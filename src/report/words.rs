//! Words that several renderers share.

use super::look_up;
use super::paint::Paint;
use crate::diagnosis::{
    self, CauseReport, Certainty, Exclusion, FixReport, FlowDiagnosis, Risk, Status,
};
use crate::evidence::{Expectation, Run};
use std::cmp::Reverse;

/// How a flow stands against what was expected of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Standing {
    /// It should work, and fares like this.
    Fares(Status),
    /// It should be closed, and is.
    ClosedAsExpected,
    /// It should be closed, and answers.
    OpenUnexpectedly,
    /// It does not count: it cannot be asked from here.
    NotAskable,
}

impl Standing {
    pub(super) fn of(run: &Run, flow: &FlowDiagnosis) -> Self {
        if flow.expected {
            return Self::Fares(flow.status);
        }
        match flow.status {
            Status::Reachable | Status::Degraded => Self::OpenUnexpectedly,
            Status::Blocked | Status::Unknown
                if run.plan.expect.get(&flow.service) == Some(&Expectation::Blocked) =>
            {
                Self::ClosedAsExpected
            }
            Status::Blocked | Status::Unknown => Self::NotAskable,
        }
    }

    /// Whether there is a fault to explain.
    pub(super) fn needs_explaining(self) -> bool {
        match self {
            Self::Fares(status) => status != Status::Reachable,
            Self::ClosedAsExpected | Self::OpenUnexpectedly | Self::NotAskable => false,
        }
    }

    /// A mark that reads without colour.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Fares(Status::Reachable) | Self::ClosedAsExpected => "[OK]",
            Self::Fares(Status::Degraded) | Self::OpenUnexpectedly => "[~~]",
            Self::Fares(Status::Blocked) => "[!!]",
            Self::Fares(Status::Unknown) => "[??]",
            Self::NotAskable => "[--]",
        }
    }

    pub(super) fn paint(self) -> Paint {
        match self {
            Self::Fares(Status::Reachable) | Self::ClosedAsExpected => Paint::Good,
            Self::Fares(Status::Degraded) | Self::OpenUnexpectedly => Paint::Fair,
            Self::Fares(Status::Blocked) => Paint::Bad,
            Self::Fares(Status::Unknown) => Paint::Unsure,
            Self::NotAskable => Paint::Plain,
        }
    }
}

/// The status in one word.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Reachable => "reachable",
        Status::Degraded => "degraded",
        Status::Blocked => "blocked",
        Status::Unknown => "unknown",
    }
}

/// The certainty in one word.
pub(super) fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Possible => "possible",
        Certainty::Likely => "likely",
        Certainty::Proven => "proven",
    }
}

/// The cause's summary, without particulars that only say it again.
pub(super) fn sentence(cause: &CauseReport) -> &str {
    match cause.summary.split_once(": ") {
        Some((title, particulars)) if title == particulars => title,
        _ => &cause.summary,
    }
}

/// What a fix may do, in words.
pub(super) fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "safe",
        Risk::Review => "read before use",
        Risk::Manual => "by hand",
    }
}

/// Whether a fix is undone by a command: one that starts like one of its own. Otherwise the way back
/// is told in prose.
pub(super) fn rolls_back_by_command(fix: &FixReport) -> bool {
    let tool = |text: &str| text.split(' ').next().map(str::to_owned);
    fix.commands
        .values()
        .any(|command| tool(command) == tool(&fix.rollback))
}

/// Exclusions by the reading that makes them, the one that rules out most first; of its causes the
/// common ones first.
pub(super) fn by_reading(excluded: &[Exclusion]) -> Vec<(&str, Vec<&str>)> {
    let mut readings: Vec<(&str, Vec<&str>)> = Vec::new();
    for exclusion in excluded {
        let reason = &exclusion.reason;
        let reading = reason.split(" (").next().unwrap_or(reason);
        match readings.iter_mut().find(|(it, _)| *it == reading) {
            Some((_, ids)) => ids.push(&exclusion.id),
            None => readings.push((reading, vec![&exclusion.id])),
        }
    }
    readings.sort_by_key(|(_, ids)| Reverse(ids.len()));
    for (_, ids) in &mut readings {
        ids.sort_by_key(|id| Reverse(diagnosis::cause(id).map_or(0, |cause| cause.weight)));
    }
    readings
}

/// The flow's transport and port: `tcp/22`, `icmp`.
pub(super) fn transport(flow: &FlowDiagnosis) -> String {
    flow.port.map_or_else(
        || flow.protocol.clone(),
        |port| format!("{}/{port}", flow.protocol),
    )
}

/// The user's name of the flow, with its transport where that says more: `ssh tcp/22`.
pub(super) fn name(flow: &FlowDiagnosis) -> String {
    let transport = transport(flow);
    if flow.service.trim_end_matches("-out") == transport {
        flow.service.clone()
    } else {
        format!("{} {transport}", flow.service)
    }
}

/// The flow's name, with its address when it is not the target's first, and with its far end.
pub(super) fn full_name(run: &Run, flow: &FlowDiagnosis) -> String {
    placed(run, flow, name(flow))
}

/// The same without the transport.
pub(super) fn short_name(run: &Run, flow: &FlowDiagnosis) -> String {
    placed(run, flow, flow.service.clone())
}

fn placed(run: &Run, flow: &FlowDiagnosis, name: String) -> String {
    match (look_up::far_end(run, flow), flow.id.split_once('@')) {
        (Some(host), _) => format!("{name} to {host}"),
        (None, Some((_, further))) => format!("{name} at {further}"),
        (None, None) => name,
    }
}

/// The state that a cause of the catalogue describes, in words, with `subject` for the flow.
pub(super) fn title(id: &str, subject: &str, flow: &FlowDiagnosis, run: &Run) -> String {
    let Some(cause) = diagnosis::cause(id) else {
        return id.to_owned();
    };
    let port = flow.port.map_or_else(String::new, |port| port.to_string());
    cause
        .title
        .replace("{flow}", subject)
        .replace("{port}", &port)
        .replace("{client}", flow.source.as_deref().unwrap_or("the client"))
        .replace("{target}", &run.plan.target)
}

/// What the vantage that counts for this flow saw, in one word.
pub(super) fn outcome(flow: &FlowDiagnosis) -> &str {
    let word = if flow.direction == OUTBOUND {
        &flow.outcome.inside
    } else {
        &flow.outcome.outside
    };
    word.as_deref().unwrap_or("not measured")
}

/// Whether the flow leaves the instance.
pub(super) fn leaves(flow: &FlowDiagnosis) -> bool {
    flow.direction == OUTBOUND
}

/// A time a person can take in: `0.8 ms`, `21 ms`, `4.0 s`.
pub(super) fn seconds(seconds: f64) -> String {
    if seconds < 0.01 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}

/// A count with its noun: `1 flow`, `2 flows`.
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

const OUTBOUND: &str = "outbound";
