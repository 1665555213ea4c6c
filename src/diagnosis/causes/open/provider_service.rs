use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "open.provider_service",
    layer: Layer::SecurityGroup,
    title: "the source is a service of the provider",
    page: include_str!("provider_service.md"),
    scope: scope::never,
    weight: 1,
    predicts: &[Reading::Answered],
    remedy: Remedy::Steps(Steps {
        summary: "nothing, or filter it in the host firewall",
        risk: Risk::Manual,
        steps: &["nothing, or filter it in the host firewall"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
