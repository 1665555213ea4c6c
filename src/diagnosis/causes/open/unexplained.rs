use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "open.unexplained",
    layer: Layer::SecurityGroup,
    title: "the rules deny it, yet it answers",
    page: include_str!("unexplained.md"),
    scope: scope::never,
    weight: 1,
    predicts: &[Reading::Answered],
    remedy: Remedy::Steps(Steps {
        summary: "read the rules of every interface and every group again",
        risk: Risk::Manual,
        steps: &["read the rules of every interface and every group again"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
