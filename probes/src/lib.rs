//! Measures whether a service answers, and records how far the attempt got.
//!
//! Protocols are pure [`Conversation`]s; only the driver touches a socket or a clock. To add a
//! protocol, write one file with one `Conversation` and add one line to the services table.

mod conversation;
mod icmp_error;
mod observation;
mod resolution;
mod trace;

pub use conversation::{Conversation, Event, Step};
pub use icmp_error::IcmpError;
pub use observation::{
    Answer, Certificate, Failure, Observation, Outcome, Probe, RdpNegotiation, SshKeyExchange,
    Stage, Timing, TlsReport, Trust, Vantage,
};
pub use resolution::{AddressRecord, Resolution, ResolutionOutcome};
pub use trace::{Hop, Trace};
