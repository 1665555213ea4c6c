use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.overloaded",
    layer: Layer::Instance,
    title: "the instance is overloaded",
    page: include_str!("overloaded.md"),
    scope: scope::inbound,
    weight: 4,
    predicts: &[
        Reading::AnsweredLate,
        Reading::ConnectedLate,
        Reading::LostSome,
        Reading::Silent,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
        Reading::Exhausted,
    ],
    convicts: &[
        &[Reading::Exhausted, Reading::AnsweredLate],
        &[Reading::Exhausted, Reading::ConnectedLate],
        &[Reading::Exhausted, Reading::Silent],
    ],
    supports: &[Reading::Exhausted],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "free the resource that is exhausted",
        risk: Risk::Manual,
        steps: &["look at load, memory, disk and descriptors on the instance"],
        commands: &[("sh", "uptime; free -m; df -h; cat /proc/pressure/*")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
