//! What the cloud says, beside what the instance does, and neighbours that do not answer.

use super::{inside, leads, read, scenario};
use reachdx::diagnosis::{Certainty, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{CloudFacts, Datum, Neighbour, Route};

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
