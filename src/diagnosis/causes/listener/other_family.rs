use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "listener.other_family",
    layer: Layer::Listener,
    title: "the service listens on the other address family only",
    page: include_str!("other_family.md"),
    scope: scope::inbound_port,
    weight: 4,
    predicts: &[
        Reading::Refused,
        Reading::ListensOtherFamily,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::Arrived,
        Reading::ResetLeft,
        Reading::CountersKernelReset,
    ],
    convicts: &[&[Reading::ListensOtherFamily]],
    supports: &[Reading::OtherFamilyAnswers],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "make the service listen on both families",
        risk: Risk::Review,
        steps: &["add a listen address of the missing family, then restart the service"],
        commands: &[("sh", "ss -ltnpe sport = :{port}")],
        rollback: "restore the listen address",
    }),
    ..Cause::BLANK
};
