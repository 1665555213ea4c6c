use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "network_acl.inbound_denied",
    layer: Layer::NetworkAcl,
    title: "the subnet's network ACL denies it",
    page: include_str!("inbound_denied.md"),
    scope: scope::inbound,
    weight: 10,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::NotAtInterface,
    ],
    settled_by: &[Test::Acl, Test::Witness],
    remedy: Remedy::Steps(Steps {
        summary: "allow it in the subnet's network ACL",
        risk: Risk::Manual,
        steps: &[
            "find the subnet's ACL and its first inbound rule that matches",
            "allow the port from this client above it",
        ],
        commands: &[("tccli", "tccli vpc DescribeNetworkAcls")],
        rollback: "remove the rule again",
    }),
    ..Cause::BLANK
};
