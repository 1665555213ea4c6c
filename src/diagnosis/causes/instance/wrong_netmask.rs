use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "instance.wrong_netmask",
    layer: Layer::Instance,
    title: "the instance's prefix length is wrong",
    page: include_str!("wrong_netmask.md"),
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
        Reading::ClientSought,
        Reading::PrefixDiffers,
    ],
    convicts: &[
        &[Reading::PrefixDiffers, Reading::ClientSought],
        &[Reading::ClientSought],
    ],
    supports: &[Reading::ClientSought, Reading::PrefixDiffers],
    excludes: &[Reading::PrefixAsGiven],
    settled_by: &[Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "set the subnet's prefix length",
        risk: Risk::Manual,
        steps: &["compare `ip address` with the subnet in the console"],
        commands: &[("sh", "ip -brief address")],
        rollback: "restore the former setting",
    }),
    ..Cause::BLANK
};
