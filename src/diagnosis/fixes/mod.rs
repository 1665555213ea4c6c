//! What would help, with its effect computed on the evidence. Nothing here is ever run.

mod host_firewall;
mod opens;
mod outbound_mail;
mod security_group;

use super::catalogue::{Remedy, Steps};
use super::engine::{self, Judgement};
use super::{After, Case, Cause, Certainty, FixReport, Layer, Opens, Reading, Sensor, Status};
use std::collections::BTreeMap;

/// The fixes of a case's cause, smallest first.
pub(super) fn fixes(case: &Case<'_>, judgement: &Judgement) -> Vec<FixReport> {
    let Some((cause, certainty)) = judgement.cause else {
        return Vec::new();
    };
    match cause.remedy {
        Remedy::SecurityGroup => security_group::fixes(case, cause, certainty),
        Remedy::OutboundMail => outbound_mail::fixes(case, cause, certainty),
        Remedy::HostFirewall(steps) => host_firewall::fixes(case, cause, &steps, certainty),
        Remedy::Steps(steps) => vec![advice(case, cause, &steps, certainty)],
    }
}

fn advice(case: &Case<'_>, cause: &Cause, steps: &Steps, certainty: Certainty) -> FixReport {
    FixReport {
        id: cause.id.into(),
        summary: case.fill(steps.summary),
        risk: steps.risk,
        after: if certainty == Certainty::Possible {
            UNKNOWN
        } else {
            after(case, Some(cause))
        },
        opens: Opens {
            summary: "nothing in the security groups".into(),
            flows: 0,
        },
        steps: steps.steps.iter().map(|step| case.fill(step)).collect(),
        commands: steps
            .commands
            .iter()
            .map(|(tool, command)| ((*tool).to_owned(), case.fill(command)))
            .collect::<BTreeMap<_, _>>(),
        rollback: case.fill(steps.rollback),
    }
}

/// The state of a flow once `removed` is gone, or, with `None`, as the case's local readings stand:
/// the next blocker that local sensors show; reachable only where every layer behind is known to
/// pass; otherwise unknown.
fn after(case: &Case<'_>, removed: Option<&Cause>) -> After {
    let mut case = case.clone();
    case.readings
        .retain(|sensor, _| !sensor.end_to_end() || *sensor == Sensor::Resolution);
    let next = engine::shown_locally(&case)
        .into_iter()
        .find(|cause| removed.is_none_or(|removed| removed.id != cause.id));
    if let Some(next) = next {
        let harms = case.reads(Reading::LocalError) || case.reads(Reading::LocalLate);
        return After {
            status: if harms && next.layer == Layer::Service {
                Status::Degraded
            } else {
                Status::Blocked
            },
            next_cause: Some(next.id.into()),
        };
    }
    let let_through = case.reads(Reading::NoHostRules)
        || case.reads(Reading::HostRulesPass) && case.reads(Reading::HostLetsOut);
    let clear =
        case.reads(Reading::GroupsAllow) && case.reads(Reading::LocalAnswers) && let_through;
    // Echo needs no listener, only a kernel that answers.
    let echo = case.flow.port.is_none()
        && case.reads(Reading::GroupsAllow)
        && case.reads(Reading::EchoOn)
        && let_through;
    if clear || echo {
        After {
            status: Status::Reachable,
            next_cause: None,
        }
    } else {
        UNKNOWN
    }
}

const UNKNOWN: After = After {
    status: Status::Unknown,
    next_cause: None,
};
