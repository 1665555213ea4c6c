//! What a host says of itself, out of any [`Source`](super::Source): the same readers serve the running host, a
//! mounted disk and what a script printed.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod bans;
mod files;
mod host;
mod kernel;
mod login;
mod network;
mod pam;
mod sockets;
mod ssh_units;

pub use host::{About, NO_CLIENT, host};
pub(crate) use kernel::SETTINGS;
pub use kernel::{COUNTERS, Reading, conntrack, counted, modules, reading};
pub use login::{Logged, of_log};
pub use network::{Basics, basics};
pub use sockets::listeners;
