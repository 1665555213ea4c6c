//! Flows with the same fault, told once.

use super::words::{self, Standing};
use crate::diagnosis::{CauseReport, Certainty, Diagnosis, FlowDiagnosis};
use crate::evidence::Run;

/// Flows that one block explains, in plan order.
pub(super) struct Group<'a> {
    flows: Vec<&'a FlowDiagnosis>,
}

impl<'a> Group<'a> {
    /// The flow that the block tells in full.
    pub(super) fn first(&self) -> &'a FlowDiagnosis {
        self.flows[0]
    }

    /// All of them.
    pub(super) fn flows(&self) -> &[&'a FlowDiagnosis] {
        &self.flows
    }

    /// Their names: `ssh, rdp, smtp-out to mx1.example`.
    pub(super) fn names(&self, run: &Run) -> String {
        let names: Vec<_> = self
            .flows
            .iter()
            .map(|flow| words::short_name(run, flow))
            .collect();
        names.join(", ")
    }

    /// The flow, or the flows, in the middle of a sentence.
    pub(super) fn subject(&self) -> String {
        if self.flows.len() > 1 {
            "them".into()
        } else {
            words::transport(self.first())
        }
    }

    /// The tests of the first flow, asked for all of the flows at once.
    pub(super) fn tests(&self) -> Vec<Test> {
        self.first()
            .next_tests
            .iter()
            .map(|test| Test {
                settles: test.splits.len(),
                commands: test
                    .command
                    .split("; ")
                    .map(|it| self.command(it))
                    .collect(),
            })
            .collect()
    }

    /// One command of the first flow for all of the flows, and the remark in brackets behind it.
    fn command(&self, whole: &str) -> (String, Option<String>) {
        let (command, remark) = match whole.strip_suffix(')').and_then(|it| it.rsplit_once(" (")) {
            Some((command, remark)) => (command, Some(remark.to_owned())),
            None => (whole, None),
        };
        let one = format!("{SERVICE}{}", self.first().service);
        let mut services: Vec<&str> = Vec::new();
        for flow in &self.flows {
            if !services.contains(&flow.service.as_str()) {
                services.push(&flow.service);
            }
        }
        let all = format!("{SERVICE}{}", services.join(","));
        let command = match command.split_once(&one) {
            Some((before, after)) if after.is_empty() || after.starts_with(' ') => {
                format!("{before}{all}{after}")
            }
            _ => command.to_owned(),
        };
        (command, remark)
    }

    /// Every cause that may be the one, of any of the flows, most probable first.
    pub(super) fn candidates(&self) -> Vec<(&'a str, &'a FlowDiagnosis)> {
        let mut all: Vec<(&str, &FlowDiagnosis)> = Vec::new();
        for flow in &self.flows {
            for candidate in &flow.candidates {
                if all.iter().all(|(id, _)| *id != candidate.id) {
                    all.push((&candidate.id, flow));
                }
            }
        }
        all
    }
}

/// A test that would tell candidates apart.
pub(super) struct Test {
    /// How many candidates it settles.
    pub(super) settles: usize,
    /// The commands, each with the remark that stood in brackets behind it, such as where to run it.
    pub(super) commands: Vec<(String, Option<String>)>,
}

/// The flows that need explaining, grouped by their fault, in plan order.
pub(super) fn groups<'a>(run: &Run, diagnosis: &'a Diagnosis) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let faulty = diagnosis
        .flows
        .iter()
        .filter(|flow| Standing::of(run, flow).needs_explaining());
    for flow in faulty {
        match groups.iter_mut().find(|group| alike(group.first(), flow)) {
            Some(group) => group.flows.push(flow),
            None => groups.push(Group { flows: vec![flow] }),
        }
    }
    groups
}

/// Whether two flows have the same fault for all that is known. Flows that are silent for an unknown
/// reason belong together even where the most probable reason differs.
fn alike(one: &FlowDiagnosis, other: &FlowDiagnosis) -> bool {
    let ids = |causes: &[CauseReport]| causes.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
    if one.direction != other.direction
        || one.status != other.status
        || words::outcome(one) != words::outcome(other)
    {
        return false;
    }
    match (&one.cause, &other.cause) {
        (None, None) => true,
        (Some(one_cause), Some(other_cause)) => {
            one_cause.certainty == other_cause.certainty
                && ids(&one.also) == ids(&other.also)
                && (one_cause.id == other_cause.id || one_cause.certainty == Certainty::Possible)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

const SERVICE: &str = "--service ";
