use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "isp.mtu_black_hole",
    layer: Layer::Isp,
    title: "large packets vanish and the ICMP that says so is lost",
    page: include_str!("mtu_black_hole.md"),
    scope: scope::inbound_tcp,
    weight: 4,
    predicts: &[
        Reading::Silent,
        Reading::LocalAnswers,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerLeftElsewhere,
    ],
    settled_by: &[Test::Elsewhere, Test::Inside],
    remedy: Remedy::Steps(Steps {
        summary: "let ICMP type 3 code 4 through, or clamp the segment size",
        risk: Risk::Manual,
        steps: &[
            "allow ICMP type 3 code 4 (ICMPv6 type 2) on every filter of the path",
            "until then, lower the MTU on the instance",
        ],
        commands: &[("sh", "ping -M do -s 1472 -c 3 {target}")],
        rollback: "restore the MTU",
    }),
    ..Cause::BLANK
};
