//! How far packets for one port get: SYNs with a limited time to live.

use crate::IcmpError;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What each hop said to a SYN for one port.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Trace {
    /// The address asked.
    pub address: IpAddr,
    /// The port asked.
    pub port: u16,
    /// The answers, hop 1 first; ends with the first hop that opened, refused or rejected, after
    /// eight silent hops, or at the limit.
    pub hops: Vec<Hop>,
}

impl Trace {
    /// The last hop at which a router answered for the packet, from 1; 0 when none did.
    pub fn reached(&self) -> usize {
        self.hops
            .iter()
            .rposition(|hop| matches!(hop, Hop::Expired { .. }))
            .map_or(0, |last| last + 1)
    }

    /// The hop at which the connection opened or was refused, from 1.
    pub fn ended(&self) -> Option<usize> {
        self.hops
            .iter()
            .position(|hop| matches!(hop, Hop::Opened | Hop::Refused))
            .map(|hop| hop + 1)
    }
}

/// What came back for one time to live.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Hop {
    /// Nothing.
    Silent,
    /// A router said that the time to live ran out: the packet got this far.
    Expired {
        /// The router.
        from: IpAddr,
    },
    /// Another ICMP error.
    Rejected {
        /// The error and its sender.
        icmp: IcmpError,
    },
    /// A reset.
    Refused,
    /// The connection opened.
    Opened,
    /// Our own host could not send it.
    NotSent,
}
