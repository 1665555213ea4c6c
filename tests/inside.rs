//! `reachdx inside` on this machine: with and without root, and in a network of its own.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use nix::unistd::geteuid;
use probes::{Failure, Outcome, Stage};
use reachdx::collect::inside::{Options, collect};
use reachdx::inside::{Datum, Listener, Owner, ProgramKind, Snapshot, read_snapshot};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const RESULT: &str = "INSIDE_TEST_RESULT";
const NOBODY: u32 = 65534;

fn run(options: &Options) -> Snapshot {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = Instant::now();
    let snapshot = runtime.block_on(collect(options));
    drop(runtime);
    let limit = options.deadline + Duration::from_millis(500);
    assert!(started.elapsed() < limit, "took {:?}", started.elapsed());
    snapshot
}

fn tcp(port: u16) -> (String, String, Option<u16>) {
    (format!("tcp/{port}"), "tcp".to_owned(), Some(port))
}

/// A web server that answers every request, for as long as the test runs.
fn web_server() -> u16 {
    let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut request = [0; 1024];
            if client.read(&mut request).is_ok_and(|length| length > 0) {
                drop(client.write_all(b"HTTP/1.1 204 No Content\r\n\r\n"));
            }
        }
    });
    port
}

fn listener(snapshot: &Snapshot, port: u16) -> &Listener {
    let listeners = snapshot.listeners.value().unwrap().iter();
    listeners
        .clone()
        .find(|listener| listener.protocol == "tcp" && listener.port == port)
        .unwrap()
}

/// Every datum, by its place in the snapshot.
fn data(place: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
    if let Some(object) = value.as_object() {
        if object.contains_key("state") && object.contains_key("source") {
            found.insert(place.to_owned(), value.clone());
            return;
        }
        for (name, value) in object {
            data(&format!("{place}/{name}"), value, found);
        }
    }
}

/// Every datum says with which rights it was read, and when in the run.
fn each_is_noted(snapshot: &Snapshot, privilege: &str) {
    let mut found = BTreeMap::new();
    let told = serde_json::to_value(snapshot).unwrap();
    data("", &told, &mut found);
    assert!(found.len() > 30, "{:?}", found.keys());
    for (place, datum) in &found {
        assert_eq!(datum["privilege"], privilege, "{place}: {datum}");
        let at = datum["at_s"].as_f64().unwrap_or(f64::NAN);
        assert!(
            (0.0..=snapshot.duration_s).contains(&at),
            "{place}: {datum}"
        );
    }
    let at = |place: &str| found[place]["at_s"].as_f64();
    assert!(at("/routes") <= at("/counters"), "{found:?}");
}

fn outcome(snapshot: &Snapshot, port: u16) -> &Outcome {
    let mut observations = snapshot.probes.iter();
    let observation = observations.find(|observation| {
        observation.probe.port == Some(port) && observation.probe.address == LOOPBACK
    });
    &observation.unwrap().outcome
}

/// Runs one ignored test of this file in a process of its own; it leaves its snapshot in a file.
fn elsewhere(test: &str, wrap: impl FnOnce(&Path) -> Command) -> Snapshot {
    let directory = TempDir::new().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let program = directory.path().join("test");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    let result = directory.path().join("snapshot.json");
    let output = wrap(&program)
        .args(["--exact", test, "--ignored"])
        .env(RESULT, &result)
        .current_dir("/")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    read_snapshot(&fs::read_to_string(result).unwrap()).unwrap()
}

/// Where to leave the snapshot. Asked for before anything is changed: only [`elsewhere`] sets it, so
/// a test meant for a network of its own never touches this machine's.
fn destination() -> OsString {
    env::var_os(RESULT).unwrap()
}

fn leave(snapshot: &Snapshot, destination: &OsStr) {
    fs::write(destination, serde_json::to_string(snapshot).unwrap()).unwrap();
}

