//! Whether the instance reaches the world: conversations with far ends, and how far SYNs get where
//! nothing answers.

use super::services::observe_until;
use super::together::together;
use crate::inside::{FarEnd, Outbound};
use probes::{Failure, Limits, Outcome, Probe, ResolutionOutcome, Stage};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Speaks with every far end at once, until `end`; in the order given.
pub(super) async fn converse(far_ends: &[FarEnd], end: Instant) -> Vec<Outbound> {
    together(far_ends.iter().map(|far_end| one(far_end, end))).await
}

/// Follows the SYNs of every connection that timed out, all at once, until `end`.
pub(super) async fn trace_silence(mut outbound: Vec<Outbound>, end: Instant) -> Vec<Outbound> {
    let remaining = end.saturating_duration_since(Instant::now());
    let per_hop = (remaining / ROUNDS).min(Duration::from_secs(1));
    let traces = outbound.iter_mut().map(async |silent| {
        if let Some(address) = timed_out(silent) {
            let trace = probes::trace(address, silent.port, HOPS, per_hop);
            silent.trace = timeout_at(end, trace).await.ok();
        }
    });
    together(traces).await;
    outbound
}

fn timed_out(outbound: &Outbound) -> Option<IpAddr> {
    let observation = outbound.observation.as_ref()?;
    let silent = observation.outcome
        == Outcome::Stopped {
            stage: Stage::Connect,
            failure: Failure::Timeout,
        };
    silent.then_some(observation.probe.address)
}

async fn one(far_end: &FarEnd, end: Instant) -> Outbound {
    let resolved = timeout_at(end, probes::resolve(&far_end.host, RESOLVE)).await;
    let address = match resolved {
        Ok(resolution) => first_address(&resolution.outcome),
        Err(_) => Err("the run's time ran out".to_owned()),
    };
    let (observation, resolution_error) = match address {
        Ok(address) => {
            let probe = probe(far_end, address);
            (Some(observe_until(probe, &LIMITS, end).await), None)
        }
        Err(error) => (None, Some(error)),
    };
    Outbound {
        host: far_end.host.clone(),
        port: far_end.port,
        observation,
        resolution_error,
        trace: None,
    }
}

fn first_address(outcome: &ResolutionOutcome) -> Result<IpAddr, String> {
    let failure = match outcome {
        ResolutionOutcome::Addresses { records } => match records.first() {
            Some(record) => return Ok(record.address),
            None => "the name has no address",
        },
        ResolutionOutcome::NotFound => "the name does not exist",
        ResolutionOutcome::NoAddress => "the name has no address",
        ResolutionOutcome::ServerFailure => "the resolver failed (SERVFAIL)",
        ResolutionOutcome::Refused => "the resolver refused the question",
        ResolutionOutcome::Timeout => "no resolver answered in time",
        ResolutionOutcome::Failed { error } => error,
    };
    Err(failure.to_owned())
}

fn probe(far_end: &FarEnd, address: IpAddr) -> Probe {
    let service = match far_end.port {
        25 | 587 => "smtp",
        443 => "https",
        _ => "tcp",
    };
    let is_name = far_end.host.parse::<IpAddr>().is_err();
    Probe {
        label: far_end.to_string(),
        service: service.to_owned(),
        address,
        port: Some(far_end.port),
        server_name: is_name.then(|| far_end.host.clone()),
    }
}

const RESOLVE: Duration = Duration::from_secs(2);
const HOPS: u8 = 20;
/// A trace asks four hops at a time; one round is left as reserve.
const ROUNDS: u32 = 6;
const LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(4),
    exchange_timeout: Duration::from_secs(3),
    source: None,
};

#[cfg(test)]
mod tests {
    use super::*;
    use probes::AddressRecord;

    #[test]
    fn the_port_chooses_the_conversation() {
        for (port, service) in [
            (25, "smtp"),
            (587, "smtp"),
            (443, "https"),
            (465, "tcp"),
            (8443, "tcp"),
        ] {
            let far_end = FarEnd {
                host: "mail.example".to_owned(),
                port,
            };
            let probe = probe(&far_end, IpAddr::from([192, 0, 2, 1]));
            assert_eq!(probe.service, service, "{port}");
            assert_eq!(probe.server_name.as_deref(), Some("mail.example"));
        }
    }

    #[test]
    fn an_answer_is_its_first_address_or_one_line() {
        let address = IpAddr::from([192, 0, 2, 1]);
        let record = AddressRecord {
            address,
            ttl_s: None,
        };
        let addresses = |records| ResolutionOutcome::Addresses { records };
        assert_eq!(first_address(&addresses(vec![record])), Ok(address));
        for outcome in [
            addresses(vec![]),
            ResolutionOutcome::NotFound,
            ResolutionOutcome::NoAddress,
            ResolutionOutcome::ServerFailure,
            ResolutionOutcome::Refused,
            ResolutionOutcome::Timeout,
            ResolutionOutcome::Failed {
                error: "no resolver is configured".to_owned(),
            },
        ] {
            let error = first_address(&outcome).unwrap_err();
            assert_eq!(error.lines().count(), 1, "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn without_time_every_far_end_still_has_its_line() {
        let far_ends = [FarEnd {
            host: "192.0.2.1".to_owned(),
            port: 25,
        }];
        let outbound = converse(&far_ends, Instant::now()).await;
        assert_eq!(outbound.len(), 1);
        assert!(outbound[0].trace.is_none());
        let outbound = trace_silence(outbound, Instant::now()).await;
        assert!(outbound[0].trace.is_none());
    }
}
