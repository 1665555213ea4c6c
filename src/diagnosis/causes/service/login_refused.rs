use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.login_refused",
    layer: Layer::Service,
    title: "the SSH settings refuse this login",
    page: include_str!("login_refused.md"),
    scope: scope::never,
    weight: 1,
    predicts: &[
        Reading::Answered,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    remedy: Remedy::Steps(Steps {
        summary: "change the setting that refuses it",
        risk: Risk::Manual,
        steps: &[
            "read the effective settings for this client with `sshd -T -C`",
            "change AllowUsers, PermitRootLogin or the methods",
        ],
        commands: &[("sh", "sshd -T -C user=root,host={client},addr={client}")],
        rollback: "restore the setting",
    }),
    ..Cause::BLANK
};
