//! Turns evidence into cases: one a flow, each with its readings. A sensor that cannot tell has no
//! reading, which rules nothing out.

mod access;
mod bans;
mod counters;
mod describe;
mod gateway;
mod host_filter;
mod instance;
mod links;
mod listeners;
mod local;
mod not_started;
mod outbound;
mod outcome;
mod path;
mod resources;
mod rules;
mod sightings;
mod witness;

pub(super) use host_filter::judge_host;
pub(super) use instance::{discarding, own_addresses};
pub(crate) use listeners::is_common_daemon;
pub(super) use outcome::word;
pub(super) use rules::judge_groups;

use super::book::Book;
use super::case::{Case, CaseFlow, Taken};
use super::host_filter::HostFilter;
use super::{Reading, Sensor};
use crate::address::is_private;
use crate::evidence::{PlannedService, Run};
use crate::inside::Snapshot;
use probes::{Observation, Outcome};
use rulesets::{Direction, Protocol};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Every flow of the run: inbound flows in plan order, then outbound ones.
pub(super) fn cases<'a>(
    run: &'a Run,
    filter: Option<&'a HostFilter<'a>>,
    book: &mut Book,
) -> Vec<Case<'a>> {
    let mut cases = inbound(run);
    for case in &mut cases {
        sense_inbound(case, filter, book);
    }
    cases.extend(outbound::cases(run, filter, book));
    cases
}

fn inbound(run: &Run) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for service in &run.plan.services {
        let observations: Vec<_> = run
            .evidence
            .outside
            .iter()
            .filter(|observation| observation.probe.label == service.label)
            .collect();
        if observations.is_empty() {
            let address = first_address(run);
            cases.push(case(run, service, address, None));
        }
        for observation in observations {
            let address = Some(observation.probe.address);
            cases.push(case(run, service, address, Some(observation)));
        }
    }
    cases
}

fn case<'a>(
    run: &'a Run,
    service: &PlannedService,
    address: Option<IpAddr>,
    observation: Option<&'a Observation>,
) -> Case<'a> {
    let protocol = protocol(&service.service, address);
    let further = match (address, first_address(run)) {
        (Some(address), Some(first)) if address != first => format!("@{address}"),
        _ => String::new(),
    };
    let name = service
        .port
        .map_or_else(|| protocol.to_string(), |port| format!("{protocol}/{port}"));
    Case {
        run,
        flow: CaseFlow {
            id: format!("in/{name}{further}"),
            direction: Direction::Inbound,
            label: service.label.clone(),
            service: service.service.clone(),
            protocol,
            port: service.port,
            address,
            client: address.and_then(|address| client(run, address, observation)),
            host: None,
        },
        observation,
        explanation: None,
        host: None,
        readings: BTreeMap::new(),
    }
}

fn first_address(run: &Run) -> Option<IpAddr> {
    run.evidence.resolution.as_ref()?.addresses().next()
}

fn protocol(service: &str, address: Option<IpAddr>) -> Protocol {
    match (service, address) {
        ("icmp", Some(IpAddr::V6(_))) => Protocol::Icmpv6,
        ("icmp", _) => Protocol::Icmp,
        ("udp", _) => Protocol::Udp,
        _ => Protocol::Tcp,
    }
}

/// The client's address as the target sees it: given, or our own where nothing can have rewritten
/// it on the way.
fn client(run: &Run, target: IpAddr, observation: Option<&Observation>) -> Option<IpAddr> {
    let given = run
        .plan
        .from
        .filter(|from| from.is_ipv4() == target.is_ipv4());
    given.or_else(|| {
        let local = observation?.local?.ip();
        (!is_private(local) || is_private(target)).then_some(local)
    })
}

fn sense_inbound<'a>(case: &mut Case<'a>, filter: Option<&'a HostFilter<'a>>, book: &mut Book) {
    path::resolution(case, book);
    if let Some(observation) = case.observation {
        let summary = describe::observation(observation);
        let evidence = book.enter("outside", "probe", &summary);
        if let Some(reading) = outcome::reading(observation, case.target_is_name()) {
            take(case, reading, summary, vec![evidence]);
        }
    }
    path::own_network(case, book);
    path::trace(case, book);
    path::other_ports(case, book);
    path::other_family(case, book);
    rules::blocked_ports(case, book);
    rules::groups(case, book);
    instance::sense(case, book);
    resources::sense(case, book);
    links::sense(case, book);
    gateway::sense(case, book);
    witness::sense(case, book);
    counters::sense(case, book);
    local::sense(case, book);
    access::sense(case, book);
    bans::sense(case, book);
    host_filter::sense(case, filter, book);
    listeners::sense(case, filter, book);
}

/// Enters a reading.
fn take(case: &mut Case<'_>, reading: Reading, detail: String, evidence: Vec<String>) {
    case.readings.insert(
        reading.sensor(),
        Taken {
            reading,
            detail,
            evidence,
        },
    );
}

/// Whether the snapshot was taken for the flow's client.
fn is_of_client(case: &Case<'_>, snapshot: &Snapshot) -> bool {
    let asked_for = snapshot.route_to_client.value().map(|route| route.client);
    case.flow.client.is_some() && case.flow.client == asked_for
}

/// Whether the far end itself, or something in its place, answered this probe.
fn responded(observation: &Observation) -> bool {
    outcome::reading(observation, false).is_some_and(|reading| {
        debug_assert_eq!(reading.sensor(), Sensor::Outcome);
        !SILENT.contains(&reading)
    })
}

/// Whether anything beyond our own host was heard, be it a router's error.
fn heard(observation: &Observation) -> bool {
    responded(observation)
        || outcome::reading(observation, false).is_some_and(|reading| {
            [Reading::HostUnreachable, Reading::ProhibitedInTransit].contains(&reading)
        })
}

/// Whether a probe was made at all.
fn measured(observation: &Observation) -> bool {
    !matches!(observation.outcome, Outcome::NotMeasured { .. })
}

/// Outcomes in which the far end has no part.
const SILENT: &[Reading] = &[
    Reading::Timeout,
    Reading::HostUnreachable,
    Reading::NeighbourUnreachable,
    Reading::ProhibitedInTransit,
    Reading::ProhibitedNearby,
    Reading::NoRoute,
    Reading::LocallyForbidden,
    Reading::NoLocalPort,
];
