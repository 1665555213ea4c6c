//! Which rights a run has, and when in it something was read.

use super::rounded;
use crate::inside::{Datum, Privilege, Taken};
use nix::unistd::geteuid;
use std::fs;
use std::pin::Pin;
use std::time::Instant;

/// One run's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    privilege: Privilege,
}

impl Clock {
    /// Of a run that begins now.
    pub(super) fn start() -> Self {
        let status = fs::read_to_string("/proc/self/status").ok();
        Self {
            started: Instant::now(),
            privilege: Privilege::of(geteuid().as_raw(), status.as_deref()),
        }
    }

    /// What is at hand now was taken so.
    pub(super) fn taken(self) -> Taken {
        Taken {
            privilege: Some(self.privilege),
            at_s: Some(rounded(self.started.elapsed())),
        }
    }

    /// A datum with the time at which it came.
    pub(super) fn note<'a, T: 'a>(
        self,
        coming: impl Future<Output = Datum<T>> + Send + 'a,
    ) -> Pin<Box<dyn Future<Output = Datum<T>> + Send + 'a>> {
        Box::pin(async move { coming.await.taken(self.taken()) })
    }
}
