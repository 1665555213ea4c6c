//! What of a snapshot fits a code for typing.
//!
//! A fact goes in only where the code can say it whole and where whoever reads the code will not
//! conclude more from it than the snapshot itself allows. What is left out is not said.

use super::code::{MOST_FINDINGS, Said};
use super::findings::{BINDINGS, CONNECTS, Connected, Finding, PORTS, TABLE_SIZES, TOOLS, Whose};
use crate::address::is_link_local;
use crate::diagnosis::is_common_daemon;
use crate::inside::{ConnectCounters, Datum, Owner, Snapshot, can_rewrite};
use ipnet::IpNet;
use probes::{Answer, Failure, Observation, Outcome, Stage};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// The facts of a snapshot, those that stop packets first, as many as a code takes.
pub(super) fn said(snapshot: &Snapshot) -> Said {
    let unrouted = unrouted_client(snapshot);
    let mut findings = vec![Finding::Root(snapshot.root)];
    findings.extend(unrouted.map(|_| Finding::NoRoute));
    let address = unrouted.or_else(|| own_address(snapshot));
    findings.extend(address.map(|_| {
        let whose = unrouted.map_or(Whose::Instance, |_| Whose::Client);
        Finding::Address(whose)
    }));
    findings.extend(tracking(snapshot));
    let echo = echo(snapshot);
    let listeners: Vec<_> = (0..PORTS.len())
        .filter_map(|port| listeners(snapshot, port))
        .collect();
    let connects: Vec<_> = (0..PORTS.len())
        .filter_map(|port| connect(snapshot, port))
        .collect();
    let stops = |finding: &Finding| match finding {
        Finding::Echo4Ignored(ignored) | Finding::Echo6Ignored(ignored) => *ignored,
        Finding::Listeners(_, binding) => *binding < OPEN_TO_OTHERS,
        Finding::Connect(_, connect) => matches!(CONNECTS[*connect], Connected::Silent(_)),
        Finding::Root(_)
        | Finding::Address(_)
        | Finding::NoRoute
        | Finding::NoPrograms
        | Finding::NoRoutes
        | Finding::EmptyListing(_)
        | Finding::TrackingFull(_)
        | Finding::TrackingDrops(_)
        | Finding::TrackingDropsHigh(_) => false,
    };
    let measured = [listeners, connects, echo].concat();
    findings.extend(measured.iter().filter(|it| stops(it)));
    findings.extend(filter(snapshot));
    findings.extend(measured.iter().filter(|it| !stops(it)));
    let no_routes = |datum: &Datum<Vec<_>>| datum.whole().is_some_and(Vec::is_empty);
    findings.extend(no_routes(&snapshot.routes).then_some(Finding::NoRoutes));
    findings.truncate(MOST_FINDINGS);
    Said { findings, address }
}

/// The client, where the kernel has no route to it, and none that is made to discard.
fn unrouted_client(snapshot: &Snapshot) -> Option<Ipv4Addr> {
    let route = snapshot.route_to_client.value()?;
    let IpAddr::V4(client) = route.client else {
        return None;
    };
    let shuts_out = |destination: &str| {
        let net: Result<IpNet, _> = destination.parse();
        net.map_or(true, |net| {
            net.prefix_len() > 0 && net.contains(&route.client)
        })
    };
    let mut routes = snapshot.routes.value().into_iter().flatten();
    let discarded = routes.any(|it| it.reject && shuts_out(&it.destination));
    (route.source.is_none() && !discarded && !client.is_unspecified()).then_some(client)
}

