//! How long somebody waits for work.

use std::time::Duration;

use tokio::time::{Instant, timeout};

/// How long an empty queue is left alone: a bell may not be heard, and the platform's clock
/// may jump.
pub(crate) const POLL: Duration = Duration::from_millis(500);
/// The shortest sleep before the next look.
pub(crate) const BLINK: Duration = Duration::from_millis(1);

/// Until when somebody waits; for ever, if there is no end.
pub(crate) struct Patience(Option<Instant>);

impl Patience {
    /// For `wait`, from now on.
    pub(crate) fn of(wait: Duration) -> Self {
        Self(Instant::now().checked_add(wait))
    }

    /// Whether its time is over; if not, sleeps for `next`, or until the bell rings, first.
    pub(crate) async fn is_over(&self, next: Duration, bell: impl Future<Output = ()>) -> bool {
        let left = self
            .0
            .map_or(POLL, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return true;
        }
        // Woken or not: the next thing is to look.
        let _ = timeout(next.clamp(BLINK, POLL).min(left), bell).await;
        false
    }
}
