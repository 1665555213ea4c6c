use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "service.wrong_protocol",
    layer: Layer::Service,
    title: "another protocol answers on {flow}",
    page: include_str!("wrong_protocol.md"),
    scope: scope::inbound_tcp,
    weight: 30,
    predicts: &[
        Reading::WrongProtocol,
        Reading::LocalWrongProtocol,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    convicts: &[&[Reading::WrongProtocol], &[Reading::LocalWrongProtocol]],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "free the port, or use the scheme that is spoken there",
        risk: Risk::Review,
        steps: &[
            "find the process that holds the port",
            "move it, or ask for the protocol it speaks",
        ],
        commands: &[("sh", "ss -ltnp sport = :{port}")],
        rollback: "restore the port",
    }),
    ..Cause::BLANK
};
