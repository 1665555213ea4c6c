use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "host_firewall.source_banned",
    layer: Layer::HostFirewall,
    title: "this client is banned on the instance",
    page: include_str!("source_banned.md"),
    scope: scope::inbound_port,
    weight: 8,
    predicts: &[
        Reading::Timeout,
        Reading::Refused,
        Reading::Prohibited,
        Reading::TraceReachesTarget,
        Reading::TraceEndsInTransit,
        Reading::HostRulesBan,
        Reading::HostRulesOpen,
        Reading::Arrived,
        Reading::NothingLeft,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
        Reading::CountersUndelivered,
        Reading::CountersFilterRejects,
        Reading::CountersNoRoute,
        Reading::ListedAsBanned,
    ],
    convicts: &[
        &[Reading::HostRulesBan],
        &[Reading::ListedAsBanned, Reading::CountersUndelivered],
        &[Reading::ListedAsBanned, Reading::CountersFilterRejects],
    ],
    supports: &[Reading::HostRulesOpen, Reading::ListedAsBanned],
    excludes: &[Reading::LocalDropped, Reading::LocalRejected],
    settled_by: &[Test::Elsewhere, Test::Inside, Test::InsideRoot],
    remedy: Remedy::HostFirewall(Steps {
        summary: "lift the ban of this client",
        risk: Risk::Review,
        steps: &[
            "ask the tool that bans: fail2ban, sshguard, crowdsec or the host-security agent",
            "lift the ban and add the client to the list of those never banned",
        ],
        commands: &[("sh", "fail2ban-client unban {client}")],
        rollback: "fail2ban-client set JAIL banip {client}",
    }),
    ..Cause::BLANK
};
