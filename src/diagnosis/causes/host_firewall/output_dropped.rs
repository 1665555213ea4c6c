use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "host_firewall.output_dropped",
    layer: Layer::HostFirewall,
    title: "the host firewall drops what the instance sends",
    page: include_str!("output_dropped.md"),
    scope: scope::any,
    weight: 5,
    predicts: &[
        Reading::Timeout,
        Reading::LocallyForbidden,
        Reading::TraceReachesTarget,
        Reading::LeavesNoTrace,
        Reading::LocalReplyDropped,
        Reading::LocalAnswers,
        Reading::LocalError,
        Reading::LocalLate,
        Reading::HostKeepsIn,
        Reading::HostOutputOpen,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::AnswerKept,
        Reading::AnswerStuck,
    ],
    convicts: &[
        &[Reading::HostKeepsIn],
        &[Reading::LocalReplyDropped],
        &[Reading::LocallyForbidden],
        &[Reading::AnswerKept],
    ],
    supports: &[Reading::HostOutputOpen],
    excludes: &[Reading::NoHostRules],
    settled_by: &[Test::Inside, Test::InsideRoot, Test::Witness],
    remedy: Remedy::HostFirewall(Steps {
        summary: "allow established replies, or the port, outbound",
        risk: Risk::Review,
        steps: &[
            "find the rule of the output chain",
            "accept established and related packets above it",
        ],
        commands: &[("sh", "nft -a list ruleset; iptables-save")],
        rollback: "delete the rule again by its handle",
    }),
    ..Cause::BLANK
};
