use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "remote.rejects",
    layer: Layer::Remote,
    title: "the far end speaks and refuses",
    page: include_str!("rejects.md"),
    scope: scope::outbound,
    weight: 20,
    predicts: &[
        Reading::AnsweredError,
        Reading::TurnedAway,
        Reading::ClosedAtOnce,
        Reading::ClosedLate,
        Reading::WrongProtocol,
    ],
    convicts: &[&[Reading::AnsweredError], &[Reading::TurnedAway]],
    remedy: Remedy::Steps(Steps {
        summary: "read its words: reputation, reverse record or policy",
        risk: Risk::Manual,
        steps: &[
            "set a reverse record for the address",
            "ask to be taken off block lists, or relay",
        ],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
