use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.allow_shadowed",
    layer: Layer::SecurityGroup,
    title: "the rule that allows {flow} stands below one that denies it",
    page: include_str!("allow_shadowed.md"),
    scope: scope::inbound,
    weight: 8,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsShadowed,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsShadowed]],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
