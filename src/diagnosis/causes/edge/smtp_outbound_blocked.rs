use crate::diagnosis::catalogue::{Cause, Remedy, Steps, Test};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "edge.smtp_outbound_blocked",
    layer: Layer::Edge,
    title: "the platform blocks outbound TCP 25",
    page: include_str!("smtp_outbound_blocked.md"),
    scope: scope::outbound_25,
    weight: 60,
    predicts: &[
        Reading::Timeout,
        Reading::GroupsAllow,
        Reading::ElsewhereSilent,
        Reading::OutboundWorks,
        Reading::LeavesNoTrace,
    ],
    supports: &[Reading::PortListed, Reading::ElsewhereSilent],
    settled_by: &[Test::Rules, Test::OutboundControls],
    remedy: Remedy::Steps(Steps {
        summary: "ask for port 25 to be unblocked, or relay over 465 or 587",
        risk: Risk::Review,
        steps: &[
            "console: account, security management, unblock port 25; choose region and instance (the dialog shows the quota left)",
            "only a relay may be reached this way; delivery straight from the instance may bring a permanent ban",
            "or relay over 465 or 587, which are not blocked",
            "a security-group rule does not lift this block",
        ],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
