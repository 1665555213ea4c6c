//! The cheapest evidence that would split what the evidence at hand does not.

use super::catalogue::Test;
use super::engine::Judgement;
use super::{Case, Certainty, NextTest, Sensor};
use rulesets::Direction;
use std::collections::BTreeSet;

/// Commands worth running next, cheapest first; none once a cause is proven.
pub(super) fn next_tests(case: &Case<'_>, judgement: &Judgement) -> Vec<NextTest> {
    let Some((_, certainty)) = judgement.cause else {
        return Vec::new();
    };
    if certainty == Certainty::Proven {
        return Vec::new();
    }
    let mut wanted: BTreeSet<Test> = judgement
        .candidates
        .iter()
        .flat_map(|cause| cause.settled_by.iter().copied())
        .filter(|test| !done(case, *test))
        .filter(|test| *test != Test::Witness || witness_splits(judgement))
        .collect();
    // A snapshot taken by anybody often suffices, and says when it does not.
    if wanted.contains(&Test::Inside) {
        wanted.remove(&Test::InsideRoot);
    }
    wanted
        .into_iter()
        .take(LIMIT)
        .map(|test| NextTest {
            command: case.fill(&command(case, test)),
            splits: judgement
                .candidates
                .iter()
                .filter(|cause| cause.settled_by.contains(&test))
                .map(|cause| cause.id.to_owned())
                .collect(),
        })
        .collect()
}

/// Whether two candidates would show nothing alike to the witness.
fn witness_splits(judgement: &Judgement) -> bool {
    let expected: Vec<_> = judgement
        .candidates
        .iter()
        .map(|cause| cause.expected(Sensor::Witness))
        .filter(|readings| !readings.is_empty())
        .collect();
    expected
        .iter()
        .any(|one| expected.iter().any(|other| one.is_disjoint(other)))
}

/// Whether the evidence of a test is at hand.
fn done(case: &Case<'_>, test: Test) -> bool {
    let evidence = &case.run.evidence;
    match test {
        Test::From => case.flow.client.is_some() || evidence.groups.is_none(),
        Test::Rules => evidence.groups.is_some(),
        Test::TargetAddress => case.run.plan.target_ip.is_some(),
        Test::Inside => evidence.inside.is_some(),
        Test::InsideRoot => evidence.inside.as_ref().is_some_and(|it| it.root),
        Test::Control => case.reading(Sensor::OwnNetwork).is_some(),
        Test::OutboundControls => {
            case.reading(Sensor::OtherFarEnds).is_some()
                && case.reading(Sensor::OtherOutbound).is_some()
        }
        Test::Witness => case.reading(Sensor::Witness).is_some(),
        Test::Repeat | Test::Elsewhere | Test::Document | Test::Acl => false,
    }
}

fn command(case: &Case<'_>, test: Test) -> String {
    // An outbound flow is probed from the instance; the check only judges it.
    let check = match case.flow.direction {
        Direction::Inbound => format!("reachdx check {{target}} --service {}", service(case)),
        Direction::Outbound => "reachdx check {target} --inside inside.json".to_owned(),
    };
    match test {
        Test::From => format!("{check} --rules FILE --from ADDRESS-THE-TARGET-SEES"),
        Test::Rules => format!(
            "tccli vpc DescribeSecurityGroupPolicies --SecurityGroupId sg-ID > sg-ID.json; \
             {check} --rules sg-ID.json"
        ),
        Test::TargetAddress => format!("{check} --target-ip ADDRESS-OF-THE-INSTANCE"),
        Test::Inside => format!(
            "reachdx inside --from {{client}} > inside.json (on the instance); \
             {check} --inside inside.json"
        ),
        Test::InsideRoot => format!(
            "sudo reachdx inside --from {{client}} > inside.json (on the instance); \
             {check} --inside inside.json"
        ),
        Test::Control => format!("{check} --control HOST:PORT"),
        Test::OutboundControls => {
            "reachdx inside --outbound MX-1:25,MX-2:25,RELAY:465,RELAY:587,ANY:443".into()
        }
        Test::Repeat => format!("{check} (again in a minute)"),
        Test::Elsewhere => format!("{check} (from another network)"),
        Test::Document => {
            "tccli cvm DescribeInstances; tccli vpc DescribeAddresses (state, address, bandwidth)"
                .into()
        }
        Test::Acl => "tccli vpc DescribeNetworkAcls (the ACL of the instance's subnet)".into(),
        Test::Witness => format!(
            "sudo reachdx inside --witness 20s --from {{client}} > inside.json (on the instance, while the next runs); \
             {check}{} --format json > run.json; \
             reachdx report run.json --inside inside.json",
            company(case)
        ),
    }
}

/// Services to ask beside the flow's own: one of them that is seen to arrive shows that the watch would
/// have seen the flow as well.
fn company(case: &Case<'_>) -> String {
    let mut others = String::new();
    for name in ["ssh", "http", "https"] {
        let usual = probes::service(name).and_then(|service| service.default_port);
        if usual != case.flow.port {
            others.push(',');
            others.push_str(name);
        }
    }
    others
}

/// The service as `--service` takes it.
fn service(case: &Case<'_>) -> String {
    let usual = probes::service(&case.flow.service).and_then(|service| service.default_port);
    match (usual, case.flow.port) {
        (Some(usual), Some(port)) if port != usual => format!("{}={port}", case.flow.service),
        (Some(_), _) => case.flow.service.clone(),
        (None, _) => case.flow.label.clone(),
    }
}

/// More than this and a reader tries none.
const LIMIT: usize = 4;
