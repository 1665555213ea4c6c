mod allow_shadowed;
mod denied_by_earlier_group;
mod denied_by_rule;
mod egress_denied;
mod family_missing;
mod no_match;
mod not_in_effect;
mod nothing_allowed;
mod port_not_allowed;
mod source_not_allowed;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    no_match::CAUSE,
    source_not_allowed::CAUSE,
    port_not_allowed::CAUSE,
    denied_by_rule::CAUSE,
    allow_shadowed::CAUSE,
    denied_by_earlier_group::CAUSE,
    family_missing::CAUSE,
    nothing_allowed::CAUSE,
    egress_denied::CAUSE,
    not_in_effect::CAUSE,
];
