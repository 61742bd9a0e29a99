//! Carries messages that stand for the rows of a store.

use async_trait::async_trait;

use super::{PortError, Push, TaskQueue, TaskQueueAdmin, WorkerId};
use crate::tasks::{Envelope, OwnWork, Reason, TaskId};

/// A queue that can carry messages which stand for the rows of a store, and be asked what of
/// them it has lost.
///
/// What it leases says whether it is such a message ([`Lease::conveyed`](super::Lease)). It may
/// lose all it knows, or go back to what it knew before: then it knows of fewer pushes, too.
#[async_trait]
pub trait Conveyor: TaskQueue + TaskQueueAdmin {
    /// Puts a message for each of `tasks` into its queue, and notes `push`: all or nothing, but
    /// for tasks that it can never carry, which are refused.
    ///
    /// What `own` does not include is done by others: its message is like any producer's, and
    /// stands for no row.
    ///
    /// # Errors
    ///
    /// When it cannot be reached; the messages may be there all the same, and pushing them
    /// again under another number is harmless.
    async fn push(
        &self,
        push: Push,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> Result<Pushed, PortError>;

    /// The number of the last push of each of `relays` that it knows of, in their order; 0 if none.
    ///
    /// # Errors
    ///
    /// When it cannot be reached.
    async fn last_pushes(&self, relays: &[WorkerId]) -> Result<Vec<u64>, PortError>;
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The number of the last push of this relay that the conveyor knew of before; 0 if none.
    pub before: u64,
    /// What it can never carry, and why: too long a message.
    pub refused: Vec<(TaskId, Reason)>,
}
