use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.turns_client_away",
    layer: Layer::Service,
    title: "the service turns this client away",
    page: include_str!("turns_client_away.md"),
    scope: scope::inbound_tcp,
    weight: 20,
    predicts: &[
        Reading::TurnedAway,
        Reading::ClosedLate,
        Reading::ClosedAtOnce,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[
        &[Reading::TurnedAway],
        &[Reading::LocalTurnedAway],
        &[Reading::WrappersDeny],
        // The log is of some time before: with it alone the cause is likely at most.
        &[
            Reading::ClosedAtOnce,
            Reading::LocalAnswers,
            Reading::RefusalsLogged,
        ],
        &[
            Reading::ClosedLate,
            Reading::LocalAnswers,
            Reading::RefusalsLogged,
        ],
    ],
    supports: &[Reading::WrappersDeny, Reading::RefusalsLogged],
    excludes: &[Reading::LocalCloses],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "raise the limit, or take the client off the list",
        risk: Risk::Review,
        steps: &[
            "sshd: close idle unauthenticated sessions, raise MaxStartups; look for a penalty of this client",
            "TCP wrappers: edit /etc/hosts.deny and /etc/hosts.allow",
        ],
        commands: &[(
            "sh",
            "cat /etc/hosts.deny /etc/hosts.allow; sshd -T | grep -i maxstartups",
        )],
        rollback: "restore the setting",
    }),
    ..Cause::BLANK
};
