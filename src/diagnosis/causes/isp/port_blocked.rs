use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "isp.port_blocked",
    layer: Layer::Isp,
    title: "a network on the way blocks {flow}",
    page: include_str!("port_blocked.md"),
    scope: scope::port_not_25,
    weight: 8,
    predicts: &[
        Reading::Timeout,
        Reading::ProhibitedInTransit,
        Reading::Refused,
        Reading::TraceStopsInTransit,
        Reading::TraceStopsEarly,
        Reading::TraceEndsInTransit,
        Reading::LeavesTheCloud,
        Reading::NotAtInterface,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerResent,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
    ],
    convicts: &[
        &[
            Reading::TraceStopsInTransit,
            Reading::PortListed,
            Reading::GroupsAllow,
        ],
        &[Reading::TraceEndsInTransit, Reading::Listening],
        &[Reading::ProhibitedInTransit],
    ],
    supports: &[Reading::PortListed],
    settled_by: &[Test::Elsewhere, Test::Rules],
    remedy: Remedy::Steps(Steps {
        summary: "move the service to a port that networks do not block",
        risk: Risk::Manual,
        steps: &[
            "make the service listen on an unlisted port; `reachdx ports PORT` tells whether one is listed",
            "open that port in the security group for the clients that need it",
            "no change of security group helps while the port stays",
        ],
        commands: &[("sh", "reachdx ports {port}")],
        rollback: "move the service back",
    }),
    ..Cause::BLANK
};
