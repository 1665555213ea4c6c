use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.stopped",
    layer: Layer::Instance,
    title: "the instance is not running",
    page: include_str!("stopped.md"),
    scope: scope::inbound,
    weight: 10,
    predicts: &[
        Reading::Timeout,
        Reading::HostUnreachable,
        Reading::NeighbourUnreachable,
        Reading::NoneAnswers,
    ],
    supports: &[Reading::NoneAnswers],
    excludes: &[Reading::Reported],
    settled_by: &[Test::Document, Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "start the instance",
        risk: Risk::Manual,
        steps: &["look at the instance's state in the console, and start it"],
        commands: &[("tccli", "tccli cvm DescribeInstances")],
        rollback: "stop it again",
    }),
    ..Cause::BLANK
};
