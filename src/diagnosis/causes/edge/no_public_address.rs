use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "edge.no_public_address",
    layer: Layer::Edge,
    title: "the instance has no public address",
    page: include_str!("no_public_address.md"),
    scope: scope::inbound,
    weight: 3,
    predicts: &[
        Reading::Timeout,
        Reading::HostUnreachable,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
    ],
    settled_by: &[Test::Document],
    remedy: Remedy::Steps(Steps {
        summary: "bind an elastic address",
        risk: Risk::Manual,
        steps: &[
            "look at the instance in the console: has it a public address?",
            "apply for an elastic address and bind it",
        ],
        commands: &[("tccli", "tccli vpc DescribeAddresses")],
        rollback: "unbind the address",
    }),
    ..Cause::BLANK
};
