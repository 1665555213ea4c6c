use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "isp.middlebox",
    layer: Layer::Isp,
    title: "something in between completes the handshake and does not forward",
    page: include_str!("middlebox.md"),
    scope: scope::inbound_tcp,
    weight: 6,
    predicts: &[
        Reading::Silent,
        Reading::ClosedAtOnce,
        Reading::ClosedLate,
        Reading::WrongProtocol,
        Reading::TlsFailed,
        Reading::TraceEndsInTransit,
        Reading::LocalAnswers,
    ],
    supports: &[Reading::TraceEndsInTransit, Reading::NotAtInterface],
    settled_by: &[Test::Inside, Test::Witness],
    remedy: Remedy::Steps(Steps {
        summary: "check the load balancer, the anti-DDoS service or the proxy in front of the instance",
        risk: Risk::Manual,
        steps: &[
            "list what stands in front of the address: load balancer, anti-DDoS, firewall service",
            "check its health check and its backend",
        ],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
