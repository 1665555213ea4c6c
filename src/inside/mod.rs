//! What an instance says of itself: the snapshot that `reachdx inside` takes.
//!
//! A datum that could not be read is [`Datum::Skipped`] with its reason, which is a different fact
//! from one that was read and found empty.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod host_rules;
mod snapshot;

pub use host_rules::can_interfere;
pub use snapshot::{
    Address, Connect, ConnectCounters, Conntrack, Datum, Listener, Outbound, Owner, Route,
    RouteToClient, RulesText, SNAPSHOT_VERSION, Snapshot,
};
