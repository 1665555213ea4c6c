use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.source_not_allowed",
    layer: Layer::SecurityGroup,
    title: "the security groups allow {flow} from other sources only",
    page: include_str!("source_not_allowed.md"),
    scope: scope::inbound,
    weight: 30,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsSource,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::GroupsSource]],
    settled_by: &[Test::Rules, Test::From],
    remedy: Remedy::SecurityGroup,
    ..Cause::BLANK
};
