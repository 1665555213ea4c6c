//! Conversations with the instance's own services, and bare connects where they did not open.
//!
//! A probe changes what the next one sees: `sshd` counts unfinished logins (`MaxStartups`), `xrdp`
//! lets two clients wait. So the addresses of one port are asked one after another, and different
//! ports at the same time. A bare connect has the machine's counters to itself, as far as it can.

use super::live::reading;
use super::together::together;
use crate::address::is_link_local;
use crate::inside::{Address, Connect, Reading, Route, connect_counters, moved};
use probes::{Failure, Limits, Observation, Outcome, Probe, Stage, Timing, Transport, Vantage};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The addresses to ask: loopback and up to eight of the instance's own, the most useful first.
pub(super) fn targets(addresses: &[Address], routes: &[Route]) -> Vec<IpAddr> {
    let up = addresses.iter().filter(|address| address.up);
    let mut own: Vec<&Address> = up
        .clone()
        .filter(|address| is_reachable_from_elsewhere(address.address))
        .collect();
    let leads_out = |interface: &str| {
        routes
            .iter()
            .any(|route| route.destination.ends_with("/0") && route.interface == interface)
    };
    own.sort_by_key(|own| (!leads_out(&own.interface), own.address.is_ipv6()));
    let mut seen = BTreeSet::new();
    let own: Vec<IpAddr> = own
        .into_iter()
        .map(|own| own.address)
        .filter(|address| seen.insert(*address))
        .take(MOST_ADDRESSES)
        .collect();
    let v6_loopback = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let has_v6 = up.clone().any(|address| address.address == v6_loopback);
    let mut targets: Vec<IpAddr> = own.first().copied().into_iter().collect();
    targets.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    targets.extend(has_v6.then_some(v6_loopback));
    targets.extend(own.iter().skip(1));
    targets
}

fn is_reachable_from_elsewhere(address: IpAddr) -> bool {
    !(is_link_local(address)
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast())
}

/// Speaks with every service over every address until `end`; what there was no time for says so.
pub(super) async fn converse(
    services: &[(String, String, Option<u16>)],
    targets: &[IpAddr],
    connect_timeout: Duration,
    end: Instant,
) -> Vec<Observation> {
    let mut chains: BTreeMap<Option<u16>, Vec<(usize, Probe)>> = BTreeMap::new();
    let plan = services.iter().flat_map(|service| {
        let (label, service, port) = service;
        targets.iter().map(|address| Probe {
            label: label.clone(),
            service: service.clone(),
            address: *address,
            port: *port,
            server_name: None,
        })
    });
    for (position, probe) in plan.enumerate() {
        chains
            .entry(probe.port)
            .or_default()
            .push((position, probe));
    }
    let chains = chains
        .into_values()
        .map(|chain| one_after_another(chain, connect_timeout, end));
    let mut observations: Vec<(usize, Observation)> =
        together(chains).await.into_iter().flatten().collect();
    observations.sort_by_key(|(position, _)| *position);
    observations
        .into_iter()
        .map(|(_, observation)| observation)
        .collect()
}

async fn one_after_another(
    chain: Vec<(usize, Probe)>,
    connect_timeout: Duration,
    end: Instant,
) -> Vec<(usize, Observation)> {
    let mut observations: Vec<(usize, Observation)> = Vec::with_capacity(chain.len());
    for (position, probe) in chain {
        // The first address is given the time that a slow greeting or TCP wrappers take; the others
        // repeat what is known by then.
        let patience = match observations.as_slice() {
            [] => PATIENT,
            earlier if earlier.iter().all(|(_, seen)| answered(seen)) => EXCHANGE,
            _ => BRIEF,
        };
        let remaining = end.saturating_duration_since(Instant::now());
        let limits = Limits {
            connect_timeout: connect_timeout.min(patience),
            exchange_timeout: patience.min(remaining.max(BRIEF)),
            source: None,
        };
        let observation = observe_until(probe, &limits, end).await;
        observations.push((position, observation));
    }
    observations
}

fn answered(observation: &Observation) -> bool {
    matches!(observation.outcome, Outcome::Answered { .. })
}

