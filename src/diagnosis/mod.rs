//! Turns evidence into a diagnosis. Pure: the same evidence gives the same bytes.
//!
//! `sense` reads every sensor into a case a flow; `engine` holds the catalogue's causes against
//! each case; `fixes` simulates what would help; this module words the result.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod book;
mod case;
mod catalogue;
mod causes;
mod cloud_findings;
mod engine;
mod findings;
mod fixes;
mod host_filter;
mod layer;
mod layers;
mod model;
mod next_tests;
mod reading;
mod scope;
mod sense;

pub use case::{Case, CaseFlow, Taken};
pub use catalogue::{Cause, Remedy, Steps, Test, catalogue, cause};
pub use host_filter::{HostFilter, HostVerdict};
pub use layer::Layer;
pub use model::{
    After, Candidate, CauseReport, Certainty, Diagnosis, EvidenceItem, Exclusion, Finding,
    FixReport, FlowDiagnosis, LayerState, NextTest, Opens, Outcomes, PassState, Risk, Severity,
    Status,
};
pub use reading::{READINGS, Reading, Sensor};
pub use scope::Scope;
pub(crate) use sense::is_common_daemon;

use crate::evidence::{Expectation, Run};
use book::Book;
use engine::Judgement;
use rulesets::Direction;

/// Judges a run.
pub fn diagnose(run: &Run) -> Diagnosis {
    let mut book = Book::default();
    let filter = HostFilter::of(run);
    let cases = sense::cases(run, filter.as_ref(), &mut book);
    let mut findings = Vec::new();
    let mut flows = Vec::new();
    for case in &cases {
        let judgement = if works(case) {
            Judgement::default()
        } else {
            engine::judge(case)
        };
        let flow = report(case, &judgement, &mut book);
        findings::of_flow(case, &judgement, &flow, &mut findings);
        flows.push(flow);
    }
    findings::of_run(run, &mut findings);
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    findings.dedup();
    Diagnosis {
        status: match overall(&flows) {
            Status::Blocked => Status::Blocked,
            // What was not asked may be worse.
            _ if run.interrupted => Status::Unknown,
            status @ (Status::Reachable | Status::Degraded | Status::Unknown) => status,
        },
        flows,
        findings,
        evidence: book.into_items(),
    }
}

/// Whether the flow did what it should, so that there is nothing to explain.
fn works(case: &Case<'_>) -> bool {
    case.reads(Reading::Answered)
}

fn report(case: &Case<'_>, judgement: &Judgement, book: &mut Book) -> FlowDiagnosis {
    let status = status(case, judgement);
    FlowDiagnosis {
        id: case.flow.id.clone(),
        direction: match case.flow.direction {
            Direction::Inbound => "inbound".into(),
            Direction::Outbound => "outbound".into(),
        },
        service: case.flow.label.clone(),
        protocol: case.flow.protocol.to_string(),
        port: case.flow.port,
        source: case.flow.client.map(|client| client.to_string()),
        destination: case
            .flow
            .address
            .map(|address| address.to_string())
            .or_else(|| case.flow.host.clone()),
        status,
        expected: expected(case),
        counts: case.flow.direction == Direction::Inbound
            || case.run.plan.expect.contains_key(&case.flow.label),
        outcome: outcomes(case),
        layers: layers::states(case, judgement, status),
        cause: judgement
            .cause
            .map(|(cause, certainty)| worded(case, cause, certainty, book)),
        also: judgement
            .also
            .iter()
            .map(|cause| worded(case, cause, Certainty::Proven, book))
            .collect(),
        candidates: judgement
            .candidates
            .iter()
            .map(|cause| Candidate {
                id: cause.id.into(),
                layer: cause.layer.name().into(),
            })
            .collect(),
        excluded: judgement.excluded.clone(),
        next_tests: next_tests::next_tests(case, judgement),
        fixes: fixes::fixes(case, judgement),
    }
}

fn status(case: &Case<'_>, judgement: &Judgement) -> Status {
    let convinced = judgement
        .cause
        .is_some_and(|(_, certainty)| certainty > Certainty::Possible);
    let unnamed = case
        .reading(Sensor::Resolution)
        .is_some_and(|reading| reading != Reading::NameResolves);
    match case.reading(Sensor::Outcome) {
        // Without a network of our own nothing is known of the target.
        _ if case.reads(Reading::Offline) || case.reads(Reading::NoRoute) => Status::Unknown,
        Some(Reading::Answered) => Status::Reachable,
        Some(reading) if HARMED.contains(&reading) => Status::Degraded,
        Some(_) => Status::Blocked,
        None if convinced || unnamed => Status::Blocked,
        None => Status::Unknown,
    }
}

