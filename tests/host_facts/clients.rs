//! What turns a client or a user away: TCP wrappers, bans, PAM, and the log that tells of it.

use super::{inside, leads, read, scenario};
use probes::{Failure, Outcome};
use reachdx::diagnosis::{Certainty, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{AccessVerdict, Datum, Owner, PamGates, SshLogin, Wrappers};
use std::collections::BTreeMap;

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

fn process(name: &str, container: Option<&str>) -> Owner {
    Owner::Process {
        pid: 7,
        name: name.to_owned(),
        unit: None,
        container: container.map(str::to_owned),
    }
}

fn own(run: &mut Run, owner: &Owner) {
    let Datum::Read { value, .. } = &mut inside(run).listeners else {
        panic!("the listeners were read");
    };
    for listener in value.iter_mut().filter(|it| it.port == 22) {
        listener.owner = owner.clone();
    }
}

const BANNED: &str = "host_firewall.source_banned";
const DROPPED_UNSEEN: &str = "dropped_on_input_watched_by_nobody";
const TURNED_AWAY: &str = "service.turns_client_away";
