//! What the machine is short of.

use super::{inside, leads, read, scenario};
use probes::{Answer, Outcome};
use reachdx::diagnosis::{Certainty, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{Disk, Usage};
use std::collections::BTreeMap;

#[test]
fn a_slow_answer_of_an_exhausted_machine_is_likely_its_overload() {
    let mut run = scenario("mail_greeting_is_slow_full");
    assert_ne!(leads(&run).0, OVERLOADED);
    inside(&mut run).host.disks = read(vec![Disk {
        path: "/var".to_owned(),
        read_only: false,
        used_percent: 100,
        available_kib: Some(0),
        inodes_used_percent: None,
        inodes_available: None,
    }]);
    assert_eq!(leads(&run), (OVERLOADED.into(), Certainty::Likely));
    let summary = diagnose(&run).flows[0].cause.clone().unwrap().summary;
    assert!(summary.contains("no space is left on /var"), "{summary}");
    // A machine that is short of something may still refuse for another reason, which is proof.
    let mut run = scenario("a_rule_denies_ssh_full");
    let before = leads(&run);
    inside(&mut run).host.descriptors = read(Usage { used: 99, max: 100 });
    assert_eq!(leads(&run), before);
}

#[test]
fn processors_that_are_waited_for_are_no_cause_where_a_service_answers_at_once() {
    let busy = |name: &str, change: fn(&mut Run)| {
        let mut run = scenario(name);
        inside(&mut run).host.pressure = read(BTreeMap::from([("cpu.some".to_owned(), 98.0)]));
        change(&mut run);
        diagnose(&run).flows[0].cause.clone().unwrap()
    };
    let beside_prompt = |run: &mut Run| {
        let prompt = inside(&mut scenario("healthy_full")).probes.clone();
        inside(run).probes.extend(prompt);
    };
    let slow = "mail_greeting_is_slow_full";
    let cause = busy(slow, |_| ());
    assert_eq!(
        (cause.id.as_str(), cause.certainty),
        (OVERLOADED, Certainty::Likely)
    );
    let waits = "tasks wait for a processor for 98 % of the time";
    assert!(cause.summary.contains(waits), "{}", cause.summary);
    assert_ne!(busy(slow, beside_prompt).id, OVERLOADED);
    let beside_open = |run: &mut Run| {
        let mut open = inside(&mut scenario("healthy_full")).probes.clone();
        for probe in &mut open {
            probe.outcome = Outcome::Answered {
                answer: Answer::Open { banner: None },
            };
            probe.timing.first_byte_s = None;
        }
        inside(run).probes.extend(open);
    };
    assert_eq!(
        busy(slow, beside_open).id,
        OVERLOADED,
        "the kernel opens a connection"
    );
    // The service itself answers on the instance: whatever it is short of does not stop it.
    let full = |run: &mut Run| {
        inside(run).host.descriptors = read(Usage { used: 99, max: 100 });
    };
    assert_ne!(
        busy("load_balancer_answers_and_never_forwards_full", full).id,
        OVERLOADED
    );
}

const OVERLOADED: &str = "instance.overloaded";
