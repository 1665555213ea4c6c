use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.asymmetric_return",
    layer: Layer::Instance,
    title: "replies leave by another interface",
    page: include_str!("asymmetric_return.md"),
    scope: scope::inbound,
    weight: 3,
    predicts: &[
        Reading::Timeout,
        Reading::NoneAnswers,
        Reading::Arrived,
        Reading::AnswerLeftElsewhere,
        Reading::AnswerStuck,
        Reading::AnswerResent,
        Reading::RouteBack,
        Reading::RouteBackElsewhere,
    ],
    supports: &[Reading::AnswerLeftElsewhere, Reading::RouteBackElsewhere],
    settled_by: &[Test::Inside, Test::Witness],
    remedy: Remedy::Steps(Steps {
        summary: "add a routing rule for each interface",
        risk: Risk::Manual,
        steps: &[
            "give each interface a routing table of its own and a rule for its source address",
        ],
        commands: &[("sh", "ip rule; ip route get {client}")],
        rollback: "remove the rules",
    }),
    ..Cause::BLANK
};
