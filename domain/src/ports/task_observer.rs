//! Hears how tasks fare in a worker.

use std::time::Duration;

use async_trait::async_trait;

use super::{Lease, PortError};
use crate::tasks::Outcome;

/// Whoever hears how tasks fare in a worker: who waits for results, who watches.
#[async_trait]
pub trait TaskObserver: Send + Sync {
    /// A task was received, and waits in the worker.
    fn received(&self, lease: &Lease);

    /// An attempt is about to be made.
    fn started(&self, lease: &Lease);

    /// How these attempts ended. The queue hears of it after this has succeeded, not before: so
    /// what follows from it is done at least once, and whoever sees that a task has left the
    /// queue sees its result, too.
    ///
    /// # Errors
    ///
    /// When what follows could not be done. Calling again with the same attempts is harmless and
    /// goes on where it ended; the worker does so until it succeeds.
    async fn ended(&self, attempts: &[Attempted]) -> Result<(), PortError>;
}

/// An attempt that has ended, before its queue knows.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The task, under its lease.
    pub lease: std::sync::Arc<Lease>,
    /// How the attempt ended.
    pub outcome: Outcome,
    /// How long it took; zero if none was made.
    pub took: Duration,
}
