//! The state of every layer of one flow.

use super::engine::{self, Judgement};
use super::layer::{INBOUND, Layer, OUTBOUND};
use super::{Case, Cause, Certainty, LayerState, PassState, Reading, Sensor, Status};
use rulesets::Direction;

/// Every layer of the case's path, in path order.
pub(super) fn states(case: &Case<'_>, judgement: &Judgement, status: Status) -> Vec<LayerState> {
    let path = match case.flow.direction {
        Direction::Inbound => INBOUND,
        Direction::Outbound => OUTBOUND,
    };
    path.iter()
        .map(|layer| {
            let (state, reason, evidence) = state(case, judgement, status, *layer);
            LayerState {
                layer: layer.name().into(),
                state,
                reason,
                evidence,
            }
        })
        .collect()
}

type State = (PassState, String, Vec<String>);

fn state(case: &Case<'_>, judgement: &Judgement, status: Status, layer: Layer) -> State {
    if !engine::crosses(case, layer) {
        let reason = "the flow stays on one machine".to_owned();
        return (PassState::NotApplicable, reason, Vec::new());
    }
    if layer == Layer::Listener && case.flow.port.is_none() {
        let reason = format!("{} needs no listener", case.flow.name());
        return (PassState::NotApplicable, reason, Vec::new());
    }
    if let Some((cause, certainty)) = judgement.cause.filter(|(cause, _)| cause.layer == layer) {
        let title = named(case, cause);
        let mut ids = ids(case, Sensor::Outcome);
        ids.extend(witness_ids(case, cause));
        ids.extend(local_ids(case, layer));
        ids.dedup();
        return match (certainty, status) {
            (_, Status::Degraded) => (PassState::Pass, format!("passes, but {title}"), ids),
            (Certainty::Possible, _) => (PassState::Unknown, format!("suspected: {title}"), ids),
            (Certainty::Proven | Certainty::Likely, _) => (PassState::Block, title, ids),
        };
    }
    if let Some(cause) = judgement.also.iter().find(|cause| cause.layer == layer) {
        return (PassState::Block, named(case, cause), local_ids(case, layer));
    }
    if let Some(reading) = local_pass(case, layer) {
        let taken = &case.readings[&reading.sensor()];
        return (
            PassState::Pass,
            taken.detail.clone(),
            taken.evidence.clone(),
        );
    }
    if let Some(suspect) = judgement.candidates.iter().find(|it| it.layer == layer) {
        let reason = format!("not cleared: it may be that {}", case.fill(suspect.title));
        return (PassState::Unknown, reason, Vec::new());
    }
    if let Some(sensor) = passed(case, judgement, status, layer) {
        let taken = &case.readings[&sensor];
        let reason = format!("the packet got past: {}", taken.detail);
        return (PassState::Pass, reason, taken.evidence.clone());
    }
    (PassState::Unknown, "no evidence".into(), Vec::new())
}

/// A cause's title, with the rule of the host that it is about where one is known.
fn named(case: &Case<'_>, cause: &Cause) -> String {
    let title = case.fill(cause.title);
    if cause.layer != Layer::HostFirewall {
        return title;
    }
    RULES
        .iter()
        .filter(|reading| cause.predicts.contains(reading))
        .filter_map(|reading| case.readings.get(&reading.sensor()))
        .find(|taken| RULES.contains(&taken.reading) && cause.predicts.contains(&taken.reading))
        .map_or_else(
            || title.clone(),
            |taken| format!("{title}: {}", taken.detail),
        )
}

fn ids(case: &Case<'_>, sensor: Sensor) -> Vec<String> {
    case.readings
        .get(&sensor)
        .map_or_else(Vec::new, |taken| taken.evidence.clone())
}

/// What the witness saw and the counters count, where the cause predicts it.
fn witness_ids(case: &Case<'_>, cause: &Cause) -> Vec<String> {
    [Sensor::Witness, Sensor::HostCounters]
        .iter()
        .filter_map(|sensor| case.readings.get(sensor))
        .filter(|taken| cause.predicts.contains(&taken.reading))
        .flat_map(|taken| taken.evidence.iter().cloned())
        .collect()
}

fn local_ids(case: &Case<'_>, layer: Layer) -> Vec<String> {
    local_sensors(layer)
        .iter()
        .flat_map(|sensor| ids(case, *sensor))
        .collect()
}

