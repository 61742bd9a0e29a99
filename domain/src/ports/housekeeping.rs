//! Clears away what nobody needs any more.

use async_trait::async_trait;

use super::PortError;

/// Clears away what has had its time.
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Removes, in bounded steps, tasks that were done longer than
    /// [`DONE_TASKS_KEPT_FOR`](crate::tasks::DONE_TASKS_KEPT_FOR) ago, tokens that have
    /// expired, answers whose idempotency keys have ended, pauses of senders that are dead, and
    /// occurrences of schedules that were fired or skipped longer than
    /// [`OCCURRENCES_KEPT_FOR`](crate::schedules::OCCURRENCES_KEPT_FOR) ago, but for the last
    /// that was fired of each entry.
    ///
    /// With the pause of a dead sender goes its effect: the tasks that were last postponed
    /// for its reason are due at once, for whoever sends now is not bound by it.
    ///
    /// Answers how much was removed; when that is not nothing there may be more.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; calling again is harmless.
    async fn tidy(&self) -> Result<Tidied, PortError>;
}

/// How much was cleared away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Done tasks.
    pub tasks: u64,
    /// Expired tokens.
    pub tokens: u64,
    /// Answers kept for idempotency keys.
    pub answers: u64,
    /// Pauses of dead senders.
    pub pauses: u64,
    /// Occurrences of schedules, a row of skipped ones counting once.
    pub occurrences: u64,
}