fn own_address(snapshot: &Snapshot) -> Option<Ipv4Addr> {
    let held = snapshot.addresses.value()?.iter().filter(|it| it.up);
    held.map(|it| it.address)
        .filter(|it| !it.is_loopback() && !it.is_unspecified() && !is_link_local(*it))
        .find_map(|it| match it {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
}

fn tracking(snapshot: &Snapshot) -> Vec<Finding> {
    let Some(table) = snapshot.conntrack.value() else {
        return Vec::new();
    };
    let size = TABLE_SIZES.iter().position(|it| *it == table.max);
    let (Some(size), Ok(drops)) = (size, u16::try_from(table.drops)) else {
        return Vec::new();
    };
    if table.count != table.max {
        return Vec::new();
    }
    let [high, low] = drops.to_be_bytes();
    let mut findings = vec![Finding::TrackingFull(size), Finding::TrackingDrops(low)];
    findings.extend((high > 0).then_some(Finding::TrackingDropsHigh(high)));
    findings
}

fn echo(snapshot: &Snapshot) -> Vec<Finding> {
    let setting = |name| {
        let value = snapshot.sysctls.value()?.get(name)?;
        match value.as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    };
    let v4 = setting(ECHO4).map(Finding::Echo4Ignored);
    let v6 = setting(ECHO6).map(Finding::Echo6Ignored);
    v4.into_iter().chain(v6).collect()
}

/// Listings that were read and are empty; they tell nothing where a program may act beside them.
fn filter(snapshot: &Snapshot) -> Vec<Finding> {
    if !snapshot.packet_programs.whole().is_some_and(Vec::is_empty) {
        return Vec::new();
    }
    let empty = TOOLS.iter().enumerate().filter(|(_, tool)| {
        let listing = snapshot.firewall.get(**tool).and_then(Datum::whole);
        listing.is_some_and(|listing| listing.text.is_empty())
    });
    let empty = empty.map(|(tool, _)| Finding::EmptyListing(tool));
    [Finding::NoPrograms].into_iter().chain(empty).collect()
}

/// What listens on a port, where nothing hides it and no rule of the host sends its packets elsewhere.
fn listeners(snapshot: &Snapshot, port: usize) -> Option<Finding> {
    let (service, number) = PORTS[port];
    let known = snapshot.listener_ports.as_ref();
    let listings = || snapshot.firewall.values().filter_map(Datum::value);
    // A table of some ports only counts as cut, and is whole for those.
    let all = match known {
        Some(_) => snapshot.listeners.value(),
        None => snapshot.listeners.whole(),
    }?;
    if known.is_some_and(|known| !known.contains(&number))
        || listings().any(|listing| can_rewrite(&listing.text, number).is_some())
    {
        return None;
    }
    let tcp = || all.iter().filter(|it| it.protocol == "tcp");
    let here = || tcp().filter(|it| it.port == number);
    let mut bound = BTreeSet::new();
    for listener in here() {
        if listener
            .backlog
            .is_some_and(|backlog| listener.queue > backlog)
        {
            return None;
        }
        let any6 = listener.address.is_ipv6() && listener.address.is_unspecified();
        bound.insert((listener.address, listener.v6_only.filter(|_| any6)));
    }
    let ordinary = |port: u16| PORTS.iter().any(|(_, number)| *number == port);
    let elsewhere = all.iter().any(|it| match &it.owner {
        Owner::Hidden => !snapshot.root && !ordinary(it.port),
        Owner::Process { name, .. } => it.port != number && is_common_daemon(service, name),
        Owner::NotFound => false,
    });
    if bound.is_empty() && elsewhere {
        return None;
    }
    let binding = BINDINGS
        .iter()
        .position(|binding| binding.iter().copied().collect::<BTreeSet<_>>() == bound)?;
    Some(Finding::Listeners(port, binding))
}

/// What came of the conversations over IPv4, where every address of the instance gave the same.
fn connect(snapshot: &Snapshot, port: usize) -> Option<Finding> {
    let (service, number) = PORTS[port];
    let mut seen = BTreeSet::new();
    let mut over_loopback = false;
    let probes = snapshot.probes.iter().filter(|it| {
        it.probe.service == service && it.probe.port == Some(number) && it.probe.address.is_ipv4()
    });
    for observation in probes {
        over_loopback |= observation.probe.address == IpAddr::V4(Ipv4Addr::LOCALHOST);
        seen.insert(kind(snapshot, observation)?);
    }
    let connect = seen
        .pop_first()
        .filter(|_| seen.is_empty() && over_loopback)?;
    Some(Finding::Connect(port, connect))
}

/// Which of [`CONNECTS`] an observation is, times within what a reader sees of them.
fn kind(snapshot: &Snapshot, observation: &Observation) -> Option<usize> {
    let probe = &observation.probe;
    let moved = || -> Option<ConnectCounters> {
        let connect = snapshot.connects.iter().find(|it| {
            let again = &it.observation;
            again.probe.address == probe.address && again.probe.port == probe.port
        })?;
        (connect.observation.outcome == observation.outcome).then_some(connect.counters)
    };
    let total = observation.timing.total_s;
    CONNECTS
        .iter()
        .position(|connect| match (connect, &observation.outcome) {
            (Connected::Opened, Outcome::Answered { answer }) => {
                is_welcome(answer)
                    && observation.timing.connect_s.unwrap_or(total) < AT_ONCE_S
                    && total < LATE_S
            }
            (
                Connected::Refused(counters),
                Outcome::Stopped {
                    stage: Stage::Connect,
                    failure: Failure::Refused,
                },
            ) => total < AT_ONCE_S && moved() == Some(*counters),
            (
                Connected::Silent(counters),
                Outcome::Stopped {
                    stage: Stage::Connect,
                    failure: Failure::Timeout,
                },
            ) => (total - WAIT_S).abs() < 0.05 && moved() == Some(*counters),
            _ => false,
        })
}

/// An answer that is no complaint.
fn is_welcome(answer: &Answer) -> bool {
    match answer {
        Answer::Http { status, .. } => *status < 500,
        Answer::Smtp { code, .. } => *code < 400,
        Answer::Ssh { .. } | Answer::Rdp { .. } | Answer::Open { .. } => true,
        Answer::Echo { .. } | Answer::Datagram { .. } => false,
    }
}

/// From here on [`BINDINGS`] hold a socket that takes packets of others.
const OPEN_TO_OTHERS: usize = 4;
/// The kernel settings that the findings on echo requests speak of.
pub(super) const ECHO4: &str = "net.ipv4.icmp_echo_ignore_all";
pub(super) const ECHO6: &str = "net.ipv6.icmp.echo_ignore_all";
/// How long a silent connect was waited for.
pub(super) const WAIT_S: f64 = 1.5;
/// What is printed as a millisecond or less.
const AT_ONCE_S: f64 = 0.0015;
/// Before any answer counts as late.
const LATE_S: f64 = 0.9;