fn local_sensors(layer: Layer) -> &'static [Sensor] {
    match layer {
        Layer::SecurityGroup => &[Sensor::Groups],
        Layer::Instance => &[
            Sensor::Link,
            Sensor::Gateway,
            Sensor::Nearby,
            Sensor::CloudGateway,
            Sensor::CloudPrefix,
            Sensor::Route,
            Sensor::EchoSetting,
            Sensor::Conntrack,
        ],
        Layer::HostFirewall => &[
            Sensor::HostRules,
            Sensor::HostOutput,
            Sensor::HostTarget,
            Sensor::Local,
        ],
        Layer::Listener => &[Sensor::Listeners, Sensor::Local],
        Layer::Service => &[Sensor::Local, Sensor::Wrappers],
        Layer::Prober | Layer::Isp | Layer::Edge | Layer::NetworkAcl | Layer::Remote => &[],
    }
}

/// The local reading that clears a layer by itself.
fn local_pass(case: &Case<'_>, layer: Layer) -> Option<Reading> {
    let clearing: &[Reading] = match layer {
        Layer::Prober => &[Reading::Online],
        Layer::SecurityGroup => &[Reading::GroupsAllow],
        // What comes in must be answered.
        Layer::HostFirewall if !case.reads(Reading::HostLetsOut) => &[Reading::NoHostRules],
        Layer::HostFirewall => &[Reading::NoHostRules, Reading::HostRulesPass],
        Layer::Listener => &[Reading::Listening],
        Layer::Service => &[Reading::LocalAnswers],
        Layer::Isp | Layer::Edge | Layer::NetworkAcl | Layer::Instance | Layer::Remote => &[],
    };
    // Our network works, but that does not clear it for this port.
    if layer == Layer::Prober && !case.reads(Reading::TraceStopsInTransit) && silent(case) {
        return None;
    }
    clearing
        .iter()
        .copied()
        .find(|reading| case.reads(*reading))
}

fn silent(case: &Case<'_>) -> bool {
    [
        Reading::Timeout,
        Reading::NoRoute,
        Reading::LocallyForbidden,
        Reading::ProhibitedNearby,
    ]
    .iter()
    .any(|reading| case.reads(*reading))
        && !case.reads(Reading::TraceReachesTarget)
}

/// The end-to-end sensor that shows that the packet got past this layer.
fn passed(case: &Case<'_>, judgement: &Judgement, status: Status, layer: Layer) -> Option<Sensor> {
    let here = engine::position(case, layer);
    if matches!(status, Status::Reachable | Status::Degraded)
        && case.reading(Sensor::Outcome).is_some()
    {
        return Some(Sensor::Outcome);
    }
    let at_least = |sensor: Sensor, last: Layer| {
        (case.readings.contains_key(&sensor) && here <= engine::position(case, last))
            .then_some(sensor)
    };
    let elsewhere = judgement.cause.is_some_and(|(cause, _)| {
        engine::position(case, cause.layer) <= here && case.flow.direction == Direction::Inbound
    });
    if elsewhere {
        return None;
    }
    match case.reading(Sensor::Outcome) {
        Some(
            Reading::ClosedAtOnce
            | Reading::ClosedLate
            | Reading::Silent
            | Reading::WrongProtocol
            | Reading::TurnedAway
            | Reading::TlsFailed,
        ) => at_least(Sensor::Outcome, Layer::Listener),
        Some(Reading::Refused | Reading::Prohibited)
            if case.flow.direction == Direction::Inbound =>
        {
            at_least(Sensor::Outcome, Layer::Instance)
        }
        Some(Reading::Refused) => at_least(Sensor::Outcome, Layer::Isp),
        _ if came_in(case) => at_least(Sensor::Witness, Layer::SecurityGroup),
        _ if case.reads(Reading::TraceReachesTarget) => at_least(Sensor::Trace, Layer::Isp),
        _ if case.reads(Reading::LeavesTheCloud) => at_least(Sensor::OutboundTrace, Layer::Edge),
        _ => None,
    }
}

/// Whether the witness saw the packet come in.
fn came_in(case: &Case<'_>) -> bool {
    case.reading(Sensor::Witness)
        .is_some_and(|reading| reading != Reading::NotAtInterface)
}

/// Readings whose particulars are a rule of the host.
const RULES: &[Reading] = &[
    Reading::HostRulesDrop,
    Reading::HostRulesReject,
    Reading::HostRulesBan,
    Reading::HostRulesLimit,
    Reading::HostKeepsIn,
    Reading::TargetDead,
    Reading::TargetElsewhere,
];
