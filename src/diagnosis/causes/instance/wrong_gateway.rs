use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.wrong_gateway",
    layer: Layer::Instance,
    title: "the instance's gateway is wrong",
    page: include_str!("wrong_gateway.md"),
    scope: scope::inbound,
    weight: 2,
    predicts: &[
        Reading::Timeout,
        Reading::NoneAnswers,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::AnswerStuck,
        Reading::AnswerResent,
        Reading::AnswerLeft,
        Reading::GatewaySilent,
        Reading::GatewayDiffers,
    ],
    // A right one that is silent is the cloud's fault, and rare.
    convicts: &[
        &[Reading::GatewayDiffers, Reading::GatewaySilent],
        &[Reading::GatewaySilent],
    ],
    supports: &[Reading::GatewaySilent, Reading::GatewayDiffers],
    excludes: &[Reading::GatewayAsGiven],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "set the subnet's gateway",
        risk: Risk::Manual,
        steps: &["compare the default route with the subnet's gateway in the console"],
        commands: &[("sh", "ip route; ip neigh")],
        rollback: "restore the former route",
    }),
    ..Cause::BLANK
};
