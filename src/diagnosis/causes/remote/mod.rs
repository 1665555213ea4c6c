mod down;
mod filtered;
mod rejects;
mod slow_greeting;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    down::CAUSE,
    filtered::CAUSE,
    rejects::CAUSE,
    slow_greeting::CAUSE,
];
