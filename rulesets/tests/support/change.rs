//! What a change of security groups opens.
#![expect(clippy::unwrap_used, reason = "a failing test should panic")]

use rulesets::questions::Opened;
use rulesets::space::Budget;
use rulesets::{SecurityGroups, Way};

/// The flows that `after` certainly allows and `before` does not.
pub(crate) fn opened(before: &SecurityGroups, after: &SecurityGroups) -> Opened {
    let after = Way::from(after);
    Way::from(before)
        .opened_by(&after, &Budget::default())
        .unwrap()
}
