//! The vendor's commands, and what edits open.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

#[path = "support/change.rs"]
mod change;
mod support;

use change::opened;
use rulesets::tencent::{bind_order_command, create_rule_command, delete_rule_command};
use rulesets::{
    Direction, Rule, SecurityGroup, SecurityGroups, Verdict, parse_security_group, ready_group,
};
use support::{flow, group};

fn bound(groups: Vec<SecurityGroup>) -> SecurityGroups {
    SecurityGroups { groups }
}

/// The first rule of a group made of this one line.
fn rule(line: &str) -> Rule {
    let group = group("sg-1", &[line]);
    let mut rules = [group.ingress, group.egress].concat();
    rules.remove(0)
}

/// The policy set in a command that quotes it plainly.
fn policy_set(command: &str) -> &str {
    let (_, set) = command.split_once("--SecurityGroupPolicySet '").unwrap();
    set.strip_suffix('\'').unwrap()
}

#[test]
fn a_rule_is_created_at_its_place_and_taken_back_by_its_content() {
    let rule = Rule::allow(&flow("in tcp 22 198.51.100.7")).unwrap();
    assert_eq!(
        create_rule_command("sg-1", Some("12"), Direction::Inbound, 3, &rule),
        "tccli vpc CreateSecurityGroupPolicies --SecurityGroupId sg-1 --SecurityGroupPolicySet \
         '{\"Ingress\":[{\"Action\":\"ACCEPT\",\"CidrBlock\":\"198.51.100.7/32\",\"PolicyIndex\":3,\
         \"Port\":\"22\",\"Protocol\":\"TCP\"}],\"Version\":\"12\"}'"
    );
    assert_eq!(
        delete_rule_command("sg-1", Direction::Inbound, &rule),
        "tccli vpc DeleteSecurityGroupPolicies --SecurityGroupId sg-1 --SecurityGroupPolicySet \
         '{\"Ingress\":[{\"Action\":\"ACCEPT\",\"CidrBlock\":\"198.51.100.7/32\",\"Port\":\"22\",\
         \"Protocol\":\"TCP\"}]}'"
    );
}

#[test]
fn every_rule_reads_back_from_its_own_command() {
    for line in [
        "in ACCEPT tcp 22,8000-8010 10.0.0.0/8",
        "in DROP udp ALL 0.0.0.0/0",
        "in ACCEPT icmp - 0.0.0.0/0",
        "in ACCEPT icmpv6 ALL ::/0",
        "in DROP ALL ALL ::/0",
        "in ACCEPT gre - sg-2",
        "in ACCEPT tcp 22 ipm-1",
        "in ACCEPT tcp 22 ipmg-1",
        "in ACCEPT ppm-1 - 0.0.0.0/0",
        "in ACCEPT ppmg-1 - 0.0.0.0/0",
        "in ACCEPT tcp 22 -",
        "out ACCEPT tcp 25 2001:db8::/32",
    ] {
        let rule = rule(line);
        let direction = if line.starts_with("in") {
            Direction::Inbound
        } else {
            Direction::Outbound
        };
        let command = create_rule_command("sg-1", None, direction, 0, &rule);
        let read = parse_security_group(policy_set(&command), "sg-1").unwrap();
        let read = &read.rules(direction)[0];
        assert_eq!(
            (read.action, &read.service, &read.peer),
            (rule.action, &rule.service, &rule.peer)
        );
    }
}

#[test]
fn groups_are_bound_in_order_as_a_whole_list() {
    let ids = ["sg-allpass".to_owned(), "sg-1".to_owned()];
    assert_eq!(
        bind_order_command("ins-1", &ids),
        "tccli cvm ModifyInstancesAttribute --InstanceIds '[\"ins-1\"]' --SecurityGroups \
         '[\"sg-allpass\",\"sg-1\"]'"
    );
}

