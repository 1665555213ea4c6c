//! What a diagnosis leaves to the run it came from: addresses, far ends, times.

use super::words::leaves;
use crate::diagnosis::FlowDiagnosis;
use crate::evidence::Run;
use crate::inside::Outbound;
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
