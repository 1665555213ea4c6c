//! Traces of failing ports beside one that answers, run while slow probes still wait.

use probes::{Failure, Hop, Observation, Outcome, Probe, Trace, trace};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// The traces of one run.
#[derive(Debug, Default)]
pub(super) struct Traces {
    started: Option<Instant>,
    tasks: JoinSet<Trace>,
}

impl Traces {
    /// Whether they were started, even if there was nothing to trace.
    pub(super) fn started(&self) -> bool {
        self.started.is_some()
    }

    /// Whether any is under way.
    pub(super) fn running(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Starts what is worth tracing: the ports that fail or still wait, and ports to compare with.
    pub(super) fn start(&mut self, seen: &[Observation], pending: &[Probe]) {
        if self.started() {
            return;
        }
        self.started = Some(Instant::now());
        let mut ports: BTreeSet<(IpAddr, u16)> = BTreeSet::new();
        let failing = seen
            .iter()
            .filter(|it| fails(it))
            .map(|it| &it.probe)
            .chain(pending)
            .filter(|it| it.service != "udp");
        for (address, port) in failing.filter_map(|it| Some((it.address, it.port?))) {
            if ports.len() < LIMIT {
                ports.insert((address, port));
                ports.extend(
                    references(seen, address)
                        .into_iter()
                        .map(|port| (address, port)),
                );
            }
        }
        for (address, port) in ports {
            self.tasks
                .spawn(async move { trace(address, port, MAX_HOPS, PER_HOP).await });
        }
    }

    /// The next one that ends.
    pub(super) async fn next(&mut self) -> Option<Trace> {
        self.tasks.join_next().await.and_then(Result::ok)
    }

    /// Repeats the traces that ended short of the answering port's, since routers limit the rate of
    /// their ICMP errors, and keeps the best answer of each hop.
    pub(super) async fn confirm(&self, traces: Vec<Trace>) -> Vec<Trace> {
        let Some(started) = self.started else {
            return traces;
        };
        let mut again = JoinSet::new();
        for short in traces.iter().filter(|it| short_of_reference(it, &traces)) {
            let (address, port) = (short.address, short.port);
            let hops = u8::try_from(short.hops.len()).unwrap_or(MAX_HOPS);
            again.spawn(async move {
                sleep_until(started + RATE_LIMIT).await;
                trace(address, port, hops.min(CONFIRM_HOPS), PER_HOP).await
            });
        }
        let mut merged = traces;
        while let Some(joined) = again.join_next().await {
            let Ok(second) = joined else {
                continue;
            };
            for first in &mut merged {
                if (first.address, first.port) == (second.address, second.port) {
                    merge(first, &second);
                }
            }
        }
        merged
    }
}

/// A failure that may have its reason on the way.
fn fails(observation: &Observation) -> bool {
    match &observation.outcome {
        Outcome::Stopped { failure, .. } => matches!(
            failure,
            Failure::Timeout
                | Failure::Refused
                | Failure::Rejected { .. }
                | Failure::Unreachable { .. }
        ),
        Outcome::Answered { .. } | Outcome::NotMeasured { .. } => false,
    }
}

/// Ports to compare with: one of this address that answers, of the server that minds a short
/// connection least; where none does, the ports that are most often let through.
fn references(seen: &[Observation], address: IpAddr) -> Vec<u16> {
    let answering = seen
        .iter()
        .filter(|it| it.probe.address == address && it.probe.service != "udp")
        .filter(|it| matches!(it.outcome, Outcome::Answered { .. }))
        .filter_map(|it| Some((it.probe.service.as_str(), it.probe.port?)))
        .min_by_key(|(service, _)| MOST_TOLERANT.iter().position(|it| it == service));
    answering.map_or_else(|| USUAL.to_vec(), |(_, port)| vec![port])
}

fn short_of_reference(trace: &Trace, traces: &[Trace]) -> bool {
    trace.ended().is_none()
        && traces.iter().any(|reference| {
            reference.address == trace.address && trace.reached() < reference.reached()
        })
}

fn merge(first: &mut Trace, second: &Trace) {
    for (hop, again) in first.hops.iter_mut().zip(&second.hops) {
        if *hop == Hop::Silent {
            *hop = *again;
        }
    }
}

const MAX_HOPS: u8 = 30;
const CONFIRM_HOPS: u8 = 8;
const PER_HOP: Duration = Duration::from_millis(600);
/// Linux sends one ICMP error a second to one peer, after a burst.
const RATE_LIMIT: Duration = Duration::from_millis(1100);
/// Ports traced at most, references included.
const LIMIT: usize = 16;
/// Traced beside a failing port when no other port is known to answer.
const USUAL: &[u16] = &[443, 80, 22];
const MOST_TOLERANT: &[&str] = &["https", "http", "tcp", "smtp", "ssh", "rdp"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_trace_fills_the_gaps_of_the_first() {
        let router = Hop::Expired {
            from: "192.0.2.1".parse().unwrap(),
        };
        let trace = |hops: &[Hop]| Trace {
            address: "203.0.113.10".parse().unwrap(),
            port: 22,
            hops: hops.to_vec(),
        };
        let mut first = trace(&[router, Hop::Silent, Hop::Silent]);
        merge(&mut first, &trace(&[Hop::Silent, router]));
        assert_eq!(first.hops, [router, router, Hop::Silent]);
    }
}
