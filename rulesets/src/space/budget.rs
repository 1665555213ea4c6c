//! How much work an exact answer may cost, so that no list of rules can make a question hang.

use thiserror::Error;

/// The most steps that questions may take. A step is some ten nanoseconds of work: a piece of a box
/// looked at, or a part of a diagram built.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// Steps of splitting boxes for one rule, before a diagram is built instead.
    pub splitting: u64,
    /// Steps of building and reading one diagram.
    pub diagram: u64,
    /// Steps of a whole report on a list.
    pub total: u64,
}

/// The answer took more steps than were allowed.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("not determined within {steps} steps: ask about fewer packets or allow more steps")]
pub struct NotDetermined {
    /// The steps that were allowed.
    pub steps: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            splitting: 20_000,
            diagram: 4_000_000,
            total: 500_000_000,
        }
    }
}

/// The steps that are left of a question.
#[derive(Debug)]
pub(super) struct Meter {
    limit: u64,
    used: u64,
}

impl Meter {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, used: 0 }
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), NotDetermined> {
        self.used = self.used.saturating_add(steps as u64);
        if self.used > self.limit {
            return Err(NotDetermined { steps: self.limit });
        }
        Ok(())
    }
}

/// The steps that are left of a whole report.
#[derive(Debug)]
pub(super) struct Purse {
    left: u64,
}

impl Purse {
    pub(super) fn new(budget: &Budget) -> Self {
        Self { left: budget.total }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Asks one question with at most `limit` steps, taken from what is left.
    pub(super) fn ask<T>(
        &mut self,
        limit: u64,
        question: impl FnOnce(&mut Meter) -> Result<T, NotDetermined>,
    ) -> Result<T, NotDetermined> {
        let mut meter = Meter::new(limit.min(self.left));
        let answer = question(&mut meter);
        self.left = self.left.saturating_sub(meter.used);
        answer
    }
}
