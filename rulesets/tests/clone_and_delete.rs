//! What a clone of a group would change, and what keeps a group from being deleted.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::tencent::{Account, GroupProfile, read};
use rulesets::{
    CloneSeverity, CloneTarget, Deletion, DeletionState, SecurityGroup, clone_findings, deletion,
    limit,
};
use serde_json::{Value, json};

fn group(id: &str, rules: &[Value]) -> SecurityGroup {
    let text = json!({"SecurityGroupId": id, "SecurityGroupPolicySet": {"Ingress": rules}});
    read(&text.to_string(), id).unwrap().groups.remove(0)
}

fn rule(name: &str, value: &Value) -> Value {
    json!({"Action": "ACCEPT", "Protocol": "tcp", "Port": "22", name: value})
}

fn there() -> CloneTarget {
    CloneTarget {
        same_account: true,
        same_region: true,
        same_project: true,
        name: Some("copy".to_owned()),
        names: None,
    }
}

/// Findings as lines: severity, rule, text.
fn findings(source: &SecurityGroup, target: &CloneTarget) -> Vec<String> {
    let profile = GroupProfile {
        id: source.id.clone(),
        name: "web".to_owned(),
        ..GroupProfile::default()
    };
    let all = clone_findings(source, Some(&profile), target);
    let line = |one: &rulesets::CloneFinding| {
        let rule = one
            .rule
            .as_ref()
            .map(|rule| format!("{} {}", rule.direction, rule.index));
        format!(
            "{:?} {}: {}",
            one.severity,
            rule.unwrap_or_default(),
            one.text
        )
    };
    all.iter().map(line).collect()
}

const BOUND_TO_NOTHING: &str =
    "Note : the clone is bound to nothing: bind it to each instance that needs it";

#[test]
fn a_clone_in_its_own_place_carries_the_rules_and_no_bindings() {
    let source = group(
        "sg-1",
        &[
            rule("CidrBlock", &json!("10.0.0.0/8")),
            rule("SecurityGroupId", &json!("sg-2")),
        ],
    );
    assert_eq!(findings(&source, &there()), [BOUND_TO_NOTHING]);
    let kept = CloneTarget {
        name: None,
        ..there()
    };
    assert_eq!(
        findings(&source, &kept)[0],
        "Note : a group there is named `web` already: older vendor pages refuse that, so choose another \
         name"
    );
}

#[test]
fn references_do_not_resolve_elsewhere() {
    let service = json!({"Action": "ACCEPT", "ServiceTemplate": {"ServiceId": "ppm-1"},
        "AddressTemplate": {"AddressId": "ipm-1"}});
    let source = group("sg-1", &[rule("SecurityGroupId", &json!("sg-2")), service]);
    let region = CloneTarget {
        same_region: false,
        ..there()
    };
    assert_eq!(
        findings(&source, &region),
        [
            "Differs inbound 0: names group `sg-2`, which does not resolve in another region: name a \
             group or a block of that place",
            "Differs inbound 1: names address template `ipm-1`, which does not resolve in another \
             region: create the template there",
            "Differs inbound 1: names service template `ppm-1`, which does not resolve in another \
             region: create the template there",
            BOUND_TO_NOTHING,
        ]
    );
    let project = CloneTarget {
        same_project: false,
        ..there()
    };
    assert_eq!(findings(&source, &project).len(), 2);
    let account = CloneTarget {
        same_account: false,
        ..there()
    };
    assert_eq!(
        findings(&source, &account)[0],
        "Refused : a group cannot be cloned to another account: write its rules out and create them \
         there"
    );
}

#[test]
fn a_rule_that_names_its_own_group_names_the_source_in_the_clone() {
    let source = group("sg-1", &[rule("SecurityGroupId", &json!("sg-1"))]);
    assert_eq!(
        findings(&source, &there())[0],
        "Differs inbound 0: names the source itself: in the clone it means the members of `sg-1`, not \
         its own"
    );
}

#[test]
fn a_clone_that_is_too_large_or_badly_named_is_refused() {
    let most = limit("tencent", "rules_per_direction").unwrap().value;
    let rules: Vec<Value> = (0..=most)
        .map(|number| rule("SecurityGroupId", &json!(format!("sg-{}", number % 11 + 2))))
        .collect();
    let source = group("sg-1", &rules);
    let target = CloneTarget {
        name: Some("x".repeat(61)),
        names: Some(vec!["y".to_owned(); 50]),
        ..there()
    };
    let all = clone_findings(&source, None, &target);
    let refused = all
        .iter()
        .filter(|one| one.severity == CloneSeverity::Refused);
    let texts: Vec<&str> = refused.map(|one| one.text.as_str()).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts[0].ends_with("is longer than 60 characters: choose a shorter one"));
    assert!(texts[1].starts_with("101 inbound rules are more than the 100 of the usual quota"));
    assert!(texts[2].starts_with("50 groups are there"));
    assert!(texts[3].starts_with("its rules name 11 groups"));
}

