//! The part of a snapshot that a code for typing tells; everything else is skipped, with the reason.

use super::code::Said;
use super::derive::{ECHO4, ECHO6, WAIT_S};
use super::findings::{BINDINGS, CONNECTS, Connected, Finding, PORTS, TABLE_SIZES, TOOLS, Whose};
use crate::inside::{
    Connect, ConnectCounters, Conntrack, Datum, Host, Listener, Owner, RouteToClient, RulesText,
    SNAPSHOT_VERSION, Snapshot,
};
use probes::{Answer, Failure, Observation, Outcome, Probe, Stage, Timing, Vantage};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// The partial snapshot.
pub(super) fn snapshot(said: &Said) -> Snapshot {
    let mut snapshot = nothing();
    for finding in &said.findings {
        add(&mut snapshot, *finding, said);
    }
    snapshot
}

fn add(snapshot: &mut Snapshot, finding: Finding, said: &Said) {
    match finding {
        Finding::Root(root) => snapshot.root = root,
        Finding::NoRoute => {
            let client = said.address.filter(|_| said.findings.contains(&CLIENT));
            if let Some(client) = client {
                snapshot.route_to_client = read(RouteToClient {
                    client: client.into(),
                    source: None,
                    error: Some(format!("the error is not said: {REASON}")),
                });
            }
        }
        Finding::Echo4Ignored(ignored) => setting(snapshot, ECHO4, ignored),
        Finding::Echo6Ignored(ignored) => setting(snapshot, ECHO6, ignored),
        Finding::NoPrograms => snapshot.packet_programs = read(Vec::new()),
        Finding::NoRoutes => snapshot.routes = read(Vec::new()),
        Finding::EmptyListing(tool) => {
            let text = String::new();
            let listing = read(RulesText { text });
            snapshot.firewall.insert(TOOLS[tool].to_owned(), listing);
        }
        Finding::Listeners(port, binding) => listen(snapshot, PORTS[port].1, binding),
        Finding::Connect(port, connect) => connected(snapshot, PORTS[port], CONNECTS[connect]),
        Finding::TrackingFull(size) => {
            let max = TABLE_SIZES[size];
            snapshot.conntrack = read(Conntrack {
                count: max,
                max,
                drops: drops(said),
            });
        }
        Finding::Address(_) | Finding::TrackingDrops(_) | Finding::TrackingDropsHigh(_) => {}
    }
}

fn drops(said: &Said) -> u64 {
    let eight_bits = |finding: &Finding| {
        if let Finding::TrackingDrops(low) = finding {
            u64::from(*low)
        } else if let Finding::TrackingDropsHigh(high) = finding {
            u64::from(*high) << 8
        } else {
            0
        }
    };
    said.findings.iter().map(eight_bits).sum()
}

fn setting(snapshot: &mut Snapshot, name: &str, on: bool) {
    let mut settings = snapshot.sysctls.value().cloned().unwrap_or_default();
    settings.insert(name.to_owned(), u8::from(on).to_string());
    snapshot.sysctls = Datum::read_up_to(SOURCE, settings, true);
}

fn listen(snapshot: &mut Snapshot, port: u16, binding: usize) {
    let mut listeners = snapshot.listeners.value().cloned().unwrap_or_default();
    listeners.extend(BINDINGS[binding].iter().map(|(address, v6_only)| Listener {
        protocol: "tcp".into(),
        address: *address,
        port,
        v6_only: *v6_only,
        queue: 0,
        backlog: None,
        uid: NO_USER,
        owner: Owner::NotFound,
    }));
    snapshot.listeners = Datum::read_up_to(SOURCE, listeners, true);
    snapshot
        .listener_ports
        .get_or_insert_with(BTreeSet::new)
        .insert(port);
}

fn connected(snapshot: &mut Snapshot, (service, port): (&str, u16), connect: Connected) {
    let stopped = |failure| Outcome::Stopped {
        stage: Stage::Connect,
        failure,
    };
    let (outcome, total_s, moved): (_, _, Option<ConnectCounters>) = match connect {
        Connected::Opened => {
            let answer = Answer::Open { banner: None };
            (Outcome::Answered { answer }, 0.0, None)
        }
        Connected::Refused(moved) => (stopped(Failure::Refused), 0.0, Some(moved)),
        Connected::Silent(moved) => (stopped(Failure::Timeout), WAIT_S, Some(moved)),
    };
    let observation = |service: &str| Observation {
        probe: Probe {
            label: service.to_owned(),
            service: service.to_owned(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: Some(port),
            server_name: None,
        },
        vantage: Vantage::Inside,
        local: None,
        mss: None,
        outcome: outcome.clone(),
        timing: Timing {
            total_s,
            ..Timing::default()
        },
    };
    snapshot.probes.push(observation(service));
    snapshot.connects.extend(moved.map(|counters| Connect {
        observation: observation("tcp"),
        counters,
    }));
}

/// A snapshot in which nothing was read.
fn nothing() -> Snapshot {
    Snapshot {
        reachdx_inside: SNAPSHOT_VERSION,
        tool_version: "unknown".into(),
        taken_at: format!("an unknown time ({REASON})"),
        duration_s: 0.0,
        root: false,
        listeners: skipped(),
        addresses: skipped(),
        routes: skipped(),
        route_to_client: skipped(),
        established: skipped(),
        ssh_login: skipped(),
        probes: Vec::new(),
        connects: Vec::new(),
        outbound: Vec::new(),
        counters: skipped(),
        sysctls: skipped(),
        conntrack: skipped(),
        firewall: TOOLS
            .iter()
            .map(|tool| ((*tool).to_owned(), skipped()))
            .collect::<BTreeMap<_, _>>(),
        packet_programs: skipped(),
        host: Host::skipped(REASON),
        since: None,
        listener_ports: None,
        pairing: None,
        witness: None,
    }
}

fn read<T>(value: T) -> Datum<T> {
    Datum::read(SOURCE, value)
}

fn skipped<T>() -> Datum<T> {
    Datum::skipped(SOURCE, REASON)
}

const CLIENT: Finding = Finding::Address(Whose::Client);
const SOURCE: &str = "a code typed by hand";
const REASON: &str = "the code does not carry it";
/// The user id that no user has.
const NO_USER: u32 = u32::MAX;
