//! Every fault of the lab, by the layer it sits on.

mod doubles;
mod edge;
mod healthy;
mod host_firewall;
mod instance;
mod isp;
mod listener;
mod prober;
mod remote;
mod security_group;
mod service;

pub(crate) use host_firewall::nft;
pub(crate) use instance::fill_connection_table;
pub(crate) use listener::fill_accept_queue;

use crate::fault::Fault;

/// All of them, in path order, double faults and healthy machines last.
pub(crate) fn all() -> impl Iterator<Item = &'static Fault> {
    let before = [
        prober::FAULTS,
        isp::FAULTS,
        edge::FAULTS,
        security_group::FAULTS,
        instance::FAULTS,
    ];
    let behind = [
        listener::FAULTS,
        service::FAULTS,
        remote::FAULTS,
        doubles::FAULTS,
        healthy::FAULTS,
    ];
    before
        .into_iter()
        .chain(host_firewall::FAULTS.iter().copied())
        .chain(behind)
        .flatten()
}
