//! Measures whether a service answers, and records how far the attempt got.
//!
//! Protocols are pure [`Conversation`]s; only the driver touches a socket or a clock. To add a
//! protocol, write one file with one `Conversation` and add one line to the services table.

mod certificate;
mod conversation;
mod conversations;
mod drive;
mod icmp_error;
mod legacy_hello;
mod observation;
mod recognise;
mod resolution;
mod services;
mod text;
mod trace;

pub use certificate::parse_certificate;
pub use conversation::{Conversation, Event, Step};
pub use drive::{Limits, observe};
pub use icmp_error::IcmpError;
pub use observation::{
    Answer, Certificate, Failure, Observation, Outcome, Probe, RdpNegotiation, SshKeyExchange,
    Stage, Timing, TlsReport, Trust, Vantage,
};
pub use resolution::{AddressRecord, Resolution, ResolutionOutcome};
pub use services::{
    SERVICES, Service, ServiceError, ServiceRequest, StartConversation, Transport,
    parse_service_list, service,
};
pub use text::escape;
pub use trace::{Hop, Trace};
