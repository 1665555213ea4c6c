//! What a name resolved to.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How a target became addresses.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Resolution {
    /// The target as the user gave it.
    pub name: String,
    /// Who answered: `literal`, `hosts file`, or the resolver's address.
    pub resolver: String,
    /// What it answered.
    pub outcome: ResolutionOutcome,
    /// Seconds it took.
    pub elapsed_s: f64,
}

impl Resolution {
    /// The addresses, in the order received; none when the name did not resolve.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let records = match &self.outcome {
            ResolutionOutcome::Addresses { records } => records.as_slice(),
            ResolutionOutcome::NotFound
            | ResolutionOutcome::NoAddress
            | ResolutionOutcome::ServerFailure
            | ResolutionOutcome::Refused
            | ResolutionOutcome::Timeout
            | ResolutionOutcome::Failed { .. } => &[],
        };
        records.iter().map(|record| record.address)
    }
}

/// A resolver's answer; each kind is its own outcome.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResolutionOutcome {
    /// Every A and AAAA address, IPv4 first, in the order received.
    Addresses {
        /// The records.
        records: Vec<AddressRecord>,
    },
    /// The name does not exist (NXDOMAIN, RFC 1035 RCODE 3).
    NotFound,
    /// The name exists and has no address record.
    NoAddress,
    /// The resolver failed (SERVFAIL, RCODE 2).
    ServerFailure,
    /// The resolver refused the question (RCODE 5).
    Refused,
    /// No resolver answered in time.
    Timeout,
    /// No resolver is configured, or the answer could not be understood.
    Failed {
        /// In one line.
        error: String,
    },
}

/// One address of a name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AddressRecord {
    /// The address.
    pub address: IpAddr,
    /// Seconds the answer may be kept; `None` for literals and the hosts file.
    pub ttl_s: Option<u32>,
}
