use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "isp.smtp_blocked",
    layer: Layer::Isp,
    title: "a network on the way blocks TCP 25 towards everyone",
    page: include_str!("smtp_blocked.md"),
    scope: scope::port_25,
    weight: 12,
    predicts: &[
        Reading::Timeout,
        Reading::ProhibitedInTransit,
        Reading::Refused,
        Reading::TraceStopsInTransit,
        Reading::TraceStopsEarly,
        Reading::TraceEndsInTransit,
        Reading::LeavesTheCloud,
        Reading::ElsewhereSilent,
        Reading::NotAtInterface,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerResent,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
    ],
    supports: &[Reading::TraceStopsInTransit],
    settled_by: &[Test::Control, Test::Elsewhere],
    remedy: Remedy::Steps(Steps {
        summary: "test from another network, or use submission on 587",
        risk: Risk::Manual,
        steps: &[
            "check port 25 of an unrelated mail host from here: if that is dead as well, this network blocks it",
            "test from a server in another network, or submit mail on 587",
        ],
        commands: &[("sh", "nc -vz -w 5 {target} 587")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
