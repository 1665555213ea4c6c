//! The lab: real servers behind real firewalls in network namespaces, one fault injected, and the
//! tool has to find it.
//!
//! Every trial builds machines of its own, injects one fault, and first proves with its own probes
//! that the fault is there. `full` then asks the tool with the rules and a snapshot, `nobody` with a
//! snapshot taken without privileges, `outside` with nothing but its own probes, `witness` with one that
//! watched meanwhile. `--truth` stops
//! after the proof, and tests the lab alone. Needs root, and the packages that the machines run.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

mod certificates;
mod driver;
mod fault;
mod faults;
#[path = "../support/flood.rs"]
mod flood;
mod groups;
mod joined;
mod lab;
mod machine;
mod measure;
mod names;
mod peers;
mod promise;
mod ready;
mod servers;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod timing;
mod tool;
mod truth;
#[path = "../support/watching.rs"]
mod watching;
mod witness;

use crate::fault::{Fault, Outside};
use crate::lab::Lab;
use crate::machine::Machine;
use crate::servers::Server;
use crate::support::{needs_root, remains, trial};
use crate::tool::User;
use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::var_os(remains::HOLD).is_some() {
        hold();
    }
    let truth_only = std::env::args().any(|argument| argument == TRUTH);
    let mut arguments = Arguments::from_iter(std::env::args().filter(|argument| argument != TRUTH));
    arguments.test_threads.get_or_insert(LABS_AT_ONCE);
    if !arguments.list && !nix::unistd::geteuid().is_root() {
        return needs_root("the lab", "lab");
    }
    let mut trials = vec![trial("lab", "leaves_nothing_behind_when_killed", || {
        remains::assert_none(5, 11);
    })];
    trials.push(trial(
        "lab",
        "notices_what_is_not_true",
        truth::assert_doubts,
    ));
    if !truth_only {
        trials.push(trial(
            "lab",
            "checks_end_with_their_slowest_probe",
            timing::assert_parallel,
        ));
        trials.push(trial(
            "lab",
            "an_open_session_outlives_a_deny",
            sessions::assert_outlived,
        ));
        trials.extend(joined::trials());
    }
    for fault in faults::all() {
        if truth_only {
            trials.push(trial("truth", fault.name, || assert_truth(fault)));
            continue;
        }
        trials.push(trial("full", fault.name, || {
            tool::assert_with_everything(&mut prepared(fault), fault, User::Root);
        }));
        if UNPRIVILEGED.contains(&fault.name) {
            trials.push(trial("nobody", fault.name, || {
                tool::assert_with_everything(&mut prepared(fault), fault, User::Nobody);
            }));
        }
        if fault.outside != Outside::NotAsked {
            trials.push(trial("outside", fault.name, || {
                tool::assert_from_outside(&prepared(fault), fault);
            }));
        }
    }
    if !truth_only {
        trials.extend(watched());
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A lab with the fault in place, which has been proved.
fn prepared(fault: &Fault) -> Lab {
    let mut lab = Lab::start(&(fault.groups)(), fault.servers);
    (fault.inject)(&mut lab);
    truth::assert(&lab, fault.flow, fault.target, fault.truth);
    lab
}

/// Every row of what a witness can tell, over both address families, as root and as nobody.
fn watched() -> Vec<Trial> {
    let mut trials = Vec::new();
    for row in witness::all() {
        for (family, v6) in [("ipv4", false), ("ipv6", true)] {
            for (kind, user) in [("witness", User::Root), ("witness_nobody", User::Nobody)] {
                if v6 && !row.over_ipv6 {
                    continue;
                }
                let name = format!("{}_{family}", row.name);
                let run = move || witness::assert_told(row, v6, user);
                trials.push(trial(kind, &name, run));
            }
        }
    }
    trials
}

fn assert_truth(fault: &Fault) {
    let mut lab = prepared(fault);
    if let Some(fix) = fault.fix {
        (fix.apply)(&mut lab);
        truth::assert(&lab, fault.flow, fault.target, fix.then);
    }
}

/// Builds a lab, and waits for its end.
fn hold() {
    let lab = Lab::start(&groups::web(), &[Server::Ssh, Server::Web]);
    let machines = lab.machines().into_iter().map(Machine::pid);
    let links = machines.filter_map(|pid| remains::namespace(&format!("/proc/{pid}/ns/net")));
    remains::hold(&links.collect::<Vec<_>>());
}

const TRUTH: &str = "--truth";
const LABS_AT_ONCE: usize = 6;

/// Faults that can be told without privileges inside.
const UNPRIVILEGED: &[&str] = &[
    "healthy",
    "no_rule_for_ssh",
    "no_route_back",
    "echo_is_ignored",
    "sshd_does_not_run",
    "sshd_listens_on_loopback_only",
    "platform_bans_outbound_mail",
];
