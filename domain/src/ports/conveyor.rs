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
    /// `after` is the last push of this relay that it has confirmed, 0 if none; if it knows of
    /// less, it notes that the pushes are broken before this one. What `own` does not include
    /// is done by others: its message is like any producer's, and stands for no row.
    ///
    /// # Errors
    ///
    /// When it cannot be reached; the messages may be there all the same, and pushing them
    /// again under another number is harmless.
    async fn push(
        &self,
        push: Push,
        after: u64,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> Result<Pushed, PortError>;

    /// The pushes of each of `relays` that it knows of, in their order.
    ///
    /// # Errors
    ///
    /// When it cannot be reached.
    async fn pushes_of(&self, relays: &[WorkerId]) -> Result<Vec<Pushes>, PortError>;
}

/// The pushes of one relay that a conveyor knows of.
///
/// The conveyor itself remembers where it forgot some: a relay that finds out with its next
/// push may die before it can do anything about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pushes {
    /// All before this one were forgotten, or may have been.
    pub unbroken_since: u64,
    /// The number of the last one; 0 if there is none.
    pub last: u64,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The number of the last push of this relay that the conveyor knew of before; 0 if none.
    pub before: u64,
    /// What it can never carry, and why: too long a message.
    pub refused: Vec<(TaskId, Reason)>,
}
