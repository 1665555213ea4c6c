//! One file and one page a cause, one folder a layer.

mod edge;
mod host_firewall;
mod instance;
mod isp;
mod listener;
mod network_acl;
mod open;
mod prober;
mod remote;
mod security_group;
mod service;

use super::catalogue::Cause;

/// Every cause, layer by layer in path order.
pub(super) const BY_LAYER: &[&[Cause]] = &[
    prober::CAUSES,
    isp::CAUSES,
    edge::CAUSES,
    network_acl::CAUSES,
    security_group::CAUSES,
    instance::CAUSES,
    host_firewall::CAUSES,
    listener::CAUSES,
    service::CAUSES,
    remote::CAUSES,
    open::CAUSES,
];
