use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "security_group.not_in_effect",
    layer: Layer::SecurityGroup,
    title: "the rules allow {flow}, yet they are not in effect",
    page: include_str!("not_in_effect.md"),
    scope: scope::inbound,
    weight: 3,
    predicts: &[
        Reading::Timeout,
        Reading::TraceReachesTarget,
        Reading::GroupsAllow,
        Reading::NotAtInterface,
    ],
    settled_by: &[Test::Witness, Test::Rules],
    remedy: Remedy::Steps(Steps {
        summary: "wait two minutes, read the rules again, and repeat the check",
        risk: Risk::Manual,
        steps: &[
            "compare the rules given here with those of every interface of the instance",
            "when they agree and the check still fails, open a ticket with this report",
        ],
        commands: &[(
            "tccli",
            "tccli vpc DescribeSecurityGroupPolicies --SecurityGroupId sg-...",
        )],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
