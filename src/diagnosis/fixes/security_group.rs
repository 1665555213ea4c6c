//! Fixes of the security groups: the one rule that is missing, beside the all-pass group.

use super::{UNKNOWN, after, opens};
use crate::diagnosis::sense::judge_groups;
use crate::diagnosis::{Case, Cause, Certainty, FixReport, Risk};
use rulesets::{Direction, Rule, SecurityGroups, ready_group, tencent};
use std::collections::BTreeMap;

/// The minimal rule, then the all-pass group; none without rules to change.
pub(super) fn fixes(case: &Case<'_>, _: &Cause, certainty: Certainty) -> Vec<FixReport> {
    let Some(groups) = &case.run.evidence.groups else {
        return Vec::new();
    };
    if certainty == Certainty::Possible || groups.groups.is_empty() {
        return Vec::new();
    }
    minimal(case, groups)
        .into_iter()
        .chain(all_pass(case, groups))
        .collect()
}

fn minimal(case: &Case<'_>, groups: &SecurityGroups) -> Option<FixReport> {
    let flow = case.rule_flow()?;
    let rule = Rule::allow(&flow)?;
    let (number, position) = groups.placement(&flow);
    let group = groups.groups.get(number)?;
    let changed = groups.with_rule(number, flow.direction, position, rule.clone());
    let opens = opens::by_groups(groups, &changed);
    let list = list(flow.direction);
    let place = if position == group.rules(flow.direction).len() {
        "at the end".to_owned()
    } else {
        format!("at index {position}, above the rule that denies")
    };
    Some(FixReport {
        id: "security_group.add_rule".into(),
        summary: format!(
            "add one {list} rule to {}, {place}: {}",
            group.id, rule.text
        ),
        risk: if opens.flows <= 1 {
            Risk::Safe
        } else {
            Risk::Review
        },
        after: after_change(case, &changed),
        opens,
        steps: vec![
            format!("console: security groups, {}, {list} rules", group.id),
            format!("insert the rule {place}: {}", rule.text),
            format!(
                "every instance bound to {} gets this rule: look at its associations first",
                group.id
            ),
            "rules take effect at once; run the check again".into(),
        ],
        commands: BTreeMap::from([(
            "tccli".into(),
            tencent::create_rule_command(
                &group.id,
                group.version.as_deref(),
                flow.direction,
                position,
                &rule,
            ),
        )]),
        rollback: tencent::delete_rule_command(&group.id, flow.direction, &rule),
    })
}

fn all_pass(case: &Case<'_>, groups: &SecurityGroups) -> Option<FixReport> {
    let mut group = ready_group("all-pass", None).ok()?.group;
    group.id = ALL_PASS.into();
    let first = groups.with_group_first(group.clone());
    let last_helps = judge_groups(case, &groups.with_group_last(group))
        .is_some_and(|reading| reading == crate::diagnosis::Reading::GroupsAllow);
    let opens = opens::by_groups(groups, &first);
    let ids: Vec<_> = groups.groups.iter().map(|group| group.id.clone()).collect();
    let with_first: Vec<_> = std::iter::once(ALL_PASS.to_owned())
        .chain(ids.iter().cloned())
        .collect();
    let place = if last_helps {
        "bind it; any place helps here, as only the implicit reject stands in the way"
    } else {
        "bind it FIRST: below a rule that denies, as the last group, it does not help"
    };
    Some(FixReport {
        id: "security_group.bind_all_pass".into(),
        summary: if last_helps {
            "as a test only, bind an all-pass group in first place: everything passes then".into()
        } else {
            "as a test only, bind an all-pass group in FIRST place: everything passes then; as the \
             last group it would not help, since a rule denies before it"
                .into()
        },
        risk: Risk::Review,
        after: after_change(case, &first),
        opens,
        steps: vec![
            "console: create a security group from the template that opens all ports".into(),
            place.into(),
            "an instance takes 5 groups at most; the binding replaces the whole list".into(),
            "run the check again, then bind the former groups alone".into(),
        ],
        commands: BTreeMap::from([(
            "tccli".into(),
            tencent::bind_order_command(INSTANCE, &with_first),
        )]),
        rollback: tencent::bind_order_command(INSTANCE, &ids),
    })
}

/// The flow's state with other groups in place of those bound.
fn after_change(case: &Case<'_>, groups: &SecurityGroups) -> crate::diagnosis::After {
    let mut changed = case.clone();
    let Some(reading) = judge_groups(case, groups) else {
        return UNKNOWN;
    };
    if let Some(taken) = changed.readings.get_mut(&reading.sensor()) {
        taken.reading = reading;
    }
    after(&changed, None)
}

fn list(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

const ALL_PASS: &str = "sg-ALL-PASS";
const INSTANCE: &str = "ins-INSTANCE";