/// One probe from inside; when `end` comes first, an observation that says it was not made.
pub(super) async fn observe_until(probe: Probe, limits: &Limits, end: Instant) -> Observation {
    if Instant::now() < end
        && let Ok(observation) =
            timeout_at(end, probes::observe(&probe, Vantage::Inside, limits)).await
    {
        return observation;
    }
    Observation {
        probe,
        vantage: Vantage::Inside,
        local: None,
        mss: None,
        outcome: Outcome::NotMeasured {
            reason: "the run's time ran out".to_owned(),
            remedy: "probe fewer services in one run".to_owned(),
        },
        timing: Timing::default(),
    }
}

/// Connects once more, alone, to addresses that did not open, with the counters around each.
pub(super) async fn connect_again(observations: &[Observation], end: Instant) -> Vec<Connect> {
    let mut connects = Vec::new();
    for probe in candidates(observations) {
        if Instant::now() + BARE_CONNECT > end {
            break;
        }
        let Some(connect) = counted_connect(probe, end).await else {
            break;
        };
        connects.push(connect);
    }
    connects
}

/// What did not open, the most telling first: silence and rejections before plain refusals, the
/// instance's own addresses before loopback, one address of each port before the next.
fn candidates(observations: &[Observation]) -> Vec<Probe> {
    let mut seen = BTreeSet::new();
    let mut closed: Vec<(bool, &Probe)> = observations
        .iter()
        .filter(|observation| is_tcp(&observation.probe))
        .filter_map(|observation| Some((refused(observation)?, &observation.probe)))
        .filter(|(_, probe)| seen.insert((probe.address, probe.port)))
        .collect();
    closed.sort_by_key(|(refused, probe)| (*refused, probe.address.is_loopback()));
    let mut turns: BTreeMap<Option<u16>, usize> = BTreeMap::new();
    let mut closed: Vec<_> = closed
        .into_iter()
        .map(|(refused, probe)| {
            let turn = turns.entry(probe.port).or_insert(0);
            *turn += 1;
            ((refused, probe.address.is_loopback(), *turn), probe)
        })
        .collect();
    closed.sort_by_key(|(order, _)| *order);
    let bare = closed.into_iter().map(|(_, probe)| Probe {
        service: "tcp".to_owned(),
        ..probe.clone()
    });
    bare.take(MOST_CONNECTS).collect()
}

/// For a connection that did not open: whether a reset refused it.
fn refused(observation: &Observation) -> Option<bool> {
    let Outcome::Stopped {
        stage: Stage::Connect,
        failure,
    } = &observation.outcome
    else {
        return None;
    };
    Some(*failure == Failure::Refused)
}

fn is_tcp(probe: &Probe) -> bool {
    probes::service(&probe.service).is_some_and(|service| service.transport == Transport::Tcp)
}

/// `None` when the counters cannot be read: a connect without them tells nothing new.
async fn counted_connect(probe: Probe, end: Instant) -> Option<Connect> {
    let v6 = probe.address.is_ipv6();
    let limits = Limits {
        connect_timeout: BARE_CONNECT,
        exchange_timeout: BARE_CONNECT,
        source: None,
    };
    let before = reading();
    let observation = observe_until(probe, &limits, end).await;
    let after = reading();
    let drops = after.drops_since(&before);
    let (
        Reading {
            counters: Ok(before),
            ..
        },
        Reading {
            counters: Ok(after),
            ..
        },
    ) = (before, after)
    else {
        return None;
    };
    Some(Connect {
        observation,
        counters: connect_counters(&moved(&before, &after), v6, drops),
    })
}

const MOST_ADDRESSES: usize = 8;
const MOST_CONNECTS: usize = 8;
const EXCHANGE: Duration = Duration::from_secs(3);
const BRIEF: Duration = Duration::from_millis(1200);
/// Longer than a mail server's slow greeting (8 s measured) and the 5 s of TCP wrappers.
const PATIENT: Duration = Duration::from_millis(8500);
const BARE_CONNECT: Duration = Duration::from_millis(1200);

