//! One run from outside: resolve, probe every service of every address once, trace what fails.

use super::own_routes::own_routes;
use super::traces::Traces;
use crate::evidence::{Evidence, Plan, PlannedService, Run};
use crate::inside::Snapshot;
use jiff::Timestamp;
use probes::{Limits, Observation, Probe, Resolution, ResolutionOutcome, Vantage};
use rulesets::SecurityGroups;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What to do in one run, and what is known before it.
#[derive(Clone, Debug)]
pub struct Request {
    /// What the user asked for.
    pub plan: Plan,
    /// Hosts that have nothing to do with the target.
    pub controls: Vec<Probe>,
    /// The bound security groups.
    pub groups: Option<SecurityGroups>,
    /// The snapshot taken on the instance.
    pub inside: Option<Snapshot>,
    /// Remarks for the reader.
    pub notes: Vec<String>,
}

/// Told of each step as it happens.
pub trait Progress {
    /// So many probes were sent.
    fn sent(&mut self, probes: usize);
    /// One of them came to its end.
    fn ended(&mut self, observation: &Observation);
}

/// Collects the evidence. When `interrupt` completes, what is known so far is the result.
pub async fn collect(
    request: Request,
    progress: &mut impl Progress,
    interrupt: impl Future<Output = ()>,
) -> Run {
    let started = Timestamp::now();
    let clock = Instant::now();
    let mut evidence = Evidence {
        own_routes: Some(own_routes()),
        groups: request.groups,
        inside: request.inside,
        notes: request.notes,
        ..Evidence::default()
    };
    tokio::pin!(interrupt);
    let interrupted = tokio::select! {
        () = gather(&request.plan, &request.controls, &mut evidence, progress) => false,
        () = &mut interrupt => true,
    };
    evidence
        .outside
        .sort_by_key(|seen| order(&request.plan, evidence.resolution.as_ref(), &seen.probe));
    evidence
        .traces
        .sort_by_key(|trace| (trace.address, trace.port));
    Run {
        tool_version: env!("CARGO_PKG_VERSION").into(),
        started_at: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        started_unix: started.as_second(),
        duration_s: clock.elapsed().as_secs_f64(),
        interrupted,
        plan: request.plan,
        evidence,
    }
}

/// Fills the evidence as it comes in, so that dropping this future loses nothing that is known.
async fn gather(
    plan: &Plan,
    controls: &[Probe],
    evidence: &mut Evidence,
    progress: &mut impl Progress,
) {
    let timeout = Duration::from_secs_f64(plan.timeout_s);
    let resolution = probes::resolve(&plan.target, timeout).await;
    let addresses = addresses(&resolution);
    if resolution.outcome == ResolutionOutcome::Timeout
        && let Ok(resolver) = resolution.resolver.parse()
    {
        // Whether a router answers tells a dead resolver from a dead network.
        evidence
            .traces
            .push(probes::trace(resolver, DNS, RESOLVER_HOPS, RESOLVER_WAIT).await);
    }
    evidence.resolution = Some(resolution);

    let mut pending = planned(plan, &addresses);
    let mut tasks = send(&pending, controls, timeout);
    progress.sent(tasks.len());

    // A SYN that is still unanswered after its first retransmission is worth tracing while it waits.
    let trace_at = Instant::now() + TRACE_AFTER;
    let mut traces = Traces::default();
    loop {
        tokio::select! {
            joined = tasks.join_next() => match joined {
                Some(Ok((control, seen))) => {
                    progress.ended(&seen);
                    if control {
                        evidence.controls.push(seen);
                    } else {
                        pending.retain(|probe| *probe != seen.probe);
                        evidence.outside.push(seen);
                    }
                }
                // A probe that panicked has no outcome; the report shows it as not measured.
                Some(Err(_)) => {}
                None => break,
            },
            () = sleep_until(trace_at), if !traces.started() => {
                traces.start(&evidence.outside, &pending);
            }
            trace = traces.next(), if traces.running() => evidence.traces.extend(trace),
        }
    }
    traces.start(&evidence.outside, &pending);
    while traces.running() {
        evidence.traces.extend(traces.next().await);
    }
    evidence.traces = traces.confirm(evidence.traces.clone()).await;
}

fn planned(plan: &Plan, addresses: &[IpAddr]) -> Vec<Probe> {
    addresses
        .iter()
        .flat_map(|address| {
            plan.services
                .iter()
                .map(|service| probe(plan, service, *address))
        })
        .collect()
}

/// Starts every probe at once, each on a socket of its own; controls are marked.
fn send(planned: &[Probe], controls: &[Probe], timeout: Duration) -> JoinSet<(bool, Observation)> {
    let limits = Limits {
        connect_timeout: timeout,
        ..Limits::default()
    };
    let mut tasks = JoinSet::new();
    let marked = planned
        .iter()
        .map(|probe| (false, probe))
        .chain(controls.iter().map(|probe| (true, probe)));
    for (control, probe) in marked {
        let (probe, limits) = (probe.clone(), limits.clone());
        tasks.spawn(async move {
            (
                control,
                probes::observe(&probe, Vantage::Outside, &limits).await,
            )
        });
    }
    tasks
}

fn addresses(resolution: &Resolution) -> Vec<IpAddr> {
    resolution.addresses().take(ADDRESS_LIMIT).collect()
}

fn probe(plan: &Plan, service: &PlannedService, address: IpAddr) -> Probe {
    Probe {
        label: service.label.clone(),
        service: service.service.clone(),
        address,
        port: service.port,
        server_name: plan
            .target
            .parse::<IpAddr>()
            .is_err()
            .then(|| plan.target.clone()),
    }
}

/// Plan order, then the order of the addresses.
fn order(plan: &Plan, resolution: Option<&Resolution>, probe: &Probe) -> (usize, usize) {
    let service = plan
        .services
        .iter()
        .position(|service| service.label == probe.label);
    let address = resolution.and_then(|resolution| {
        addresses(resolution)
            .iter()
            .position(|address| *address == probe.address)
    });
    (service.unwrap_or(usize::MAX), address.unwrap_or(usize::MAX))
}

const DNS: u16 = 53;
const RESOLVER_HOPS: u8 = 4;
const RESOLVER_WAIT: Duration = Duration::from_millis(600);
const TRACE_AFTER: Duration = Duration::from_millis(1300);
/// A name with more addresses than this is served by many hosts; the first ones stand for all.
const ADDRESS_LIMIT: usize = 8;
