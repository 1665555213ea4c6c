mod established;
mod other_group;
mod provider_service;
mod unexplained;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    other_group::CAUSE,
    provider_service::CAUSE,
    established::CAUSE,
    unexplained::CAUSE,
];
