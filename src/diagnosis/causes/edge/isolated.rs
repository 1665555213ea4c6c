use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "edge.isolated",
    layer: Layer::Edge,
    title: "the instance is isolated for security",
    page: include_str!("isolated.md"),
    scope: scope::inbound,
    weight: 2,
    predicts: &[
        Reading::Timeout,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
    ],
    settled_by: &[Test::Document],
    remedy: Remedy::Steps(Steps {
        summary: "clean the instance up over the private network, then ask for release by ticket",
        risk: Risk::Manual,
        steps: &[
            "log in through the private network on 22, 36000 or 3389, or over the console's VNC",
            "remove what the notice names, then open a ticket",
        ],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
