use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "open.established",
    layer: Layer::SecurityGroup,
    title: "an existing flow outlives a new deny",
    page: include_str!("established.md"),
    scope: scope::never,
    weight: 1,
    predicts: &[Reading::Answered],
    remedy: Remedy::Steps(Steps {
        summary: "drop its connection tracking entry",
        risk: Risk::Manual,
        steps: &["drop its connection tracking entry"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
