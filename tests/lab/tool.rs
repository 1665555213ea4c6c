//! Runs the tool in the lab, and holds what it says against what is known to be wrong.

use crate::fault::{Certainty, Expect, Fault, Fix, Outside};
use crate::groups::Group;
use crate::lab::{CLIENT_ADDRESS, CLIENT_ADDRESS_V6, Lab, MAIL_EXCHANGER, PRIVATE, PUBLIC_V6};
use crate::machine::Machine;
use crate::promise;
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// As whom a snapshot is taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum User {
    /// With every privilege.
    Root,
    /// With none.
    Nobody,
}

impl Lab {
    /// Runs `reachdx check` on the client and gives its document, its status held against it.
    pub(crate) fn check(&self, arguments: &[&str]) -> Value {
        let mut words = vec!["env", "SSL_CERT_FILE=/run/lab/ca.pem", TOOL, "check"];
        words.extend(arguments);
        words.extend(["--timeout", "4s", "--format", "json"]);
        let output = run_tool(&self.client, &words);
        let document = document(&words, &output);
        let findings = document["findings"].as_array().expect("findings");
        let expected = match document["status"].as_str() {
            Some("reachable") if findings.iter().any(|it| it["severity"] != "info") => 1,
            Some("reachable") => 0,
            Some("degraded") => 1,
            Some("blocked") => 2,
            _ => 3,
        };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "exit status against {}",
            document["status"]
        );
        document
    }

    /// Runs `reachdx check` with these groups and a snapshot, as for `fault`.
    pub(crate) fn check_with(&self, fault: &Fault, groups: &[Group], snapshot: &str) -> Value {
        let from = if fault.target == PUBLIC_V6 {
            CLIENT_ADDRESS_V6
        } else {
            CLIENT_ADDRESS
        };
        let mut arguments = vec![
            fault.target,
            "--service",
            fault.services,
            "--provider",
            "tencent",
        ];
        arguments.extend(["--inside", snapshot, "--from", from, "--control", CONTROLS]);
        if fault.target != PUBLIC_V6 {
            arguments.extend(["--target-ip", PRIVATE]);
        }
        let files = write_groups(&self.client, groups);
        for file in &files {
            arguments.extend(["--rules", file]);
        }
        self.check(&arguments)
    }

    /// Runs `reachdx inside` on the instance and gives the snapshot's path on the client.
    pub(crate) fn snapshot(&self, services: &str, user: User) -> &'static str {
        let far_ends = [
            "192.0.2.25:25",
            "192.0.2.26:25",
            "192.0.2.25:587",
            "192.0.2.25:443",
        ];
        debug_assert!(
            far_ends[0].starts_with(MAIL_EXCHANGER),
            "the exchanger is asked first"
        );
        let far_ends = far_ends.join(",");
        let mut words = as_user(user);
        words.extend([
            TOOL,
            "inside",
            "--service",
            services,
            "--outbound",
            &far_ends,
        ]);
        words.extend(["--from", CLIENT_ADDRESS]);
        let output = run_tool(&self.instance, &words);
        document(&words, &output);
        self.client.write(SNAPSHOT, &output.stdout);
        SNAPSHOT
    }
}

/// Asserts what the tool says with the rules and a snapshot taken by `user`; then makes the fix, where
/// there is one, and asserts that it helps as promised.
pub(crate) fn assert_with_everything(lab: &mut Lab, fault: &Fault, user: User) {
    let groups = fault.told.unwrap_or(fault.groups)();
    let snapshot = lab.snapshot(fault.services, user);
    let document = lab.check_with(fault, &groups, snapshot);
    if user == User::Root {
        record(&format!("{}_full", fault.name), &document);
    }
    if matches!(fault.expect, Expect::Reachable) {
        return assert_reachable(&document);
    }
    let flow = flow(&document, fault.flow);
    match fault.expect {
        Expect::Reachable => {}
        Expect::Cause(ids) => assert_cause(flow, ids, fault, user),
        Expect::Candidate(id) => assert_undecided(flow, &[id]),
        Expect::Noted(id) => assert_noted(&document, flow, id),
    }
    if user == User::Root {
        promise::assert_kept(lab, fault, flow, &groups);
    }
    if let Some(fix) = fault.fix {
        assert_promise(flow, &fix);
        (fix.apply)(lab);
        crate::truth::assert(lab, fault.flow, fault.target, fix.then);
    }
}

/// Asserts what the tool says with nothing but its own probes.
pub(crate) fn assert_from_outside(lab: &Lab, fault: &Fault) {
    let document = lab.check(&[fault.target, "--service", fault.services]);
    record(&format!("{}_outside", fault.name), &document);
    match (fault.outside, fault.expect) {
        (Outside::NotAsked, _) => {}
        (Outside::Reachable, _) | (_, Expect::Reachable) => assert_reachable(&document),
        (Outside::AsExpected, Expect::Noted(id)) => {
            assert_noted(&document, flow(&document, fault.flow), id);
        }
        (Outside::AsExpected, Expect::Cause(ids)) => {
            let flow = flow(&document, fault.flow);
            if !ids.contains(&cause(flow)) {
                assert_undecided(flow, ids);
            }
        }
        (Outside::AsExpected, Expect::Candidate(id)) => {
            assert_undecided(flow(&document, fault.flow), &[id]);
        }
    }
}

