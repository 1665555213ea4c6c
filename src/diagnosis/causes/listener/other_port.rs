use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "listener.other_port",
    layer: Layer::Listener,
    title: "the service listens on another port",
    page: include_str!("other_port.md"),
    scope: scope::inbound_port,
    weight: 12,
    predicts: &[
        Reading::Refused,
        Reading::ListensOtherPort,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::Arrived,
        Reading::ResetLeft,
        Reading::CountersKernelReset,
    ],
    convicts: &[&[Reading::ListensOtherPort]],
    settled_by: &[Test::InsideRoot],
    remedy: Remedy::Steps(Steps {
        summary: "connect to the port it listens on, or move it back",
        risk: Risk::Review,
        steps: &[
            "connect to the port the service listens on, and open that port in the security group",
            "or move the service back to {port}",
        ],
        commands: &[("sh", "ss -ltnp")],
        rollback: "restore the port",
    }),
    ..Cause::BLANK
};
