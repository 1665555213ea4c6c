use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "edge.address_blocked",
    layer: Layer::Edge,
    title: "the address is in a DDoS black hole",
    page: include_str!("address_blocked.md"),
    scope: scope::inbound,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::HostUnreachable,
        Reading::NoneAnswers,
        Reading::NotAtInterface,
    ],
    settled_by: &[Test::Document],
    remedy: Remedy::Steps(Steps {
        summary: "wait for the unblock time, or change the address",
        risk: Risk::Manual,
        steps: &[
            "look the address up in the anti-DDoS console: blocked addresses carry their unblock time",
            "use a self-service unblock, or bind another address",
        ],
        commands: &[("tccli", "tccli antiddos DescribeIpBlockList")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
