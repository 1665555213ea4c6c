use crate::diagnosis::catalogue::{Cause, Remedy, Steps};
use crate::diagnosis::{Layer, Reading, Risk, scope};

pub(super) const CAUSE: Cause = Cause {
    id: "remote.slow_greeting",
    layer: Layer::Remote,
    title: "the far end greets late",
    page: include_str!("slow_greeting.md"),
    scope: scope::outbound,
    weight: 20,
    predicts: &[Reading::AnsweredLate, Reading::Silent],
    convicts: &[&[Reading::AnsweredLate]],
    remedy: Remedy::Steps(Steps {
        summary: "wait longer: RFC 5321 asks clients for five minutes",
        risk: Risk::Manual,
        steps: &["raise the mail server's time-out for the greeting"],
        commands: &[],
        rollback: "nothing to undo",
    }),
    ..Cause::BLANK
};
