use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "open.other_group",
    layer: Layer::SecurityGroup,
    title: "one bound group denies it and another allows it",
    page: include_str!("other_group.md"),
    scope: scope::never,
    weight: 1,
    predicts: &[Reading::Answered],
    remedy: Remedy::Steps(Steps {
        summary: "remove the rule that allows it, when it is not meant to be open",
        risk: Risk::Manual,
        steps: &["remove the rule that allows it, when it is not meant to be open"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
