use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.denied_by_earlier_group",
    layer: Layer::SecurityGroup,
    title: "a security group of higher priority denies {flow}",
    page: include_str!("denied_by_earlier_group.md"),
    scope: scope::inbound,
    weight: 6,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsEarlier,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsEarlier]],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
