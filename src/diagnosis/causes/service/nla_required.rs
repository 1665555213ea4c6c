use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.nla_required",
    layer: Layer::Service,
    title: "RDP insists on network level authentication",
    page: include_str!("nla_required.md"),
    scope: scope::never,
    weight: 1,
    predicts: &[
        Reading::Answered,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    remedy: Remedy::Steps(Steps {
        summary: "use a client with network level authentication",
        risk: Risk::Manual,
        steps: &["use a current RDP client"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
