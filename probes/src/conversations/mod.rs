//! The protocols, one file each.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub(crate) mod http;
pub(crate) mod rdp;
pub(crate) mod smtp;
pub(crate) mod ssh;
mod ssh_packet;
pub(crate) mod tcp;
pub(crate) mod udp;
