use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "host_firewall.rejected",
    layer: Layer::HostFirewall,
    title: "the host firewall rejects {flow}",
    page: include_str!("rejected.md"),
    scope: scope::inbound,
    weight: 25,
    predicts: &[
        Reading::Prohibited,
        Reading::Refused,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::HostRulesReject,
        Reading::HostRulesOpen,
        Reading::Arrived,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
        Reading::CountersFilterRejects,
    ],
    convicts: &[
        &[Reading::HostRulesReject],
        &[Reading::LocalRejected],
        &[Reading::CountersFilterRejects],
    ],
    supports: &[Reading::HostRulesOpen, Reading::Prohibited],
    // Its ICMP error may be lost on the way, or held back by the kernel's own limit.
    tolerates: &[
        Reading::Timeout,
        Reading::NothingLeft,
        Reading::CountersUndelivered,
    ],
    settled_by: &[Test::Inside, Test::InsideRoot],
    remedy: Remedy::HostFirewall(Steps {
        summary: "change the very rule that rejects it, in its own table",
        risk: Risk::Review,
        steps: &[
            "find the rule: look in every table",
            "insert an accept for {flow} from {client} above it",
        ],
        commands: &[(
            "sh",
            "nft -a list ruleset; iptables-save; iptables-legacy-save",
        )],
        rollback: "delete the rule again by its handle",
    }),
    ..Cause::BLANK
};
