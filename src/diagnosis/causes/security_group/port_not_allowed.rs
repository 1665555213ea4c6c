use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.port_not_allowed",
    layer: Layer::SecurityGroup,
    title: "the security groups allow another port or protocol only",
    page: include_str!("port_not_allowed.md"),
    scope: scope::inbound,
    weight: 15,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsPort,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsPort]],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
