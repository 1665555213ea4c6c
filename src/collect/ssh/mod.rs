//! The inside view over `ssh`, joined in time: a watch on the instance that begins before the first
//! outside probe and ends after the last.
//!
//! The system's `ssh` logs in, so that keys, agents, jump hosts, configuration and host-key checks are
//! the user's own. One session does it all: a small shell program there says what it finds, takes a
//! copy of this program where none of the same version is installed, and runs it; closing the
//! session's standard input ends the watch, and so does losing the connection. What the instance sends
//! is bounded in size and time and escaped before anyone sees it.

mod client;
mod destination;
mod remote;
mod session;
mod wire;

pub use client::Seen;
pub use destination::{Destination, DestinationError, SCHEME};
pub use session::{Joined, Session};

use crate::inside::{SNAPSHOT_VERSION, SnapshotError};
use std::io;
use std::net::IpAddr;
use thiserror::Error;

/// What to watch, and where.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where to log in.
    pub destination: Destination,
    /// Further settings of `ssh`, each as `-o` takes it.
    pub options: Vec<String>,
    /// Whether `ssh` may ask for passwords on the terminal.
    pub may_ask: bool,
    /// The services to watch, as `--service` takes them.
    pub services: String,
    /// The target of the probes: a name or an address.
    pub target: String,
    /// The client's address as the instance sees it, when the user gave it.
    pub from: Option<IpAddr>,
    /// The line by which the watch says that it has begun.
    pub ready: &'static str,
}

/// Why there is no inside view; the check goes on without it.
#[derive(Debug, Error)]
pub enum JoinError {
    /// There is no `ssh`.
    #[error("`ssh` could not be started: {0}; install the OpenSSH client")]
    NotStarted(io::Error),
    /// This program's own file cannot be read, so it cannot be copied.
    #[error("cannot read this program's own file: {0}; install reachdx there")]
    OwnProgram(io::Error),
    /// The session ended, with its last words.
    #[error("{}", last_words(.0))]
    Ended(String),
    /// Something took too long.
    #[error("{stage} took longer than {seconds} s and was given up")]
    Late {
        /// What was waited for.
        stage: &'static str,
        /// The bound, in seconds.
        seconds: u64,
    },
    /// More came than any answer needs.
    #[error("more was sent than any answer needs; the login's start-up files must print nothing")]
    Flood,
    /// Our program does not run on that kind of machine.
    #[error(
        "this program runs on {here} and the instance is {there}: install reachdx there, or run \
         `reachdx inside` in a console there and give its output as a file"
    )]
    OtherMachine {
        /// Our kind of machine.
        here: String,
        /// Theirs, escaped.
        there: String,
    },
    /// The program there gave up, with its reason.
    #[error("{0}; install reachdx there, or give a snapshot as a file")]
    Stopped(String),
    /// What came back is no snapshot: why, escaped.
    #[error("the snapshot that came back cannot be read: {0}")]
    Snapshot(String),
    /// What came back is no text.
    #[error("the snapshot that came back is not UTF-8 text")]
    NotText,
}

impl From<SnapshotError> for JoinError {
    /// The words may quote what came back.
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(probes::escape(error.to_string().as_bytes(), 200))
    }
}

/// What tells programs that work together: the version, and the form of its snapshots.
pub fn identity() -> String {
    format!(
        "reachdx {} snapshot {SNAPSHOT_VERSION}",
        env!("CARGO_PKG_VERSION")
    )
}

fn last_words(words: &str) -> String {
    if words.is_empty() {
        "the session ended without a word; try the same login with `ssh` by hand".to_owned()
    } else {
        words.to_owned()
    }
}
