use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "remote.filtered",
    layer: Layer::Remote,
    title: "the far end filters this instance",
    page: include_str!("filtered.md"),
    scope: scope::outbound,
    weight: 15,
    predicts: &[
        Reading::Timeout,
        Reading::Prohibited,
        Reading::ProhibitedInTransit,
        Reading::ElsewhereAnswers,
        Reading::GroupsAllow,
        Reading::LeavesTheCloud,
    ],
    convicts: &[&[
        Reading::Timeout,
        Reading::ElsewhereAnswers,
        Reading::GroupsAllow,
    ]],
    settled_by: &[Test::OutboundControls, Test::Rules],
    remedy: Remedy::Steps(Steps {
        summary: "use another far end, and check this address's reputation",
        risk: Risk::Manual,
        steps: &[
            "not ours: try another far end",
            "look the address up in the common block lists",
        ],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
