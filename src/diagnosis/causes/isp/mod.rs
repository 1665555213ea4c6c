mod latency;
mod loss;
mod middlebox;
mod mtu_black_hole;
mod port_blocked;
mod smtp_blocked;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    port_blocked::CAUSE,
    smtp_blocked::CAUSE,
    middlebox::CAUSE,
    loss::CAUSE,
    latency::CAUSE,
    mtu_black_hole::CAUSE,
];
