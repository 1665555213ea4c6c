//! Interfaces, and the routes that lead over them.

use super::{inside, leads, read, scenario};
use reachdx::diagnosis::{Certainty, diagnose};
use reachdx::evidence::Run;
use reachdx::inside::{Datum, LinkFacts, PolicyRule};

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

const ASYMMETRIC: &str = "instance.asymmetric_return";
const NIC_DOWN: &str = "instance.nic_down";
