//! What runs are made of.

use probes::{
    AddressRecord, Answer, Failure, Observation, Outcome, Probe, RdpNegotiation, Resolution,
    ResolutionOutcome, Stage, Timing, Vantage,
};
use reachdx::evidence::{Evidence, OwnRoutes, Plan, PlannedService, Run};
use reachdx::inside::{
    Address, Conntrack, Datum, Host, Listener, Owner, Route, RouteToClient, RulesText,
    SNAPSHOT_VERSION, Snapshot, SshLogin,
};
use rulesets::{SecurityGroup, parse_security_group};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

pub(crate) fn run(
    target: &str,
    services: &[&str],
    see: impl Fn(&str) -> Option<(Outcome, f64)>,
) -> Run {
    Run {
        tool_version: "0.1.0".into(),
        started_at: "2026-11-22T14:02:11Z".into(),
        started_unix: 1_795_356_131,
        duration_s: 4.2,
        interrupted: false,
        plan: Plan {
            target: target.into(),
            services: services.iter().map(|service| planned(service)).collect(),
            expect: BTreeMap::new(),
            from: None,
            target_ip: None,
            provider: "tencent".into(),
            timeout_s: 4.0,
        },
        evidence: Evidence {
            resolution: Some(resolution(target, &[address()])),
            outside: services
                .iter()
                .filter_map(|service| Some(observation(service, address(), see(service)?)))
                .collect(),
            own_routes: Some(OwnRoutes {
                ipv4: true,
                ipv6: true,
            }),
            controls: vec![observation(
                "https",
                IpAddr::from([192, 0, 2, 80]),
                answered("tcp"),
            )],
            ..Evidence::default()
        },
    }
}

fn planned(service: &str) -> PlannedService {
    PlannedService {
        label: service.into(),
        service: service.into(),
        port: port(service),
    }
}

fn port(service: &str) -> Option<u16> {
    if service == "udp" {
        return Some(5353);
    }
    probes::service(service).and_then(|service| service.default_port)
}

pub(crate) fn address() -> IpAddr {
    IpAddr::from([203, 0, 113, 10])
}

pub(crate) fn resolution(name: &str, addresses: &[IpAddr]) -> Resolution {
    let literal = name.parse::<IpAddr>().is_ok();
    Resolution {
        name: name.into(),
        resolver: if literal { "literal" } else { "192.0.2.53" }.into(),
        outcome: ResolutionOutcome::Addresses {
            records: addresses
                .iter()
                .map(|address| AddressRecord {
                    address: *address,
                    ttl_s: (!literal).then_some(300),
                })
                .collect(),
        },
        elapsed_s: 0.012,
    }
}

pub(crate) fn observation(
    service: &str,
    address: IpAddr,
    (outcome, total_s): (Outcome, f64),
) -> Observation {
    let opened = !matches!(
        outcome,
        Outcome::Stopped {
            stage: Stage::Connect,
            ..
        }
    );
    Observation {
        probe: Probe {
            label: service.into(),
            service: service.into(),
            address,
            port: port(service),
            server_name: None,
        },
        vantage: Vantage::Outside,
        local: "198.51.100.7:40000".parse::<SocketAddr>().ok(),
        mss: None,
        timing: Timing {
            connect_s: (opened && service != "icmp").then_some(0.021),
            first_byte_s: opened.then_some(0.03),
            tls_s: None,
            answer_s: None,
            total_s,
        },
        outcome,
    }
}

pub(crate) fn timeout() -> (Outcome, f64) {
    stopped(Stage::Connect, Failure::Timeout, 4.0)
}

pub(crate) fn stopped(stage: Stage, failure: Failure, total_s: f64) -> (Outcome, f64) {
    (Outcome::Stopped { stage, failure }, total_s)
}

