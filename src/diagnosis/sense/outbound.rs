//! Flows that leave the instance: probed from inside, one case a far end.

use super::{describe, measured, outcome, responded, rules, take};
use crate::address::is_private;
use crate::diagnosis::book::Book;
use crate::diagnosis::case::CaseFlow;
use crate::diagnosis::host_filter::HostFilter;
use crate::diagnosis::{Case, Reading};
use crate::evidence::Run;
use crate::inside::{Outbound, Snapshot};
use probes::{Hop, Observation};
use rulesets::{Direction, Protocol, Provider, SmtpPolicy};
use std::collections::{BTreeMap, BTreeSet};

/// Every probe of a far end, as a case with its readings.
pub(super) fn cases<'a>(
    run: &'a Run,
    filter: Option<&'a HostFilter<'a>>,
    book: &mut Book,
) -> Vec<Case<'a>> {
    let Some(snapshot) = &run.evidence.inside else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    snapshot
        .outbound
        .iter()
        .map(|far_end| {
            let first = seen.insert(far_end.port);
            let mut case = case(run, far_end, first);
            sense(&mut case, snapshot, far_end, book);
            super::host_filter::sense(&mut case, filter, book);
            case
        })
        .collect()
}

fn case<'a>(run: &'a Run, far_end: &'a Outbound, first: bool) -> Case<'a> {
    let port = far_end.port;
    let further = if first {
        String::new()
    } else {
        format!("@{}", far_end.host)
    };
    Case {
        run,
        flow: CaseFlow {
            id: format!("out/tcp/{port}{further}"),
            direction: Direction::Outbound,
            label: label(port),
            service: far_end
                .observation
                .as_ref()
                .map_or_else(|| "tcp".to_owned(), |seen| seen.probe.service.clone()),
            protocol: Protocol::Tcp,
            port: Some(port),
            address: far_end.observation.as_ref().map(|seen| seen.probe.address),
            client: None,
            host: Some(far_end.host.clone()),
        },
        observation: far_end.observation.as_ref(),
        explanation: None,
        host: None,
        readings: BTreeMap::new(),
    }
}

/// The name under which `--expect` knows an outbound port.
fn label(port: u16) -> String {
    match port {
        25 => "smtp-out".into(),
        port => format!("tcp/{port}-out"),
    }
}

fn sense(case: &mut Case<'_>, snapshot: &Snapshot, far_end: &Outbound, book: &mut Book) {
    if let Some(error) = &far_end.resolution_error {
        let summary = format!(
            "on the instance, {} does not resolve: {error}",
            far_end.host
        );
        let id = book.enter("inside", "probe", &summary);
        take(case, Reading::ResolverFails, summary, vec![id]);
        return;
    }
    let Some(observation) = &far_end.observation else {
        return;
    };
    let summary = format!("from the instance, {}", describe::observation(observation));
    let id = book.enter("inside", "probe", &summary);
    // What a stranger says once the connection is open is no fault of ours; only mail is asked for.
    let reading = match outcome::reading(observation, false) {
        Some(reading) if !speaks_mail(observation) && OPENED.contains(&reading) => {
            Some(Reading::Answered)
        }
        reading => reading,
    };
    if let Some(reading) = reading {
        take(case, reading, summary.clone(), vec![id.clone()]);
        if reading == Reading::NoRoute {
            take(case, Reading::NoRouteBack, summary, vec![id]);
        }
    }
    policy(case, book);
    rules::groups(case, book);
    super::instance::conntrack(case, snapshot, book);
    far_ends(case, snapshot, far_end, book);
    trace(case, far_end, book);
}

fn speaks_mail(observation: &Observation) -> bool {
    observation.probe.service == "smtp"
}

/// Reads the provider's policy on this port, in the place of the blocked-port list.
fn policy(case: &mut Case<'_>, book: &mut Book) {
    let Some(port) = case.flow.port else {
        return;
    };
    let provider = rulesets::provider(&case.run.plan.provider);
    let listed = provider.filter(|provider| blocks_by_default(provider, port));
    match listed {
        Some(provider) => {
            let summary = format!("{} blocks outbound tcp/{port} by default", provider.title);
            let id = book.enter("outside", "list", &summary);
            take(case, Reading::PortListed, summary, vec![id]);
        }
        None => take(
            case,
            Reading::PortUnlisted,
            format!("no provider policy is known for outbound tcp/{port}"),
            Vec::new(),
        ),
    }
}

fn blocks_by_default(provider: &Provider, port: u16) -> bool {
    port == 25 && provider.outbound_smtp.policy == SmtpPolicy::BlockedByDefault
}

/// Compares with the other far ends: the same port elsewhere, and other ports anywhere.
fn far_ends(case: &mut Case<'_>, snapshot: &Snapshot, far_end: &Outbound, book: &mut Book) {
    let others = |same_port: bool| {
        snapshot
            .outbound
            .iter()
            .filter(move |it| (it.port == far_end.port) == same_port)
            .filter(|it| it.port != far_end.port || it.host != far_end.host)
            .filter_map(|it| it.observation.as_ref())
            .filter(|it| measured(it))
            .collect::<Vec<_>>()
    };
    for (same_port, works, dead) in [
        (true, Reading::ElsewhereAnswers, Reading::ElsewhereSilent),
        (false, Reading::OutboundWorks, Reading::OutboundDead),
    ] {
        let asked = others(same_port);
        let answering = asked.iter().find(|seen| responded(seen));
        let Some(seen) = answering.or_else(|| asked.first()) else {
            continue;
        };
        let summary = format!("from the instance, {}", describe::observation(seen));
        let id = book.enter("inside", "probe", &summary);
        let reading = if answering.is_some() { works } else { dead };
        take(case, reading, summary, vec![id]);
    }
}

/// Reads how far SYNs from the instance get; the first router beyond the cloud must answer.
fn trace(case: &mut Case<'_>, far_end: &Outbound, book: &mut Book) {
    let Some(trace) = &far_end.trace else {
        return;
    };
    let summary = format!("from the instance, {}", describe::trace(trace));
    let id = book.enter("inside", "probe", &summary);
    let passed = trace.hops.iter().any(|hop| match hop {
        // The gateway of the subnet is still the cloud's.
        Hop::Expired { from } => !is_private(*from),
        Hop::Opened | Hop::Refused => true,
        Hop::Silent | Hop::Rejected { .. } | Hop::NotSent => false,
    });
    let reading = if passed {
        Reading::LeavesTheCloud
    } else {
        Reading::LeavesNoTrace
    };
    take(case, reading, summary, vec![id]);
}

/// Outcomes of a connection that opened.
const OPENED: &[Reading] = &[
    Reading::AnsweredError,
    Reading::AnsweredLate,
    Reading::CertificateBad,
    Reading::ClosedAtOnce,
    Reading::ClosedLate,
    Reading::Silent,
    Reading::TlsFailed,
    Reading::TurnedAway,
    Reading::WrongProtocol,
];
