use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.hung",
    layer: Layer::Service,
    title: "the service accepts, then stays silent",
    page: include_str!("hung.md"),
    scope: scope::inbound_tcp,
    weight: 30,
    predicts: &[
        Reading::Silent,
        Reading::LocalSilent,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[&[Reading::LocalSilent]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "restart the service",
        risk: Risk::Review,
        steps: &[
            "look at the state of its process (T: stopped, D: waiting for disk)",
            "read its log, then restart it",
        ],
        commands: &[(
            "sh",
            "ss -ltnp sport = :{port}; ps -eo pid,stat,wchan:20,comm",
        )],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
