//! A running attempt, watched from outside.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Attempted, Lease};
use domain::tasks::{Outcome, Revocation, Slot, TimeLimits, timed_out};
use tokio::time::Instant;

use super::Runner;
use super::work::Item;

/// How long after its limit, or after it was terminated, an attempt that is still there does not
/// yield: whoever waits for something is ended at once.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// A running attempt, watched from outside, because one that never yields cannot be ended.
pub(super) struct Watched {
    pub(super) number: u64,
    pub(super) lease: Arc<Lease>,
    began: Instant,
    limits: TimeLimits,
    slot: Slot,
    /// Whether its slot was lent at the last look.
    was_lent: bool,
}

impl Watched {
    pub(super) fn new(item: &Item, limits: TimeLimits, slot: Slot) -> Self {
        Self {
            number: item.number,
            lease: Arc::clone(&item.lease),
            began: Instant::now(),
            limits,
            slot,
            was_lent: false,
        }
    }

    /// Looks at its slot; answers whether it was lent at this look and the one before, so that
    /// it is worth to begin another task.
    pub(super) fn lends(&mut self) -> bool {
        let is_lent = self.slot.is_lent();
        std::mem::replace(&mut self.was_lent, is_lent) && is_lent
    }

    /// Whether it should have come to its end long ago, and why.
    pub(super) fn stuck(&self, runner: &Runner) -> Option<Outcome> {
        let now = Instant::now();
        if let Some(terminated) = runner.controls.terminated(self.number)
            && STUCK_AFTER < now - terminated.since
        {
            return Some(Outcome::Revoked(Revocation::Terminated(terminated.by)));
        }
        let (limit, kind) = self.limits.first();
        if self.began.elapsed() < limit.saturating_add(STUCK_AFTER) {
            return None;
        }
        let (clock, worker) = (runner.clock.as_ref(), runner.settings.worker);
        Some(timed_out(&runner.router, clock, worker, &self.lease, kind))
    }

    /// The end of this attempt.
    pub(super) fn ended(self, outcome: Outcome) -> Attempted {
        Attempted {
            lease: self.lease,
            outcome,
            took: self.began.elapsed(),
        }
    }
}
