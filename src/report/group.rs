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
