use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "listener.none",
    layer: Layer::Listener,
    title: "nothing listens on {flow}",
    page: include_str!("none.md"),
    scope: scope::inbound_port,
    weight: 50,
    predicts: &[
        Reading::Refused,
        Reading::NothingListens,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::Arrived,
        Reading::ResetLeft,
        Reading::CountersKernelReset,
    ],
    convicts: &[&[Reading::NothingListens]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "start the service",
        risk: Risk::Review,
        steps: &["start the service on the instance and read its log when it does not stay up"],
        commands: &[("sh", "ss -ltnp; systemctl --failed")],
        rollback: "stop the service",
    }),
    ..Cause::BLANK
};