#[cfg(test)]
mod tests {
    use super::*;

    fn address(interface: &str, address: &str, up: bool) -> Address {
        Address {
            interface: interface.to_owned(),
            address: address.parse().unwrap(),
            prefix: 24,
            up,
        }
    }

    fn default_route(interface: &str) -> Route {
        Route {
            destination: "0.0.0.0/0".to_owned(),
            gateway: None,
            interface: interface.to_owned(),
            metric: 0,
            reject: false,
        }
    }

    fn shown(targets: &[IpAddr]) -> Vec<String> {
        targets.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_interface_that_leads_out_is_asked_first() {
        let addresses = [
            address("lo", "127.0.0.1", true),
            address("docker0", "172.17.0.1", true),
            address("eth0", "10.0.0.5", true),
            address("lo", "::1", true),
            address("eth0", "2001:db8::5", true),
            address("eth0", "fe80::1", true),
            address("eth1", "10.9.9.9", false),
            address("eth0", "169.254.0.7", true),
            address("eth0:1", "10.0.0.5", true),
        ];
        assert_eq!(
            shown(&targets(&addresses, &[default_route("eth0")])),
            ["10.0.0.5", "127.0.0.1", "::1", "2001:db8::5", "172.17.0.1"]
        );
    }

    #[test]
    fn without_ipv6_its_loopback_is_not_asked_and_eight_own_addresses_are_enough() {
        let addresses: Vec<Address> = (1..=20)
            .map(|last| address("eth0", &format!("10.0.0.{last}"), true))
            .collect();
        assert_eq!(targets(&addresses, &[]).len(), 1 + MOST_ADDRESSES);
        assert_eq!(shown(&targets(&[], &[])), ["127.0.0.1"]);
    }

    fn stopped(service: &str, address: &str, port: u16, failure: Failure) -> Observation {
        Observation {
            probe: Probe {
                label: service.to_owned(),
                service: service.to_owned(),
                address: address.parse().unwrap(),
                port: Some(port),
                server_name: None,
            },
            vantage: Vantage::Inside,
            local: None,
            mss: None,
            outcome: Outcome::Stopped {
                stage: Stage::Connect,
                failure,
            },
            timing: Timing::default(),
        }
    }

    #[test]
    fn silence_is_asked_again_before_refusals_and_each_port_once_before_any_twice() {
        let mut observations = vec![
            stopped("ssh", "127.0.0.1", 22, Failure::Timeout),
            stopped("ssh", "10.0.0.5", 22, Failure::Timeout),
            stopped("ssh", "10.0.0.6", 22, Failure::Timeout),
            stopped("rdp", "10.0.0.5", 3389, Failure::Refused),
            stopped("http", "10.0.0.5", 80, Failure::Timeout),
            stopped("udp", "10.0.0.5", 53, Failure::Refused),
        ];
        let mut open = stopped("smtp", "10.0.0.5", 25, Failure::Timeout);
        open.outcome = Outcome::Stopped {
            stage: Stage::Greet,
            failure: Failure::Timeout,
        };
        observations.push(open);
        let order: Vec<(String, Option<u16>, String)> = candidates(&observations)
            .into_iter()
            .map(|probe| (probe.address.to_string(), probe.port, probe.service))
            .collect();
        let tcp = |address: &str, port| (address.to_owned(), Some(port), "tcp".to_owned());
        assert_eq!(
            order,
            [
                tcp("10.0.0.5", 22),
                tcp("10.0.0.5", 80),
                tcp("10.0.0.6", 22),
                tcp("127.0.0.1", 22),
                tcp("10.0.0.5", 3389),
            ]
        );
    }

    #[tokio::test]
    async fn what_there_is_no_time_for_says_so() {
        let services = [("web".to_owned(), "http".to_owned(), Some(80))];
        let target = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
        let now = Instant::now();
        let observations = converse(&services, &target, Duration::from_secs(1), now).await;
        assert!(matches!(
            observations[..],
            [Observation {
                outcome: Outcome::NotMeasured { .. },
                ..
            }]
        ));
    }
}
