//! What was said on one connection, and what its end amounts to.

use super::stream::Meter;
use super::tls;
use crate::text::{SAMPLE_CHARS, escape};
use crate::{Failure, Timing};
use nix::libc;
use std::io;
use tokio::time::Instant;

/// One connection's record.
pub(super) struct Talk {
    /// When it opened.
    pub(super) opened: Instant,
    /// What the probe's other connections had read before.
    pub(super) read_before: usize,
    /// When the last question was sent, until the answer comes.
    pub(super) asked: Option<Instant>,
    /// The first bytes sent.
    pub(super) sent: Vec<u8>,
    /// Bytes received.
    pub(super) received: usize,
    heard: Vec<u8>,
}

impl Talk {
    /// Begins a record.
    pub(super) fn new(opened: Instant, read_before: usize) -> Self {
        Self {
            opened,
            read_before,
            asked: None,
            sent: Vec::new(),
            received: 0,
            heard: Vec::new(),
        }
    }

    /// Notes bytes received, and the time they took.
    pub(super) fn note(&mut self, bytes: &[u8], timing: &mut Timing) {
        let now = Instant::now();
        if self.received == 0 {
            timing.first_byte_s = Some((now - self.opened).as_secs_f64());
        }
        if let Some(asked) = self.asked.take() {
            timing.answer_s = Some((now - asked).as_secs_f64());
        }
        self.received += bytes.len();
        let room = KEPT_BYTES.saturating_sub(self.heard.len());
        self.heard.extend(bytes.iter().take(room));
    }

    /// Keeps the first bytes sent.
    pub(super) fn keep_sent(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES.saturating_sub(self.sent.len());
        self.sent.extend(bytes.iter().take(room));
    }

    /// The peer closed.
    pub(super) fn closed(&self) -> Failure {
        Failure::Closed {
            text: self.text(),
            after_s: self.opened.elapsed().as_secs_f64(),
        }
    }

    /// Names an error on the open connection.
    pub(super) fn read_failure(&self, error: &io::Error, meter: &Meter) -> Failure {
        if meter.is_flooded() {
            let received = meter.total();
            return Failure::Flooded { received };
        }
        if let Some(error) = tls::words(error) {
            let legacy = false;
            return Failure::Tls { error, legacy };
        }
        match error.raw_os_error().unwrap_or_default() {
            libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED => {
                Failure::Reset { text: self.text() }
            }
            libc::ETIMEDOUT => Failure::Silent {
                received: self.received,
            },
            _ if error.kind() == io::ErrorKind::UnexpectedEof => self.closed(),
            _ => Failure::Unclassified {
                text: error.to_string(),
            },
        }
    }

    fn text(&self) -> String {
        escape(&self.heard, SAMPLE_CHARS)
    }
}

const KEPT_BYTES: usize = 1024;
