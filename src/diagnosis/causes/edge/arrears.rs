use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "edge.arrears",
    layer: Layer::Edge,
    title: "the address or the instance is suspended for payment",
    page: include_str!("arrears.md"),
    scope: scope::inbound,
    weight: 2,
    predicts: &[
        Reading::Timeout,
        Reading::HostUnreachable,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
    ],
    settled_by: &[Test::Document],
    remedy: Remedy::Steps(Steps {
        summary: "settle the account",
        risk: Risk::Manual,
        steps: &["look at the account's balance and the instance's state in the console"],
        commands: &[("tccli", "tccli cvm DescribeInstances")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
