mod backlog_full;
mod loopback_only;
mod none;
mod other_address;
mod other_family;
mod other_port;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    none::CAUSE,
    loopback_only::CAUSE,
    other_address::CAUSE,
    other_port::CAUSE,
    other_family::CAUSE,
    backlog_full::CAUSE,
];
