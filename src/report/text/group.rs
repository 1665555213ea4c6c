//! Flows with the same fault, told once.

use crate::diagnosis::{CauseReport, Certainty, Diagnosis, FlowDiagnosis};
use crate::evidence::Run;
use crate::report::words::{self, Standing};

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

    /// Their names: `ssh tcp/22, rdp tcp/3389`.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.flows.iter().map(|flow| unique_name(flow)).collect();
        names.join(", ")
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

/// The flow's name, with its address when it is not the target's first.
fn unique_name(flow: &FlowDiagnosis) -> String {
    match flow.id.split_once('@') {
        Some((_, further)) => format!("{} at {further}", words::name(flow)),
        None => words::name(flow),
    }
}
