//! What an operator may see of a task queue, and do to it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::tasks::{Payload, QueueName, Reason, TaskId, TaskName};

/// Lets an operator look into a task queue and mend it.
#[async_trait]
pub trait TaskQueueAdmin: Send + Sync {
    /// How much is in each queue, by name of the queue; queues without tasks are left out.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached.
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError>;

    /// Up to `most` tasks in `state`, those first that entered it last.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached.
    async fn list(&self, state: TaskState, most: u32) -> Result<Vec<TaskRow>, PortError>;

    /// Gives a buried task another life: due at once, its attempts, its crashes and why it
    /// was buried forgotten.
    ///
    /// Answers whether there was such a buried task; a task in any other state is left alone.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached; calling again is harmless.
    async fn requeue(&self, id: &TaskId) -> Result<Requeued, PortError>;

    /// Removes every task of `queue` that waits, be it due or not, for the first time or
    /// again; answers how many.
    ///
    /// What runs goes on, and what is done or buried stays. A task that is queued meanwhile
    /// may stay, too. What was removed is not known any more and may be queued again.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached; calling again is harmless.
    async fn purge(&self, queue: &QueueName) -> Result<u64, PortError>;
}

/// Whether a buried task came back to life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requeued {
    /// It waits again.
    Yes,
    /// No buried task has this id.
    NotBuried,
}

/// The life of a task, as an operator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It is queued: due now or later.
    Waiting,
    /// A worker holds it.
    Running,
    /// It was carried out; a store keeps it for a while so that its key holds.
    Done,
    /// There was no hope; kept until a person looks at it.
    Buried,
}

impl TaskState {
    /// Every state, in the order of a task's life.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Running, Self::Done, Self::Buried];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Buried => "buried",
        }
    }
}

/// How much is in one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCounts {
    /// Which queue.
    pub queue: QueueName,
    /// Tasks that wait, due or not.
    pub waiting: u64,
    /// Tasks that workers hold.
    pub running: u64,
    /// Tasks carried out and still kept.
    pub done: u64,
    /// Tasks without hope.
    pub buried: u64,
    /// Since when the longest waiting task has been due; `None` when nothing due waits.
    pub oldest_due_at: Option<DateTime<Utc>>,
}

impl QueueCounts {
    /// Nothing in `queue`.
    pub fn none_in(queue: QueueName) -> Self {
        Self {
            queue,
            waiting: 0,
            running: 0,
            done: 0,
            buried: 0,
            oldest_due_at: None,
        }
    }
}

/// One task, as an operator sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRow {
    /// Which task.
    pub id: TaskId,
    /// What it does.
    pub name: TaskName,
    /// Where it is queued.
    pub queue: QueueName,
    /// Its arguments, byte for byte.
    pub payload: Payload,
    /// Where it stands.
    pub state: TaskState,
    /// How many attempts have ended in a retry.
    pub attempts: u32,
    /// How many workers died or panicked holding it.
    pub crashes: u32,
    /// When it is or was due.
    pub due_at: DateTime<Utc>,
    /// Why it was last retried, or buried.
    pub reason: Option<Reason>,
    /// When it was done or buried.
    pub ended_at: Option<DateTime<Utc>>,
}
