use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.error",
    layer: Layer::Service,
    title: "the service speaks its protocol and reports a failure",
    page: include_str!("error.md"),
    scope: scope::inbound_tcp,
    weight: 20,
    predicts: &[
        Reading::AnsweredError,
        Reading::LocalError,
        Reading::LocalAnswers,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[&[Reading::AnsweredError], &[Reading::LocalError]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "mend the application or its upstream",
        risk: Risk::Review,
        steps: &[
            "502 and 504: check the upstream; 503: check the application",
            "SMTP 4xx and 5xx: check the mail server's policy",
        ],
        commands: &[("sh", "journalctl -n 50 --no-pager")],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
