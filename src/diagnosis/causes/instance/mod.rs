mod address_changed;
mod asymmetric_return;
mod conntrack_full;
mod echo_ignored;
mod nic_down;
mod no_return_route;
mod overloaded;
mod ports_exhausted;
mod reverse_path_filtered;
mod stopped;
mod wrong_gateway;
mod wrong_netmask;

use crate::diagnosis::catalogue::Cause;

pub(super) const CAUSES: &[Cause] = &[
    stopped::CAUSE,
    nic_down::CAUSE,
    address_changed::CAUSE,
    no_return_route::CAUSE,
    wrong_netmask::CAUSE,
    wrong_gateway::CAUSE,
    asymmetric_return::CAUSE,
    reverse_path_filtered::CAUSE,
    conntrack_full::CAUSE,
    echo_ignored::CAUSE,
    ports_exhausted::CAUSE,
    overloaded::CAUSE,
];
