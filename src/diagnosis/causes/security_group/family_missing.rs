use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.family_missing",
    layer: Layer::SecurityGroup,
    title: "the security groups allow {flow} for the other address family only",
    page: include_str!("family_missing.md"),
    scope: scope::inbound,
    weight: 5,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsFamily,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsFamily]],
    supports: &[Reading::OtherFamilyAnswers],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
