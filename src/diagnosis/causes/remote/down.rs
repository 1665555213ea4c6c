use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "remote.down",
    layer: Layer::Remote,
    title: "nothing listens at the far end",
    page: include_str!("down.md"),
    scope: scope::outbound,
    weight: 20,
    predicts: &[
        Reading::Refused,
        Reading::HostUnreachable,
        Reading::ElsewhereAnswers,
        Reading::GroupsAllow,
    ],
    convicts: &[&[Reading::Refused, Reading::ElsewhereAnswers]],
    settled_by: &[Test::OutboundControls],
    remedy: Remedy::Steps(Steps {
        summary: "use another far end",
        risk: Risk::Manual,
        steps: &["not ours: try another mail exchanger or relay"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
