use crate::diagnosis::catalogue::{Cause, Remedy, Test};
use crate::diagnosis::{Layer, Reading, scope};

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
    remedy: Remedy::OutboundMail,
    ..Cause::BLANK
};
