mod address_blocked;
mod arrears;
mod bandwidth_zero;
mod isolated;
mod no_public_address;
mod smtp_outbound_blocked;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    no_public_address::CAUSE,
    address_blocked::CAUSE,
    arrears::CAUSE,
    bandwidth_zero::CAUSE,
    isolated::CAUSE,
    smtp_outbound_blocked::CAUSE,
];
