//! Faults of the instance's own firewall, through every front end it can be set by.

mod bans;
mod front_ends;
mod limits;
mod look_alikes;
mod outbound;
mod plain;
mod tables;
mod translations;

pub(crate) use tables::nft;

use crate::fault::{Expect, Fault, HEALTHY};
use crate::truth::Truth;

/// Every one, plain rules first, healthy machines with rules last.
pub(super) const FAULTS: &[&[Fault]] = &[
    plain::FAULTS,
    tables::FAULTS,
    bans::FAULTS,
    limits::FAULTS,
    outbound::FAULTS,
    translations::FAULTS,
    front_ends::FAULTS,
    look_alikes::FAULTS,
];

const DROPPED: Fault = Fault {
    truth: Truth::Timeout,
    expect: Expect::Cause(&["host_firewall.dropped"]),
    ..HEALTHY
};

const REJECTED: Fault = Fault {
    expect: Expect::Cause(&["host_firewall.rejected"]),
    ..HEALTHY
};
