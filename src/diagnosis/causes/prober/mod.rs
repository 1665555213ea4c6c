mod name_not_found;
mod name_wrong_address;
mod offline;
mod port_filtered;
mod resolver_failed;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    offline::CAUSE,
    port_filtered::CAUSE,
    name_not_found::CAUSE,
    name_wrong_address::CAUSE,
    resolver_failed::CAUSE,
];