/// Flows are expected to work, unless the user said otherwise, or this machine lacks the address
/// family while another address of the target can be asked.
fn expected(case: &Case<'_>) -> bool {
    match case.run.plan.expect.get(&case.flow.label) {
        Some(Expectation::Open) => true,
        Some(Expectation::Blocked) => false,
        None => !(case.reads(Reading::NoRoute) && case.reads(Reading::Online)),
    }
}

fn outcomes(case: &Case<'_>) -> Outcomes {
    let word = case.observation.map(|observation| {
        // What a stranger says after the connection opened is not asked for.
        if case.flow.direction == Direction::Outbound && works(case) {
            "answered".to_owned()
        } else {
            sense::word(&observation.outcome).to_owned()
        }
    });
    match case.flow.direction {
        Direction::Inbound => Outcomes {
            outside: word,
            inside: case
                .reading(Sensor::Local)
                .map(|reading| local_word(reading).to_owned()),
        },
        Direction::Outbound => Outcomes {
            outside: None,
            inside: word,
        },
    }
}

fn local_word(reading: Reading) -> &'static str {
    LOCAL_WORDS
        .iter()
        .find(|(local, _)| *local == reading)
        .map_or("answered", |(_, word)| word)
}

/// A cause with the sentence that ties it to this instance: its state, and the particulars of the
/// readings that show or support it.
fn worded(case: &Case<'_>, cause: &Cause, certainty: Certainty, book: &mut Book) -> CauseReport {
    let title = case.fill(cause.title);
    let telling: Vec<_> = cause
        .convicts
        .iter()
        .find(|set| set.iter().all(|reading| case.reads(*reading)))
        .map_or(cause.supports, |set| *set)
        .iter()
        .filter_map(|reading| case.readings.get(&reading.sensor()))
        .filter(|taken| {
            cause.predicts.contains(&taken.reading) || cause.supports.contains(&taken.reading)
        })
        .collect();
    let mut evidence: Vec<String> = telling
        .iter()
        .flat_map(|taken| taken.evidence.iter().cloned())
        .collect();
    let seen = [Sensor::Outcome, Sensor::Witness]
        .iter()
        .filter_map(|sensor| case.readings.get(sensor))
        .filter(|taken| cause.predicts.contains(&taken.reading));
    evidence.extend(seen.flat_map(|taken| taken.evidence.iter().cloned()));
    evidence.sort();
    evidence.dedup();
    if evidence.is_empty() {
        evidence.push(book.enter("outside", "probe", "no probe was made"));
    }
    let details: Vec<_> = telling
        .iter()
        .map(|taken| taken.detail.as_str())
        .filter(|detail| !detail.is_empty() && *detail != title)
        .collect();
    CauseReport {
        id: cause.id.into(),
        layer: cause.layer.name().into(),
        certainty,
        summary: if details.is_empty() {
            title
        } else {
            format!("{title}: {}", details.join("; "))
        },
        evidence,
    }
}

/// The worst state among the flows that count. A far end's own fault does not count; a flow that
/// should be closed and is open does. A flow that could not be measured is passed over, but when no
/// inbound flow could, nothing is known of the target.
fn overall(flows: &[FlowDiagnosis]) -> Status {
    let worst = |direction: &str| {
        flows
            .iter()
            .filter(|flow| flow.direction == direction && flow.counts)
            .map(counted)
            .filter(|status| *status != Status::Unknown)
            .max()
    };
    match worst("inbound") {
        None => Status::Unknown,
        Some(inbound) => worst("outbound").map_or(inbound, |outbound| inbound.max(outbound)),
    }
}

fn counted(flow: &FlowDiagnosis) -> Status {
    let far_end = flow
        .cause
        .as_ref()
        .is_some_and(|cause| cause.layer == Layer::Remote.name());
    match (flow.expected, flow.status) {
        (true, Status::Blocked) if far_end => Status::Degraded,
        (true, status) => status,
        (false, Status::Reachable | Status::Degraded) => Status::Degraded,
        (false, Status::Blocked) => Status::Reachable,
        (false, Status::Unknown) => Status::Unknown,
    }
}

/// Outcomes with which the flow works, after a fashion.
const HARMED: &[Reading] = &[
    Reading::AnsweredLate,
    Reading::ConnectedLate,
    Reading::LostSome,
    Reading::AnsweredError,
    Reading::CertificateBad,
];
const LOCAL_WORDS: &[(Reading, &str)] = &[
    (Reading::LocalSilent, "silent"),
    (Reading::LocalCloses, "closed"),
    (Reading::LocalClosesLate, "closed"),
    (Reading::LocalTurnedAway, "turned_away"),
    (Reading::LocalWrongProtocol, "wrong_protocol"),
    (Reading::LocalTlsFails, "tls_failed"),
    (Reading::LocalRefused, "refused"),
    (Reading::LocalRejected, "rejected"),
    (Reading::LocalDropped, "timeout"),
    (Reading::LocalReplyDropped, "timeout"),
    (Reading::LocalOverflow, "timeout"),
    (Reading::LocalTableFull, "timeout"),
];