#[test]
fn a_service_on_loopback_is_listed_with_its_process_and_answers() {
    let port = web_server();
    let snapshot = run(&Options {
        services: vec![("web".to_owned(), "http".to_owned(), Some(port))],
        from: Some(LOOPBACK),
        ..Options::default()
    });
    let found = listener(&snapshot, port);
    let Owner::Process { pid, .. } = &found.owner else {
        panic!("the owner is {:?}", found.owner);
    };
    assert_eq!(*pid, std::process::id());
    assert_eq!((found.address, found.uid), (LOOPBACK, geteuid().as_raw()));
    assert!(
        matches!(outcome(&snapshot, port), Outcome::Answered { .. }),
        "{:?}",
        outcome(&snapshot, port)
    );
    let route = snapshot.route_to_client.value().unwrap();
    assert_eq!(route.source, Some(LOOPBACK));
    assert!(
        snapshot
            .counters
            .value()
            .unwrap()
            .contains_key("Tcp.InSegs")
    );
    if geteuid().is_root() {
        each_is_noted(&snapshot, "root");
    }
    let text = serde_json::to_string(&snapshot).unwrap();
    assert_eq!(read_snapshot(&text).unwrap(), snapshot);
}

#[test]
fn without_root_rules_are_skipped_and_other_users_processes_hidden() {
    let ours = TcpListener::bind((LOOPBACK, 0)).unwrap();
    let port = ours.local_addr().unwrap().port();
    let snapshot = if geteuid().is_root() {
        elsewhere("unprivileged_run", |program| {
            let mut command = Command::new(program);
            command.uid(NOBODY).gid(NOBODY);
            command
        })
    } else {
        run(&Options::default())
    };
    assert!(!snapshot.root);
    each_is_noted(&snapshot, "user");
    assert_eq!(snapshot.firewall.len(), 7);
    for (tool, listing) in &snapshot.firewall {
        assert!(
            matches!(listing, Datum::Skipped { reason, .. } if reason.ends_with("needs root")),
            "{tool}: {listing:?}"
        );
    }
    let hidden = listener(&snapshot, port).owner == Owner::Hidden;
    assert_eq!(hidden, geteuid().is_root());
}

#[test]
#[ignore = "run by the test above, as another user"]
fn unprivileged_run() {
    let destination = destination();
    assert!(!geteuid().is_root());
    leave(&run(&Options::default()), &destination);
}

fn in_new_network(test: &str) -> Snapshot {
    elsewhere(test, |program| {
        let mut command = Command::new("unshare");
        let flags = if geteuid().is_root() { "-n" } else { "-rn" };
        command.arg(flags).arg(program);
        command
    })
}