#[test]
fn hostile_names_stay_one_word_of_the_command() {
    let rule = rule("in ACCEPT tcp 22 10.0.0.0/8");
    let command = |id| create_rule_command(id, None, Direction::Inbound, 0, &rule);
    assert!(command("x; rm -rf ~").contains("--SecurityGroupId 'x; rm -rf ~' --"));
    assert!(command("it's").contains(r"--SecurityGroupId 'it'\''s' --"));
    assert!(command("a\nb").contains(r"--SecurityGroupId $'a\U0000000ab' --"));
    let ids = ["'$(reboot)\n\u{202e}".to_owned()];
    assert!(
        bind_order_command("ins-1", &ids)
            .ends_with(r#"--SecurityGroups '["'\''$(reboot)\n\u202e"]'"#)
    );
}

#[test]
fn a_rule_goes_above_the_deny_that_decides_and_else_to_the_end() {
    let closed = group(
        "sg-1",
        &["in ACCEPT tcp 80 0.0.0.0/0", "in DROP ALL ALL 0.0.0.0/0"],
    );
    let open = group("sg-2", &["in ACCEPT tcp 22 10.0.0.0/8"]);
    let client = flow("in tcp 22 198.51.100.7");
    assert_eq!(
        bound(vec![closed.clone(), open.clone()]).placement(&client),
        (0, 1)
    );
    assert_eq!(bound(vec![open.clone(), closed]).placement(&client), (1, 1));
    assert_eq!(bound(vec![open.clone(), open]).placement(&client), (1, 1));
    assert_eq!(bound(Vec::new()).placement(&client), (0, 0));
}

#[test]
fn an_all_pass_group_helps_at_the_top_and_not_below_a_deny() {
    let closed = bound(vec![group("sg-1", &["in DROP tcp ALL 0.0.0.0/0"])]);
    let all_pass = ready_group("all-pass", None).unwrap().group;
    let client = flow("in tcp 22 198.51.100.7");
    let allowed =
        |groups: &SecurityGroups| matches!(groups.explain(&client).verdict, Verdict::Allow { .. });
    assert!(allowed(&closed.with_group_first(all_pass.clone())));
    assert!(!allowed(&closed.with_group_last(all_pass)));
}

#[test]
fn a_rule_for_a_group_that_is_not_there_changes_nothing() {
    let groups = bound(vec![group("sg-1", &[])]);
    let rule = rule("in ACCEPT tcp 22 10.0.0.0/8");
    assert_eq!(
        groups.with_rule(1, Direction::Inbound, 0, rule.clone()),
        groups
    );
    let added = groups.with_rule(0, Direction::Outbound, 9, rule.clone());
    assert_eq!(added.groups[0].egress, [rule]);
}

#[test]
fn the_narrowest_rule_opens_one_flow() {
    let before = bound(vec![group("sg-1", &["in DROP tcp 22 0.0.0.0/0"])]);
    let client = flow("in tcp 22 198.51.100.7");
    let (group, position) = before.placement(&client);
    let rule = Rule::allow(&client).unwrap();
    let after = before.with_rule(group, client.direction, position, rule);
    let opened = opened(&before, &after);
    assert_eq!(
        (opened.flows, opened.summary.as_str()),
        (1, "inbound tcp 22 from 198.51.100.7/32")
    );
}

#[test]
fn a_summary_names_ranges_that_are_no_block_and_cuts_long_lists() {
    let none = bound(Vec::new());
    let around: &[&str] = &["in DROP tcp ALL 10.0.0.1", "in ACCEPT tcp 22 10.0.0.0/29"];
    let around = opened(&none, &bound(vec![group("sg-1", around)]));
    assert_eq!(
        around.summary,
        "inbound tcp 22 from 10.0.0.0/32; inbound tcp 22 from 10.0.0.2-10.0.0.7"
    );
    let lines: Vec<String> = (1..9)
        .map(|n| format!("in ACCEPT tcp {n}0 10.0.0.0/8"))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let many = opened(&none, &bound(vec![group("sg-1", &lines)])).summary;
    assert!(
        many.ends_with("inbound tcp 60 from 10.0.0.0/8; and 2 more"),
        "{many}"
    );
    let all = ready_group("all-pass", None).unwrap().group;
    let everything = opened(&none, &bound(vec![all]));
    assert_eq!((everything.flows, everything.regions.len()), (u64::MAX, 20));
}

#[test]
fn five_full_groups_are_compared_quickly() {
    let full = |seed: u32| {
        let rule = |n: u32| {
            let n = n + seed * 100;
            let (a, b) = (n % 223 + 1, n % 251);
            let action = if n.is_multiple_of(3) {
                "DROP"
            } else {
                "ACCEPT"
            };
            format!(
                "in {action} tcp {}-{},{} {a}.{b}.0.0/16",
                n * 7,
                n * 7 + 40,
                60_000 + n
            )
        };
        let lines: Vec<String> = (0..100).map(rule).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        group(&format!("sg-{seed}"), &lines)
    };
    let groups = bound((0..5).map(full).collect());
    let all = groups.with_group_first(ready_group("all-pass", None).unwrap().group);
    assert_eq!(opened(&groups, &all).flows, u64::MAX);
    assert_eq!(opened(&all, &groups).flows, 0);
}
