use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "listener.other_address",
    layer: Layer::Listener,
    title: "the service listens on another local address",
    page: include_str!("other_address.md"),
    scope: scope::inbound_port,
    weight: 5,
    predicts: &[
        Reading::Refused,
        Reading::ListensElsewhere,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::Arrived,
        Reading::ResetLeft,
        Reading::CountersKernelReset,
    ],
    convicts: &[&[Reading::ListensElsewhere]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "make the service listen on the address that is asked",
        risk: Risk::Review,
        steps: &["change its listen address, then restart it"],
        commands: &[("sh", "ss -ltnp sport = :{port}")],
        rollback: "restore the listen address",
    }),
    ..Cause::BLANK
};
