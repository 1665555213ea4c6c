use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.ports_exhausted",
    layer: Layer::Instance,
    title: "the instance has no free local port",
    page: include_str!("ports_exhausted.md"),
    scope: scope::outbound,
    weight: 30,
    predicts: &[Reading::NoLocalPort],
    convicts: &[&[Reading::NoLocalPort]],
    remedy: Remedy::Steps(Steps {
        summary: "close leaked connections, or widen the port range",
        risk: Risk::Manual,
        steps: &[
            "find the process that holds the connections",
            "widen net.ipv4.ip_local_port_range",
        ],
        commands: &[("sh", "ss -s; sysctl net.ipv4.ip_local_port_range")],
        rollback: "restore the range",
    }),
    ..Cause::BLANK
};
