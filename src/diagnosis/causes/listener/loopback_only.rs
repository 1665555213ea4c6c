use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "listener.loopback_only",
    layer: Layer::Listener,
    title: "the service listens on loopback only",
    page: include_str!("loopback_only.md"),
    scope: scope::inbound_port,
    weight: 15,
    predicts: &[
        Reading::Refused,
        Reading::ListensOnLoopback,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::Arrived,
        Reading::ResetLeft,
        Reading::CountersKernelReset,
    ],
    convicts: &[&[Reading::ListensOnLoopback]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "make the service listen on the instance's address",
        risk: Risk::Review,
        steps: &[
            "change its listen address from 127.0.0.1 to 0.0.0.0 (or the private address), then restart it",
        ],
        commands: &[("sh", "ss -ltnp sport = :{port}")],
        rollback: "restore the listen address",
    }),
    ..Cause::BLANK
};
