use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.no_match",
    layer: Layer::SecurityGroup,
    title: "no rule of the bound security groups allows {flow}",
    page: include_str!("no_match.md"),
    scope: scope::inbound,
    weight: 60,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsNoMatch,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsNoMatch]],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
