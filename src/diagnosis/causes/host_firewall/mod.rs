mod dnat_dead;
mod dropped;
mod output_dropped;
mod rate_limited;
mod rejected;
mod source_banned;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    dropped::CAUSE,
    rejected::CAUSE,
    source_banned::CAUSE,
    rate_limited::CAUSE,
    output_dropped::CAUSE,
    dnat_dead::CAUSE,
];
