//! What a snapshot tells of the host itself, held against runs of the lab: each fact where it shows a
//! cause, and where it must not.

#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use probes::{Answer, Failure, Outcome};
use reachdx::diagnosis::{Certainty, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{
    AccessVerdict, CloudFacts, Datum, Disk, Host, LinkFacts, Neighbour, Owner, PamGates,
    PolicyRule, Route, Snapshot, SshLogin, Usage, Wrappers,
};
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn a_line_of_hosts_deny_is_proof_where_sshd_holds_the_port_and_closes_late() {
    let mut run = scenario("tcp_wrappers_deny_everyone_full");
    assert!(leads(&run).1 < Certainty::Proven);
    inside(&mut run).host.wrappers = read(Wrappers::Deny { line: 3 });
    assert_eq!(leads(&run), (TURNED_AWAY.into(), Certainty::Proven));
    let summary = diagnose(&run).flows[0].cause.clone().unwrap().summary;
    assert!(summary.contains("line 3 of `/etc/hosts.deny`"), "{summary}");
}

#[test]
fn a_line_of_hosts_deny_proves_nothing_of_another_client_or_another_server() {
    let changes: [fn(&mut Run); 6] = [
        |run| inside(run).host.wrappers = read(Wrappers::Unknown),
        |run| inside(run).host.wrappers = read(Wrappers::NotUsed),
        |run| run.plan.from = Some("198.51.100.8".parse().unwrap()),
        |run| own(run, &Owner::Hidden),
        |run| {
            own(run, &process("dropbear", None));
        },
        |run| own(run, &process("sshd", Some("docker 0123456789ab"))),
    ];
    for change in changes {
        let mut run = scenario("tcp_wrappers_deny_everyone_full");
        inside(&mut run).host.wrappers = read(Wrappers::Deny { line: 1 });
        change(&mut run);
        assert!(leads(&run).1 < Certainty::Proven, "{:?}", leads(&run));
    }
}

#[test]
fn who_closes_at_once_did_not_ask_the_wrappers() {
    let mut run = scenario("daemon_closes_at_once_full");
    own(&mut run, &process("sshd", None));
    inside(&mut run).host.wrappers = read(Wrappers::Deny { line: 1 });
    assert_eq!(leads(&run).0, "service.closes_at_once");
}

#[test]
fn a_log_of_refusals_makes_it_likely_and_no_more() {
    let mut run = closed_for_this_client_alone();
    assert_eq!(leads(&run).1, Certainty::Possible);
    let mut refusals = |reason: &str| {
        inside(&mut run).host.refusals = read(BTreeMap::from([(reason.to_owned(), 4)]));
        leads(&run)
    };
    assert_eq!(
        refusals("too many logins at a time"),
        (TURNED_AWAY.into(), Certainty::Likely)
    );
    assert_eq!(refusals("wrong password").1, Certainty::Possible);
}

#[test]
fn a_list_of_a_program_that_bans_makes_a_ban_likely_and_no_more() {
    let listed = |run: &mut Run, jails: &[&str]| {
        let jails = jails.iter().map(|it| (*it).to_owned()).collect();
        inside(run).host.bans = BTreeMap::from([("fail2ban".to_owned(), read(jails))]);
    };
    let mut run = scenario(DROPPED_UNSEEN);
    let before = leads(&run);
    assert_eq!(before.0, "host_firewall.dropped");
    listed(&mut run, &[]);
    assert_eq!(leads(&run), before);
    listed(&mut run, &["sshd", "recidive"]);
    assert_eq!(leads(&run), (BANNED.into(), Certainty::Likely));
    let summary = diagnose(&run).flows[0].cause.clone().unwrap().summary;
    let named = "fail2ban has this client in: sshd, recidive";
    assert!(summary.contains(named), "{summary}");
    run.plan.from = Some("198.51.100.8".parse().unwrap());
    assert_ne!(leads(&run).0, BANNED, "the list is of another client");
}

#[test]
fn a_list_that_stops_nobody_is_no_cause() {
    let mut run = scenario("healthy_full");
    let jails = BTreeMap::from([("fail2ban".to_owned(), read(vec!["sshd".to_owned()]))]);
    inside(&mut run).host.bans = jails;
    assert!(diagnose(&run).flows.iter().all(|flow| flow.cause.is_none()));
}

#[test]
fn a_gate_of_pam_is_named_for_the_client_it_was_asked_about() {
    let refused = |change: &dyn Fn(&mut Run)| {
        let mut run = scenario("healthy_full");
        let client = inside(&mut run).route_to_client.value().unwrap().client;
        let settings = BTreeMap::from([("usepam".to_owned(), vec!["yes".to_owned()])]);
        inside(&mut run).ssh_login = read(SshLogin {
            user: "alice".to_owned(),
            client,
            settings,
        });
        inside(&mut run).host.pam = read(PamGates {
            modules: vec!["pam_access.so".to_owned()],
            missing: None,
            access: Some(AccessVerdict::Deny {
                file: "/etc/security/access.conf".to_owned(),
                line: 7,
            }),
            refused_by_list: None,
            failures: None,
        });
        change(&mut run);
        let findings = diagnose(&run).findings;
        let mut refused = findings
            .into_iter()
            .filter(|it| it.id == "service.login_refused");
        refused.next().map(|it| it.summary)
    };
    let summary = refused(&|_| ()).unwrap();
    let named = "is reachable, but alice is not let in from";
    assert!(summary.contains(named), "{summary}");
    assert!(summary.ends_with("line 7 of `/etc/security/access.conf` keeps them out"));
    assert_eq!(
        refused(&|run| run.plan.from = Some("198.51.100.8".parse().unwrap())),
        None
    );
    for (name, value) in [("usepam", "no"), ("pamservicename", "login")] {
        let set = move |run: &mut Run| {
            let Datum::Read { value: login, .. } = &mut inside(run).ssh_login else {
                panic!("no settings");
            };
            login
                .settings
                .insert(name.to_owned(), vec![value.to_owned()]);
        };
        assert_eq!(refused(&set), None);
    }
}

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

#[test]
fn a_route_by_another_interface_makes_an_asymmetric_return_more_probable() {
    let asymmetric = |rules: Vec<PolicyRule>| {
        let mut run = scenario("reply_by_another_interface_watched_by_root");
        let snapshot = inside(&mut run);
        snapshot.witness = None;
        snapshot.host.policy_rules = read(rules);
        let candidates = &diagnose(&run).flows[0].candidates;
        candidates.iter().position(|it| it.id == ASYMMETRIC)
    };
    let rule = |table| PolicyRule {
        priority: 100,
        v6: false,
        source: Some("10.0.1.10/32".to_owned()),
        destination: None,
        interface: None,
        mark: None,
        table,
        reject: false,
    };
    let by_table = asymmetric(vec![rule(100)]);
    let by_main = asymmetric(vec![rule(254)]);
    assert!(
        by_main.is_some() && by_main < by_table,
        "{by_main:?} {by_table:?}"
    );
}

/// What the cloud says of the lab's instance, and what is found when it says something else.
fn disagreements(change: fn(&mut CloudFacts)) -> Vec<(String, String)> {
    let mut run = scenario("dropped_upstream_watched_by_root");
    let mut facts = CloudFacts {
        cloud: "tencent".to_owned(),
        private_address: Some("10.0.1.10".parse().unwrap()),
        prefix: Some(24),
        gateway: Some("10.0.1.1".parse().unwrap()),
        security_groups: Some(vec!["sg-web".to_owned()]),
        ..CloudFacts::default()
    };
    change(&mut facts);
    inside(&mut run).host.cloud = read(facts);
    let before = diagnose(&scenario("dropped_upstream_watched_by_root"))
        .findings
        .len();
    let findings = diagnose(&run).findings;
    let about = findings
        .iter()
        .map(|it| (it.id.clone(), it.summary.clone()));
    let fresh: Vec<_> = about
        .filter(|(id, _)| {
            id.starts_with("instance.") || id.contains("bound") || id.starts_with("edge")
        })
        .collect();
    assert_eq!(findings.len(), before + fresh.len());
    fresh
}

#[test]
fn where_the_cloud_and_the_instance_agree_nothing_is_said() {
    assert_eq!(disagreements(|_| ()), []);
    assert_eq!(disagreements(|facts| *facts = CloudFacts::default()), []);
    assert_eq!(
        disagreements(|facts| {
            facts.cloud = "gcp".to_owned();
            facts.prefix = Some(20);
        }),
        []
    );
}

#[test]
fn where_the_cloud_and_the_instance_disagree_both_are_named() {
    type Change = fn(&mut CloudFacts);
    let cases: [(Change, &str, &str); 4] = [
        (
            |facts| facts.private_address = Some("10.0.1.99".parse().unwrap()),
            "instance.address_changed",
            "the cloud gives this instance 10.0.1.99, and no interface holds it",
        ),
        (
            |facts| facts.prefix = Some(20),
            "instance.wrong_netmask",
            "eth0 holds 10.0.1.10/24, and the cloud's subnet is a /20",
        ),
        (
            |facts| {
                let bound = facts.security_groups.as_mut().unwrap();
                bound.push("sg-base".to_owned());
            },
            "security_group.other_bound",
            "the cloud says that sg-base is bound, and its rules were not given: the verdict may differ",
        ),
        (
            |facts| facts.gateway = Some("10.0.1.254".parse().unwrap()),
            "instance.wrong_gateway",
            "the default route leads to 10.0.1.1, and the cloud's gateway is 10.0.1.254",
        ),
    ];
    for (change, id, summary) in cases {
        assert_eq!(disagreements(change), [(id.to_owned(), summary.to_owned())]);
    }
}

/// A run in which nothing comes back, with a neighbour that does not answer.
fn with_silent(neighbour: &str) -> Run {
    let mut run = scenario("dropped_upstream_watched_by_root");
    inside(&mut run).witness = None;
    run.evidence.outside.truncate(1);
    inside(&mut run).host.neighbours = read(vec![Neighbour {
        interface: 2,
        address: neighbour.parse().unwrap(),
        state: "failed".to_owned(),
    }]);
    run
}

fn cloud(gateway: &str, prefix: u8) -> Datum<CloudFacts> {
    read(CloudFacts {
        cloud: "tencent".to_owned(),
        private_address: Some("10.0.1.10".parse().unwrap()),
        prefix: Some(prefix),
        gateway: Some(gateway.parse().unwrap()),
        ..CloudFacts::default()
    })
}

#[test]
fn a_gateway_that_is_silent_is_likely_wrong_and_the_cloud_proves_or_clears_it() {
    const WRONG_GATEWAY: &str = "instance.wrong_gateway";
    let mut run = with_silent("10.0.1.1");
    assert_eq!(leads(&run), (WRONG_GATEWAY.into(), Certainty::Likely));
    inside(&mut run).host.cloud = cloud("10.0.1.254", 24);
    assert_eq!(leads(&run), (WRONG_GATEWAY.into(), Certainty::Proven));
    inside(&mut run).host.cloud = cloud("10.0.1.1", 24);
    assert_ne!(leads(&run).0, WRONG_GATEWAY);
    let mut answering = with_silent("10.0.1.77");
    assert_ne!(leads(&answering).0, WRONG_GATEWAY);
    inside(&mut answering).host.cloud = cloud("10.0.1.254", 24);
    assert!(leads(&answering).1 < Certainty::Proven);
}

/// The cloud tells of its first interface alone.
#[test]
fn what_the_cloud_says_of_one_interface_proves_nothing_of_another() {
    let mut run = with_silent("10.0.1.1");
    inside(&mut run).host.cloud = cloud("10.0.1.254", 20);
    assert_eq!(leads(&run).1, Certainty::Proven);
    let Datum::Read { value, .. } = &mut inside(&mut run).routes else {
        panic!("the run has routes");
    };
    for route in value.iter_mut().filter(|it| it.destination == "0.0.0.0/0") {
        route.interface = "eth1".to_owned();
    }
    assert_eq!(leads(&run).1, Certainty::Likely);
    let findings = diagnose(&run).findings;
    assert!(findings.iter().all(|it| it.id != "instance.wrong_gateway"));
}

#[test]
fn a_client_that_is_sought_on_the_link_tells_of_a_wrong_prefix() {
    const WRONG_NETMASK: &str = "instance.wrong_netmask";
    let mut run = with_silent("198.51.100.7");
    assert_ne!(leads(&run).0, WRONG_NETMASK);
    let Datum::Read { value, .. } = &mut inside(&mut run).routes else {
        panic!("the run has routes");
    };
    value.push(Route {
        destination: "198.51.100.0/24".to_owned(),
        gateway: None,
        interface: "eth0".to_owned(),
        metric: 0,
        reject: false,
    });
    assert_eq!(leads(&run), (WRONG_NETMASK.into(), Certainty::Likely));
    inside(&mut run).host.cloud = cloud("10.0.1.1", 20);
    assert_eq!(leads(&run), (WRONG_NETMASK.into(), Certainty::Proven));
    inside(&mut run).host.cloud = cloud("10.0.1.1", 24);
    assert_ne!(leads(&run).0, WRONG_NETMASK);
}

#[test]
fn no_interface_that_works_is_proof_and_explains_the_route_that_is_gone() {
    let mut run = scenario("no_route_back_full");
    assert_eq!(leads(&run).0, "instance.no_return_route");
    inside(&mut run).host.links = read(vec![link("lo", true), link("eth0", false)]);
    set_up(&mut run, false);
    assert_eq!(leads(&run), (NIC_DOWN.into(), Certainty::Proven));
    let summary = diagnose(&run).flows[0].cause.clone().unwrap().summary;
    assert!(summary.contains("eth0 is switched off"), "{summary}");
}

#[test]
fn an_interface_that_is_down_beside_one_that_works_is_no_proof() {
    let mut run = scenario("dropped_upstream_watched_by_root");
    inside(&mut run).witness = None;
    run.evidence.outside.truncate(1);
    let links = [link("lo", true), link("eth0", false), link("eth1", true)];
    inside(&mut run).host.links = read(links.to_vec());
    set_up(&mut run, false);
    assert!(leads(&run).1 < Certainty::Proven, "{:?}", leads(&run));
    let flow = diagnose(&run).flows[0].clone();
    assert!(
        flow.candidates.iter().any(|it| it.id == NIC_DOWN),
        "{:?} {:?}",
        flow.cause,
        flow.excluded.iter().find(|it| it.id == NIC_DOWN)
    );
}

#[test]
fn an_interface_that_is_down_is_no_cause_where_the_address_is_on_another() {
    let mut run = scenario("dropped_upstream_watched_by_root");
    inside(&mut run).host.links = read(vec![link("eth0", true), link("eth1", false)]);
    let flow = diagnose(&run).flows[0].clone();
    assert!(flow.candidates.iter().all(|it| it.id != NIC_DOWN));
    assert!(flow.excluded.iter().any(|it| it.id == NIC_DOWN));
}

#[test]
fn a_list_of_interfaces_that_was_cut_proves_nothing() {
    let mut run = scenario("no_route_back_full");
    inside(&mut run).host.links = Datum::read_up_to("rtnetlink", vec![link("eth0", false)], true);
    assert_eq!(leads(&run).0, "instance.no_return_route");
}

fn link(name: &str, works: bool) -> LinkFacts {
    LinkFacts {
        name: name.into(),
        up: works,
        carrier: works,
        ..LinkFacts::default()
    }
}

fn set_up(run: &mut Run, up: bool) {
    let Datum::Read { value, .. } = &mut inside(run).addresses else {
        panic!("the addresses were read");
    };
    for address in value.iter_mut().filter(|it| it.interface == "eth0") {
        address.up = up;
    }
}

/// The server answers on the instance, and closes the connection from outside.
fn closed_for_this_client_alone() -> Run {
    let mut run = scenario("healthy_full");
    let closed = scenario("daemon_closes_at_once_full");
    let outcome = closed.evidence.outside[0].outcome.clone();
    assert!(matches!(
        outcome,
        Outcome::Stopped {
            failure: Failure::Closed { .. },
            ..
        }
    ));
    run.plan.services.retain(|it| it.label == "ssh");
    run.evidence.outside.retain(|it| it.probe.label == "ssh");
    run.evidence.outside[0].outcome = outcome;
    run
}

fn scenario(name: &str) -> Run {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let text = std::fs::read_to_string(root.join(name).join("run.json")).unwrap();
    let mut run: Run = serde_json::from_str(&text).unwrap();
    inside(&mut run).host = Host::default();
    run
}

fn process(name: &str, container: Option<&str>) -> Owner {
    Owner::Process {
        pid: 7,
        name: name.to_owned(),
        unit: None,
        container: container.map(str::to_owned),
    }
}

fn inside(run: &mut Run) -> &mut Snapshot {
    run.evidence.inside.as_mut().unwrap()
}

fn own(run: &mut Run, owner: &Owner) {
    let Datum::Read { value, .. } = &mut inside(run).listeners else {
        panic!("the listeners were read");
    };
    for listener in value.iter_mut().filter(|it| it.port == 22) {
        listener.owner = owner.clone();
    }
}

/// The first flow's cause.
fn leads(run: &Run) -> (String, Certainty) {
    let cause = diagnose(run).flows[0].cause.clone().unwrap();
    (cause.id, cause.certainty)
}

fn read<T>(value: T) -> Datum<T> {
    Datum::read("/proc", value)
}

const ASYMMETRIC: &str = "instance.asymmetric_return";
const OVERLOADED: &str = "instance.overloaded";
const BANNED: &str = "host_firewall.source_banned";
const DROPPED_UNSEEN: &str = "dropped_on_input_watched_by_nobody";
const NIC_DOWN: &str = "instance.nic_down";
const TURNED_AWAY: &str = "service.turns_client_away";
