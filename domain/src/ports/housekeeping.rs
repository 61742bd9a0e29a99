//! Clears away what nobody needs any more.

use async_trait::async_trait;

use super::PortError;

/// Clears away what has had its time.
#[async_trait]
pub trait Housekeeping: Send + Sync {
    /// Removes, in bounded steps, tasks that were done longer than
    /// [`DONE_TASKS_KEPT_FOR`](crate::tasks::DONE_TASKS_KEPT_FOR) ago, tokens that have
    /// expired, answers whose idempotency keys have ended, and pauses of senders that are dead.
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
}
