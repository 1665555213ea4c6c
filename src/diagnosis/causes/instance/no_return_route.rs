use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.no_return_route",
    layer: Layer::Instance,
    title: "the instance has no route to the far end",
    page: include_str!("no_return_route.md"),
    scope: scope::any,
    weight: 5,
    predicts: &[
        Reading::Timeout,
        Reading::NoRoute,
        Reading::NoneAnswers,
        Reading::OutboundDead,
        Reading::NoRouteBack,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::CountersNoRoute,
    ],
    convicts: &[
        &[Reading::NoRouteBack],
        &[Reading::NothingLeft, Reading::CountersNoRoute],
        &[Reading::CountersNoRoute],
    ],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "add the missing route",
        risk: Risk::Manual,
        steps: &[
            "log in over the console's VNC",
            "add the default route through the subnet's gateway, and make it permanent",
        ],
        commands: &[("sh", "ip route; ip route add default via GATEWAY")],
        rollback: "ip route del default via GATEWAY",
    }),
    ..Cause::BLANK
};