fn sh(script: &str) -> String {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// Everything a listing could change by accident, packet counts left out.
fn state() -> Vec<String> {
    sh(
        "nft -s list ruleset; iptables-nft-save; ip6tables-nft-save; iptables-legacy-save
        ip6tables-legacy-save; ipset save; cat /proc/thread-self/net/ip_tables_names
        cat /proc/thread-self/net/ip6_tables_names; ip addr; ip route; ip -6 route; ip rule
        cat /proc/modules 2>/dev/null || true",
    )
    .lines()
    .filter(|line| !line.starts_with('#'))
    .map(|line| {
        line.split_once(" [")
            .map_or(line, |(chain, _)| chain)
            .to_owned()
    })
    .collect()
}

#[test]
fn nothing_changes_in_a_network_without_rules() {
    let snapshot = in_new_network("run_in_a_network_without_rules");
    for tool in ["nft", "iptables-legacy", "ip6tables-legacy"] {
        let listing = snapshot.firewall[tool].value().unwrap();
        assert_eq!(listing.text, "", "{tool}");
    }
}

#[test]
#[ignore = "run by the test above, in a network of its own"]
fn run_in_a_network_without_rules() {
    let destination = destination();
    let before = state();
    let snapshot = run(&Options {
        services: vec![tcp(9)],
        ..Options::default()
    });
    assert_eq!(state(), before);
    leave(&snapshot, &destination);
}

#[test]
fn rules_are_listed_by_the_tool_that_sees_them_and_counters_tell_their_kind() {
    let snapshot = in_new_network("run_in_a_network_with_rules");
    for (tool, rule) in [
        ("nft", "tcp dport 7001 drop"),
        ("iptables-nft", "--dport 7003"),
        ("iptables-legacy", "--dport 7004"),
        ("ipset", "add bans 192.0.2.7"),
    ] {
        let listing = snapshot.firewall[tool].value().unwrap();
        assert!(listing.text.contains(rule), "{tool}: {}", listing.text);
    }
    let programs = snapshot.packet_programs.value().unwrap();
    assert_eq!(programs[0].interface, "lo");
    assert_eq!(programs[0].kind, ProgramKind::TrafficControl);
    let connect = |port| {
        let mut connects = snapshot.connects.iter();
        let connect = connects.find(|connect| {
            connect.observation.probe.port == Some(port)
                && connect.observation.probe.address == LOOPBACK
        });
        connect.unwrap()
    };
    let stopped = |failure| Outcome::Stopped {
        stage: Stage::Connect,
        failure,
    };
    let dropped = connect(7001);
    assert_eq!(dropped.observation.outcome, stopped(Failure::Timeout));
    assert!(dropped.counters.in_receives > dropped.counters.in_delivers);
    let reset_by_rule = connect(7002);
    assert_eq!(reset_by_rule.observation.outcome, stopped(Failure::Refused));
    assert_eq!(reset_by_rule.counters.out_rsts, 0);
    let closed = connect(7005);
    assert_eq!(closed.observation.outcome, stopped(Failure::Refused));
    assert_eq!(closed.counters.out_rsts, 1);
}

#[test]
#[ignore = "run by the test above, in a network of its own"]
fn run_in_a_network_with_rules() {
    let destination = destination();
    sh("ip link set lo up
        nft add table inet t; nft 'add chain inet t i { type filter hook input priority 10; }'
        nft add rule inet t i tcp dport 7001 drop
        nft add rule inet t i tcp dport 7002 reject with tcp reset
        iptables-nft -A INPUT -p tcp --dport 7003 -j DROP
        iptables-legacy -A INPUT -p tcp --dport 7004 -j DROP
        ipset create bans hash:ip; ipset add bans 192.0.2.7
        tc qdisc add dev lo clsact");
    let before = state();
    let snapshot = run(&Options {
        services: [7001, 7002, 7005].map(tcp).to_vec(),
        ..Options::default()
    });
    assert_eq!(state(), before);
    leave(&snapshot, &destination);
}

#[test]
fn the_deadline_holds_when_every_packet_is_dropped_and_services_hang() {
    let snapshot = in_new_network("run_in_a_network_that_hangs");
    assert_eq!(snapshot.probes.len(), 12 * 10);
    let unmeasured = snapshot
        .probes
        .iter()
        .filter(|observation| matches!(observation.outcome, Outcome::NotMeasured { .. }));
    assert!(unmeasured.count() > 0);
    assert_eq!(snapshot.outbound.len(), 1);
    assert!(snapshot.listeners.value().is_some());
}

#[test]
#[ignore = "run by the test above, in a network of its own"]
fn run_in_a_network_that_hangs() {
    let destination = destination();
    sh("ip link set lo up
        for i in 1 2 3 4 5 6 7 8 9; do ip addr add 10.9.0.$i/32 dev lo; done
        nft add table inet t; nft 'add chain inet t i { type filter hook input priority 0; }'
        nft add rule inet t i tcp dport 7100-7105 drop");
    let silent: Vec<TcpListener> = (7106..7112)
        .map(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap())
        .collect();
    let service = |port| (format!("ssh={port}"), "ssh".to_owned(), Some(port));
    let snapshot = run(&Options {
        services: (7100..7112).map(service).collect(),
        outbound: reachdx::inside::parse_outbound("192.0.2.1:25").unwrap(),
        deadline: Duration::from_secs(5),
        ..Options::default()
    });
    drop(silent);
    leave(&snapshot, &destination);
}
