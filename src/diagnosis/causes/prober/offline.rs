use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "prober.offline",
    layer: Layer::Prober,
    title: "our own side has no network",
    page: include_str!("offline.md"),
    scope: scope::inbound,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::NoRoute,
        Reading::NeighbourUnreachable,
        Reading::NoneAnswers,
        Reading::Offline,
        Reading::ResolverSilent,
        Reading::NameResolves,
        Reading::NotAtInterface,
    ],
    convicts: &[&[Reading::NoRoute], &[Reading::Offline]],
    excludes: &[Reading::Online],
    settled_by: &[Test::Control],
    remedy: Remedy::Steps(Steps {
        summary: "restore our own network, then run the check again",
        risk: Risk::Manual,
        steps: &[
            "check the cable, the wireless link or the VPN of the machine that runs the check",
            "check that it has an address and a default route",
        ],
        commands: &[("sh", "ip -brief address; ip route; ip -6 route")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
