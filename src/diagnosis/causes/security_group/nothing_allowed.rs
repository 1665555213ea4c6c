use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.nothing_allowed",
    layer: Layer::SecurityGroup,
    title: "the bound security groups allow nothing at all",
    page: include_str!("nothing_allowed.md"),
    scope: scope::inbound,
    weight: 10,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsNothing,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsNothing]],
    supports: &[Reading::NoneAnswers],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
