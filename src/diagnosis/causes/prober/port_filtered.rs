use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "prober.port_filtered",
    layer: Layer::Prober,
    title: "our own network filters {flow}",
    page: include_str!("port_filtered.md"),
    scope: scope::inbound_port,
    weight: 8,
    predicts: &[
        Reading::Timeout,
        Reading::LocallyForbidden,
        Reading::ProhibitedNearby,
        Reading::TraceStopsAtProber,
        Reading::TraceStopsEarly,
        Reading::NotAtInterface,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerResent,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
    ],
    convicts: &[
        &[Reading::LocallyForbidden],
        &[Reading::ProhibitedNearby],
        &[Reading::TraceStopsAtProber],
    ],
    settled_by: &[Test::Elsewhere],
    remedy: Remedy::Steps(Steps {
        summary: "run the check from another network, or have {flow} opened in our own firewall",
        risk: Risk::Manual,
        steps: &[
            "run the same check over another network, such as a mobile one",
            "ask the owner of the network you are in to allow {flow} outbound",
        ],
        commands: &[("sh", "nft list ruleset; iptables-save")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
