//! What the packet filters of a host do to one packet, base chain by base chain, in the kernel's order.
//!
//! Base chains are called hook by hook, lowest priority first; of two with one priority the one that
//! was registered last comes first (the tables of a listing stand in the order they were made). Chains
//! of type `nat` are an exception: all of a hook run together, at -100 before routing and in output and
//! at 100 in input and after routing, for the first packet of a flow only, until one of them
//! translates. Whether iptables-legacy or nftables comes first at one priority is not in any listing:
//! where both stop the packet, both are named, and where one changes what the other sees, every order
//! is tried.
//!
//! Every base chain must accept. Those behind the one that stops the packet are judged all the same,
//! as if it had passed. What is beyond this module: bridges, ARP, and a packet that leaves by the
//! loopback device and comes in again (ask once for each way: what the first way makes of it comes in
//! by `lo`, where connection tracking knows it already and chains of type `nat` see it no more).
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod call;
mod course;
mod facts;
mod flat;
mod order;
mod passage;
mod reading;
mod reroute;
mod route;
mod run;
mod slice;
mod states;
mod tied;
mod touch;
mod translate;
mod world;

pub use facts::HostFacts;
pub use flat::{FlatPassage, FlatStage};
pub use passage::{Passage, Stage, Translated};

use super::{Hook, HostRules};
use crate::packet::{Packet, Path};
use run::Run;

impl HostRules {
    /// What becomes of a packet on its way through the host.
    pub fn judge(&self, packet: &Packet, host: &HostFacts) -> Passage {
        let tables = order::tables(self, packet.family);
        tied::judged(&tables, |ranks| {
            passage(Run::new(&tables, ranks, packet, host), packet)
        })
    }
}

/// Takes a packet from hook to hook.
fn passage(mut run: Run<'_, '_>, packet: &Packet) -> Passage {
    match packet.path {
        Path::Input { .. } | Path::Forward { .. } => {
            run.hook(Hook::Ingress);
            run.hook(Hook::Prerouting);
            run.route();
            run.hook(Hook::Input);
            run.hook(Hook::Forward);
        }
        Path::Output { .. } => {
            run.hook(Hook::Output);
            run.reroute();
        }
    }
    run.hook(Hook::Postrouting);
    run.hook(Hook::Egress);
    run.passage()
}
