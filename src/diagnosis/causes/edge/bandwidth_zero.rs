use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "edge.bandwidth_zero",
    layer: Layer::Edge,
    title: "the public bandwidth is 0",
    page: include_str!("bandwidth_zero.md"),
    scope: scope::inbound,
    weight: 2,
    predicts: &[
        Reading::Timeout,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerResent,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
    ],
    settled_by: &[Test::Document],
    remedy: Remedy::Steps(Steps {
        summary: "raise the bandwidth cap to 1 Mbps or more",
        risk: Risk::Manual,
        steps: &["look at the instance's public bandwidth in the console and raise it"],
        commands: &[("tccli", "tccli cvm DescribeInstances")],
        rollback: "restore the former cap",
    }),
    ..Cause::BLANK
};
