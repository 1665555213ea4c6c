use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.slow_greeting",
    layer: Layer::Service,
    title: "the service speaks, but late",
    page: include_str!("slow_greeting.md"),
    scope: scope::inbound_tcp,
    weight: 20,
    predicts: &[
        Reading::AnsweredLate,
        Reading::LocalLate,
        Reading::LocalAnswers,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[&[Reading::AnsweredLate], &[Reading::LocalLate]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "mend what makes the greeting late: a name look-up, or load",
        risk: Risk::Review,
        steps: &[
            "check the resolver of the instance, as greetings wait for reverse look-ups (sshd: UseDNS no)",
            "look at its load",
        ],
        commands: &[("sh", "cat /etc/resolv.conf; uptime")],
        rollback: "restore the setting",
    }),
    ..Cause::BLANK
};
