//! Decides what a set of packet-filter rules does to a flow, and says which rule decided.
//!
//! Pure: no sockets, files, clocks or environment. Callers read; this crate judges.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod flow;
mod verdict;

pub use flow::{Direction, Family, Flow, Protocol};
pub use verdict::{Decider, Denial, Explanation, NearMiss, Verdict};
