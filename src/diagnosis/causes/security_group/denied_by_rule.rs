use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.denied_by_rule",
    layer: Layer::SecurityGroup,
    title: "a security group rule denies {flow}",
    page: include_str!("denied_by_rule.md"),
    scope: scope::inbound,
    weight: 15,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsRule,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsRule]],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