pub(crate) fn answered(service: &str) -> (Outcome, f64) {
    let answer = match service {
        "ssh" => Answer::Ssh {
            identification: "SSH-2.0-OpenSSH_9.2p1".into(),
            preamble: Vec::new(),
            key_exchange: None,
        },
        "rdp" => Answer::Rdp {
            negotiation: RdpNegotiation::Selected { protocol: 2 },
            nla_required: false,
            tls: None,
        },
        "http" | "https" => Answer::Http {
            status: 200,
            reason: "OK".into(),
            method: "HEAD".into(),
            location: None,
            server: Some("nginx".into()),
            tls: None,
        },
        "smtp" => Answer::Smtp {
            code: 220,
            greeting: "web-1.example ESMTP".into(),
            extensions: vec!["STARTTLS".into()],
            starttls: true,
        },
        "icmp" => Answer::Echo {
            sent: 5,
            received: 5,
            rtt_s: Some([0.03, 0.031, 0.034]),
        },
        _ => Answer::Open { banner: None },
    };
    (Outcome::Answered { answer }, 0.063)
}

pub(crate) fn group(id: &str, document: &str) -> SecurityGroup {
    parse_security_group(document, id).unwrap()
}

/// A root's snapshot of an instance on which these programs listen and answer.
pub(crate) fn snapshot(listening: &[(&str, u16)]) -> Snapshot {
    let own = IpAddr::from([10, 0, 1, 10]);
    let services = [("ssh", 22), ("http", 80)];
    Snapshot {
        reachdx_inside: SNAPSHOT_VERSION,
        tool_version: "0.1.0".into(),
        taken_at: "2026-11-22T14:00:40Z".into(),
        duration_s: 2.5,
        root: true,
        listeners: read(
            listening
                .iter()
                .map(|(name, port)| listener(name, *port))
                .collect(),
        ),
        addresses: read(vec![Address {
            interface: "eth0".into(),
            address: own,
            prefix: 24,
            up: true,
        }]),
        routes: read(vec![Route {
            destination: "0.0.0.0/0".into(),
            gateway: Some(IpAddr::from([10, 0, 1, 1])),
            interface: "eth0".into(),
            metric: 100,
            reject: false,
        }]),
        route_to_client: read(RouteToClient {
            client: IpAddr::from([198, 51, 100, 7]),
            source: Some(own),
            error: None,
        }),
        established: read(Vec::new()),
        ssh_login: read(SshLogin {
            user: "root".into(),
            client: IpAddr::from([198, 51, 100, 7]),
            settings: BTreeMap::from([("permitrootlogin".into(), vec!["no".into()])]),
        }),
        probes: services
            .iter()
            .filter(|(_, port)| listening.iter().any(|(_, it)| it == port))
            .map(|(service, _)| inside(observation(service, own, answered(service))))
            .collect(),
        connects: Vec::new(),
        outbound: Vec::new(),
        counters: read(BTreeMap::new()),
        sysctls: read(BTreeMap::from([(ECHO.into(), "0".into())])),
        conntrack: read(Conntrack {
            count: 120,
            max: 65_536,
            drops: 0,
        }),
        firewall: BTreeMap::from([("nft".into(), read(no_rules()))]),
        packet_programs: read(Vec::new()),
        host: Host::default(),
        witness: None,
        since: None,
        listener_ports: None,
        pairing: None,
    }
}

fn inside(seen: Observation) -> Observation {
    Observation {
        vantage: Vantage::Inside,
        ..seen
    }
}

fn listener(name: &str, port: u16) -> Listener {
    Listener {
        protocol: "tcp".into(),
        address: IpAddr::from([0, 0, 0, 0]),
        port,
        v6_only: None,
        queue: 0,
        backlog: Some(128),
        uid: 0,
        owner: Owner::Process {
            pid: 700,
            name: name.into(),
            unit: None,
            container: None,
        },
    }
}

fn no_rules() -> RulesText {
    RulesText {
        text: String::new(),
    }
}

pub(crate) fn read<T>(value: T) -> Datum<T> {
    Datum::read("/proc", value)
}

const ECHO: &str = "net.ipv4.icmp_echo_ignore_all";
