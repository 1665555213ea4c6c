use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "isp.loss",
    layer: Layer::Isp,
    title: "packets are lost on the way",
    page: include_str!("loss.md"),
    scope: scope::inbound,
    weight: 8,
    predicts: &[Reading::LostSome, Reading::ConnectedLate],
    settled_by: &[Test::Elsewhere],
    remedy: Remedy::Steps(Steps {
        summary: "have the path measured in both directions, and tell the owner of the lossy network",
        risk: Risk::Manual,
        steps: &[
            "run a path trace of 100 packets from here to the target and another back",
            "send both to the network's owner",
        ],
        commands: &[("sh", "mtr -rwzbc 100 {target}")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