fn account(documents: &[Value]) -> Account {
    let mut all = Account::default();
    for document in documents {
        all.extend(read(&document.to_string(), "file").unwrap());
    }
    all
}

fn profile(default: bool) -> Value {
    json!({"SecurityGroupSet": [{"SecurityGroupId": "sg-1", "SecurityGroupName": "web",
        "IsDefault": default}]})
}

fn statistics(machines: u64, referring: u64) -> Value {
    json!({"Response": {"SecurityGroupAssociationStatisticsSet": [{"SecurityGroupId": "sg-1",
        "CVM": machines, "CDB": 0, "ENI": 0, "SG": referring, "CLB": 0, "TotalCount": machines,
        "InstanceStatistics": [{"InstanceType": "CVM", "InstanceCount": machines},
            {"InstanceType": "Redis", "InstanceCount": 0}]}]}})
}

fn obstacles(found: &Deletion) -> Vec<String> {
    let line = |one: &rulesets::Obstacle| format!("{:?}: {}", one.kind, one.text);
    found.obstacles.iter().map(line).collect()
}

#[test]
fn a_group_that_nothing_holds_can_be_deleted() {
    let found = deletion("sg-1", &account(&[profile(false), statistics(0, 0)]));
    assert_eq!(found.state, DeletionState::Possible);
    assert!(found.obstacles.is_empty() && found.missing.is_empty());
}

#[test]
fn what_was_not_looked_at_is_named_as_commands() {
    let found = deletion("sg-1", &Account::default());
    assert_eq!(found.state, DeletionState::Unknown);
    assert_eq!(
        found.missing,
        [
            "run `tccli vpc DescribeSecurityGroups --SecurityGroupIds '[\"sg-1\"]'`",
            "run `tccli vpc DescribeSecurityGroupAssociationStatistics --SecurityGroupIds '[\"sg-1\"]'`",
            "run `tccli vpc DescribeSecurityGroupReferences --SecurityGroupIds '[\"sg-1\"]'`",
        ]
    );
    let counted = deletion("sg-1", &account(&[profile(false), statistics(0, 1)]));
    assert_eq!(counted.state, DeletionState::Unknown);
    assert_eq!(counted.missing.len(), 1);
}

#[test]
fn each_thing_that_holds_a_group_is_named() {
    let machines = json!({"InstanceSet": [
        {"InstanceId": "ins-1", "InstanceState": "RUNNING", "SecurityGroupIds": ["sg-1"]},
        {"InstanceId": "ins-2", "InstanceState": "SHUTDOWN", "SecurityGroupIds": ["sg-1"]}]});
    let other = json!({"SecurityGroupId": "sg-2", "SecurityGroupPolicySet": {"Ingress": [
        {"Action": "ACCEPT", "Protocol": "tcp", "Port": "22", "SecurityGroupId": "sg-1"}]}});
    let own = json!({"SecurityGroupId": "sg-1", "SecurityGroupPolicySet": {"Ingress": [
        {"Action": "ACCEPT", "Protocol": "ALL", "SecurityGroupId": "sg-1"}]}});
    let references = json!({"ReferredSecurityGroupSet": [{"SecurityGroupId": "sg-1",
        "ReferredSecurityGroupIds": ["sg-1", "sg-2", "sg-3"]}]});
    let documents = [
        profile(true),
        statistics(2, 3),
        machines,
        other,
        own,
        references,
    ];
    let found = deletion("sg-1", &account(&documents));
    assert_eq!(found.state, DeletionState::Blocked);
    assert_eq!(
        obstacles(&found),
        [
            "DefaultGroup: it is the default group, which the vendor made and keeps",
            "Bound: `ins-1` is bound to it: bind another group in its place",
            "RecycleBin: `ins-2` is bound to it and lies in the recycle bin: destroy it there, or take \
             it back and bind another group",
            "Bound: it is bound to 2 CVM: bind another group in their place",
            "Referenced: `sg-2` inbound rule 0 `ACCEPT tcp 22 from sg-1` names it: change or delete the \
             rule",
            "Referenced: a rule of `sg-3` names it: change or delete it",
        ]
    );
    let counted = deletion("sg-1", &account(&[profile(false), statistics(2, 0)]));
    assert_eq!(
        obstacles(&counted),
        [
            "Bound: it is bound to 2 CVM: bind another group in their place; instances in the recycle \
             bin count, list all by `tccli cvm DescribeInstances --Filters \
             '[{\"Name\":\"security-group-id\",\"Values\":[\"sg-1\"]}]'`"
        ]
    );
    let itself = json!({"ReferredSecurityGroupSet": [{"SecurityGroupId": "sg-1",
        "ReferredSecurityGroupIds": ["sg-1"]}]});
    let alone = deletion(
        "sg-1",
        &account(&[profile(false), statistics(0, 1), itself]),
    );
    assert_eq!(alone.state, DeletionState::Possible);
}
