use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "host_firewall.dnat_dead",
    layer: Layer::HostFirewall,
    title: "a destination rewrite sends it to a dead backend",
    page: include_str!("dnat_dead.md"),
    scope: scope::inbound_port,
    weight: 4,
    predicts: &[
        Reading::HostUnreachable,
        Reading::Refused,
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::TargetDead,
        Reading::TargetElsewhere,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
    ],
    convicts: &[
        &[Reading::TargetDead],
        &[Reading::TargetElsewhere, Reading::HostUnreachable],
        &[Reading::TargetElsewhere, Reading::Refused],
    ],
    supports: &[Reading::TargetElsewhere],
    excludes: &[Reading::NoHostRules],
    settled_by: &[Test::Inside, Test::InsideRoot],
    remedy: Remedy::HostFirewall(Steps {
        summary: "start the container, or correct the rewrite",
        risk: Risk::Review,
        steps: &["find the DNAT rule for {port} and check its target"],
        commands: &[("sh", "iptables-save -t nat; nft list ruleset")],
        rollback: "restore the rule",
    }),
    ..Cause::BLANK
};
