//! What a diagnosis leaves to the run it came from: addresses, far ends, times.

use super::words::leaves;
use crate::diagnosis::{Diagnosis, FlowDiagnosis, Status};
use crate::evidence::Run;
use crate::inside::{Datum, Outbound};
use probes::{Answer, Observation, Outcome};

/// The addresses of the target, in the order received.
pub(super) fn addresses(run: &Run) -> Vec<String> {
    run.evidence
        .resolution
        .iter()
        .flat_map(probes::Resolution::addresses)
        .map(|address| address.to_string())
        .collect()
}

/// The name of the far end of a flow that leaves the instance.
pub(super) fn far_end<'a>(run: &'a Run, flow: &'a FlowDiagnosis) -> Option<&'a str> {
    let destination = flow.destination.as_deref()?;
    let far_ends = &run.evidence.inside.as_ref()?.outbound;
    far_ends
        .iter()
        .filter(|it| leaves(flow) && Some(it.port) == flow.port)
        .find(|it| it.host == destination || asked(it).is_some_and(|at| at == destination))
        .map(|it| it.host.as_str())
}

/// The probe that went all the way for this flow.
pub(super) fn observation<'a>(run: &'a Run, flow: &FlowDiagnosis) -> Option<&'a Observation> {
    let destination = flow.destination.as_deref()?;
    if leaves(flow) {
        let far_ends = &run.evidence.inside.as_ref()?.outbound;
        return far_ends
            .iter()
            .filter(|it| Some(it.port) == flow.port)
            .filter_map(|it| Some((it, it.observation.as_ref()?)))
            .find(|(it, _)| it.host == destination || asked(it).is_some_and(|at| at == destination))
            .map(|(_, seen)| seen);
    }
    run.evidence.outside.iter().find(|seen| {
        seen.probe.label == flow.service && seen.probe.address.to_string() == destination
    })
}

/// How long the flow took to answer, in seconds: the mean round trip for echoes.
pub(super) fn answer_time(observation: &Observation) -> Option<f64> {
    match &observation.outcome {
        Outcome::Answered {
            answer: Answer::Echo { rtt_s, .. },
        } => rtt_s.map(|[_, mean, _]| mean),
        Outcome::Answered { .. } => Some(observation.timing.total_s),
        Outcome::Stopped { .. } | Outcome::NotMeasured { .. } => None,
    }
}

fn asked(far_end: &Outbound) -> Option<String> {
    let seen = far_end.observation.as_ref()?;
    Some(seen.probe.address.to_string())
}

/// Where something is wrong: since when all was well on the instance, in words, and what changed since.
pub(super) fn since(run: &Run, diagnosis: &Diagnosis) -> Option<(String, Vec<String>)> {
    let since = run.evidence.inside.as_ref()?.since.as_ref()?;
    if diagnosis.status == Status::Reachable {
        return None;
    }
    match since {
        Datum::Skipped { source, reason, .. } => Some((
            format!("not known: the snapshot kept in `{source}` cannot be read: {reason}"),
            Vec::new(),
        )),
        Datum::Read { value, .. } => {
            let when = &value.taken_at;
            let lines = value.lines();
            let words = if value.changes.is_empty() {
                format!(
                    "nothing that was compared, on the instance, since all was well there ({when})"
                )
            } else {
                format!("on the instance, since all was well there ({when})")
            };
            Some((words, lines))
        }
    }
}
