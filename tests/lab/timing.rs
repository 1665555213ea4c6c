//! How long a check takes, held against its own probes: times of one run, never of the clock.

use crate::groups::{self, Group, allow, deny};
use crate::lab::{Lab, PUBLIC};
use crate::servers::Server;
use serde_json::Value;

/// A healthy target with six services ends with its slowest probe; silent ports cost one time-out,
/// however many there are.
pub(crate) fn assert_parallel() {
    let lab = Lab::start(
        &groups::web(),
        &[Server::Ssh, Server::Web, Server::Mail, Server::Rdp],
    );
    // A busy machine may hold up one run; it does not hold up three.
    let beyond = (0..3)
        .map(|_| {
            let document = check(&lab);
            assert_eq!(document["flows"].as_array().unwrap().len(), 6);
            seconds(&document["duration_s"]) - slowest(&document)
        })
        .fold(f64::INFINITY, f64::min);
    assert!(
        beyond <= 0.1,
        "{beyond:.3} s longer than the slowest of six probes"
    );

    lab.enforce(&[Group::inbound(
        "sg-one-silent",
        &[
            deny("tcp", "22", "0.0.0.0/0"),
            allow("ALL", "ALL", "0.0.0.0/0"),
        ],
    )]);
    assert_one_timeout(&check(&lab), 1);
    lab.enforce(&[Group::inbound("sg-empty", &[])]);
    assert_one_timeout(&check(&lab), 6);
}

fn assert_one_timeout(document: &Value, silent: usize) {
    let flows = document["flows"].as_array().unwrap();
    let timeouts = flows
        .iter()
        .filter(|flow| flow["outcome"]["outside"] == "timeout")
        .count();
    assert_eq!(timeouts, silent, "{document:#}");
    let duration = seconds(&document["duration_s"]);
    assert!(
        duration < 2.0 * TIMEOUT_S,
        "{silent} silent ports took {duration:.1} s with a time-out of {TIMEOUT_S} s"
    );
}

fn check(lab: &Lab) -> Value {
    lab.check(&[PUBLIC, "--service", "ssh,rdp,http,https,icmp,smtp"])
}

fn slowest(document: &Value) -> f64 {
    document["run"]["evidence"]["outside"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seen| seconds(&seen["timing"]["total_s"]))
        .fold(0.0, f64::max)
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

/// What the lab gives `--timeout`.
const TIMEOUT_S: f64 = 4.0;