fn assert_reachable(document: &Value) {
    let flows = document["flows"].as_array().expect("flows");
    let mut inbound = flows
        .iter()
        .filter(|flow| text(&flow["id"]).starts_with("in/"))
        .peekable();
    assert!(inbound.peek().is_some(), "no inbound flow in {document:#}");
    for flow in inbound {
        assert_eq!(flow["status"], "reachable", "{flow:#}");
        assert!(flow["cause"].is_null(), "{flow:#}");
    }
}

fn assert_cause(flow: &Value, ids: &[&str], fault: &Fault, user: User) {
    assert!(
        ids.contains(&cause(flow)),
        "expected {ids:?} as the cause, in {flow:#}"
    );
    if user == User::Root {
        let certainty = certainty(&flow["cause"]);
        assert!(
            certainty >= fault.certainty,
            "{certainty:?} is less than {:?}: {flow:#}",
            fault.certainty
        );
    }
    let mut later = ids_of(&flow["also"]).into_iter();
    for expected in fault.also {
        assert!(
            later.any(|id| id == *expected),
            "`also` lacks {expected} in this order: {flow:#}"
        );
    }
}

/// The evidence does not suffice: another cause may lead, but not as proven, and ours stays possible.
fn assert_undecided(flow: &Value, ids: &[&str]) {
    assert_ne!(flow["status"], "reachable", "{flow:#}");
    let candidates = ids_of(&flow["candidates"]);
    assert!(
        ids.iter().any(|id| candidates.contains(id)),
        "no candidate of {ids:?} in {flow:#}"
    );
    if !ids.contains(&cause(flow)) && !flow["cause"].is_null() {
        assert_ne!(
            certainty(&flow["cause"]),
            Certainty::Proven,
            "a wrong proof: {flow:#}"
        );
    }
}

fn assert_noted(document: &Value, flow: &Value, id: &str) {
    assert_ne!(flow["status"], "blocked", "{flow:#}");
    let noted = cause(flow) == id || ids_of(&document["findings"]).contains(&id);
    assert!(noted, "nothing says {id}: {document:#}");
}

/// One of the offered fixes has to promise what the real fix brings.
fn assert_promise(flow: &Value, fix: &Fix) {
    let fixes = flow["fixes"].as_array().expect("fixes");
    let kept = fixes.iter().any(|offered| match fix.next {
        Some(next) => offered["after"]["next_cause"] == next,
        None => offered["after"]["next_cause"].is_null() && offered["after"]["status"] != "blocked",
    });
    assert!(kept, "no fix promises {:?} next: {flow:#}", fix.next);
}

/// Keeps the run for the scenarios, when a directory for them is named.
pub(crate) fn record(name: &str, document: &Value) {
    let Some(directory) = std::env::var_os(RECORD) else {
        return;
    };
    let directory = Path::new(&directory).join(name);
    std::fs::create_dir_all(&directory).expect("a directory for the scenario");
    std::fs::write(directory.join("run.json"), document["run"].to_string())
        .expect("the scenario's run");
}

pub(crate) fn run_tool(machine: &Machine, words: &[&str]) -> Output {
    provided(machine);
    let mut limited = vec!["timeout", "--signal=KILL", "90"];
    limited.extend(words);
    machine.output(&limited)
}

/// The words that run a command as `user`.
pub(crate) fn as_user(user: User) -> Vec<&'static str> {
    match user {
        User::Root => Vec::new(),
        User::Nobody => vec![
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ],
    }
}

/// Puts the tool where every user of the machine may run it.
pub(crate) fn provided(machine: &Machine) {
    machine.sh(&format!(
        "[ -e {TOOL} ] || {{ touch {TOOL}; mount --bind '{}' {TOOL}; }}",
        env!("CARGO_BIN_EXE_reachdx")
    ));
}

pub(crate) fn document(words: &[&str], output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "`{}` ({}) printed no JSON: {error}\n{}{}",
            words.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

pub(crate) fn write_groups(client: &Machine, groups: &[Group]) -> Vec<String> {
    let write = |group: &Group| {
        let path = format!("/run/lab/{}.json", group.id());
        client.write(&path, group.document().to_string());
        path
    };
    groups.iter().map(write).collect()
}

pub(crate) fn flow<'a>(document: &'a Value, id: &str) -> &'a Value {
    let flows = document["flows"].as_array().expect("flows");
    let of_one_address = format!("{id}@");
    flows
        .iter()
        .find(|flow| flow["id"] == id || text(&flow["id"]).starts_with(&of_one_address))
        .unwrap_or_else(|| panic!("no flow {id} in {document:#}"))
}

pub(crate) fn cause(flow: &Value) -> &str {
    text(&flow["cause"]["id"])
}

pub(crate) fn certainty(cause: &Value) -> Certainty {
    match text(&cause["certainty"]) {
        "proven" => Certainty::Proven,
        "likely" => Certainty::Likely,
        "possible" => Certainty::Possible,
        other => panic!("certainty `{other}`"),
    }
}

pub(crate) fn ids_of(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|item| text(&item["id"]))
        .collect()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Names the directory where runs are kept, `tests/scenarios` when they are taken anew.
const RECORD: &str = "REACHDX_RECORD";
/// Bound into each machine, so that users who may not enter the build directory can run it too.
pub(crate) const TOOL: &str = "/run/lab/reachdx";
/// Where a snapshot is put on the client.
pub(crate) const SNAPSHOT: &str = "/run/lab/inside.json";
/// Hosts that have nothing to do with the target: one on a port that everyone lets pass, one on the
/// port that most faults are about.
const CONTROLS: &str = "192.0.2.25:443,192.0.2.26:22";
