use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "network_acl.return_denied",
    layer: Layer::NetworkAcl,
    title: "the subnet's network ACL denies the reply",
    page: include_str!("return_denied.md"),
    scope: scope::inbound,
    weight: 5,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::Arrived,
        Reading::AnswerLeft,
        Reading::AnswerResent,
        Reading::ResetLeft,
        Reading::IcmpErrorLeft,
    ],
    settled_by: &[Test::Acl, Test::Witness],
    remedy: Remedy::Steps(Steps {
        summary: "allow the ephemeral ports outbound in the subnet's network ACL",
        risk: Risk::Manual,
        steps: &["ACLs keep no state: allow ports 1024-65535 outbound towards the client"],
        commands: &[("tccli", "tccli vpc DescribeNetworkAcls")],
        rollback: "remove the rule again",
    }),
    ..Cause::BLANK
};
