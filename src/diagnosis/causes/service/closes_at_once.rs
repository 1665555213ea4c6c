use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.closes_at_once",
    layer: Layer::Service,
    title: "the service accepts, then closes on everyone",
    page: include_str!("closes_at_once.md"),
    scope: scope::inbound_tcp,
    weight: 15,
    predicts: &[
        Reading::ClosedAtOnce,
        Reading::LocalCloses,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[&[Reading::LocalCloses]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "read the daemon's log, and mend what makes it close",
        risk: Risk::Review,
        steps: &["read the daemon's log for the moment of the check"],
        commands: &[("sh", "journalctl -n 50 --no-pager")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
