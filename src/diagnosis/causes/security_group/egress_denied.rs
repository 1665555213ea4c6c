use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.egress_denied",
    layer: Layer::SecurityGroup,
    title: "the security groups deny {flow} outbound",
    page: include_str!("egress_denied.md"),
    scope: scope::outbound,
    weight: 40,
    predicts: &[
        Reading::Timeout,
        Reading::GroupsEgress,
        Reading::LeavesNoTrace,
    ],
    convicts: &[&[Reading::GroupsEgress]],
    settled_by: &[Test::Rules],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
