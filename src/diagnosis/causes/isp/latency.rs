use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "isp.latency",
    layer: Layer::Isp,
    title: "the round trip is long",
    page: include_str!("latency.md"),
    scope: scope::inbound,
    weight: 6,
    predicts: &[Reading::ConnectedLate],
    settled_by: &[Test::Elsewhere],
    remedy: Remedy::Steps(Steps {
        summary: "raise the clients' time-outs, or serve from nearer",
        risk: Risk::Manual,
        steps: &[
            "compare the round-trip time from several networks",
            "raise time-outs until the path is better",
        ],
        commands: &[("sh", "ping -c 20 {target}")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
