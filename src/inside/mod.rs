//! What an instance says of itself: the snapshot that `reachdx inside` takes.
//!
//! A datum that could not be read is [`Datum::Skipped`] with its reason, which is a different fact
//! from one that was read and found empty.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod snapshot;

pub use snapshot::{
    Address, Connect, ConnectCounters, Conntrack, Datum, Listener, Outbound, Owner, Route,
    RouteToClient, RulesText, Snapshot, SNAPSHOT_VERSION,
};
