use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "host_firewall.dropped",
    layer: Layer::HostFirewall,
    title: "the host firewall drops {flow}",
    page: include_str!("dropped.md"),
    scope: scope::any,
    weight: 35,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::HostRulesDrop,
        Reading::HostRulesOpen,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::CountersUndelivered,
        Reading::CountersNotReceived,
    ],
    convicts: &[
        &[Reading::HostRulesDrop],
        &[Reading::LocalDropped],
        &[Reading::NothingLeft, Reading::CountersNotReceived],
        &[Reading::CountersUndelivered],
    ],
    supports: &[Reading::HostRulesOpen],
    settled_by: &[Test::Inside, Test::InsideRoot, Test::Witness],
    remedy: Remedy::HostFirewall(Steps {
        summary: "change the very rule that drops it, in its own table",
        risk: Risk::Review,
        steps: &[
            "find the rule: look in every table, as an accept in one does not undo a drop in another",
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
