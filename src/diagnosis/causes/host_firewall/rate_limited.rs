use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "host_firewall.rate_limited",
    layer: Layer::HostFirewall,
    title: "a rate limit of the host firewall is exceeded",
    page: include_str!("rate_limited.md"),
    scope: scope::inbound,
    weight: 4,
    predicts: &[
        Reading::Timeout,
        Reading::Refused,
        Reading::Prohibited,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::HostRulesLimit,
        Reading::HostRulesOpen,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
        Reading::CountersUndelivered,
        Reading::CountersFilterRejects,
    ],
    convicts: &[
        &[Reading::HostRulesLimit, Reading::LocalDropped],
        &[Reading::HostRulesLimit, Reading::LocalRejected],
    ],
    supports: &[Reading::HostRulesLimit],
    settled_by: &[Test::Inside, Test::InsideRoot, Test::Repeat],
    remedy: Remedy::HostFirewall(Steps {
        summary: "wait, then raise the limit",
        risk: Risk::Review,
        steps: &[
            "wait a minute and repeat the check",
            "raise the limit, or exempt this client",
        ],
        commands: &[("sh", "nft -a list ruleset; iptables-save")],
        rollback: "restore the limit",
    }),
    ..Cause::BLANK
};
