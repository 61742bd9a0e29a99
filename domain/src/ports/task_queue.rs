//! Hands work from whoever has it to whoever does it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::PortError;
use crate::tasks::{Envelope, QueueName, Reason, TaskId};

/// Hands tasks from whoever has work to whoever does it.
///
/// Delivery is at least once: a task is offered again whenever the worker that leased
/// it dies unsettled, so handlers must bear being run twice. Tasks are offered by
/// priority (0 first), then by how long they have been due; a conveyor may have fewer steps
/// of urgency, and knows since when a task is due only from its arrival.
///
/// A worker's death makes *suspects* of all it held: each has one crash more on its
/// record, and a worker holds at most one suspect at a time, those with the fewest
/// crashes first, so that a task that kills its worker soon does so alone, and many kills
/// in a row do not meet the same victim. What the dead held comes back when the next living
/// worker says [`alive`](Self::alive), at the latest; nobody has to wait for a time to end.
#[async_trait]
pub trait TaskQueue: Send + Sync {
    /// Puts `tasks` into the queue; answers for each, in their order.
    ///
    /// To a store, a task whose id is known, even one that is done and still kept, is
    /// [`Enqueued::Already`] and changes nothing. A conveyor remembers no ids: every task is
    /// new to it.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached; any of the tasks may or may not be queued then,
    /// and enqueuing them again is harmless for those with a key.
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError>;

    /// Gives `worker` up to `most` due tasks of `queues`, waiting up to `wait` for the first.
    ///
    /// Empty when there was none in that time. What is leased belongs to `worker` for as
    /// long as it lives, however long it runs. Leasing counts as a sign of life; the first of
    /// a worker may take back what the dead held, as [`alive`](Self::alive) does.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached. What may have been leased all the same comes
    /// back when `worker` dies.
    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError>;

    /// Ends leases, each with its verdict; answers for each, in their order.
    ///
    /// [`Settled::TooLate`] means that the lease had been lost and the task went to
    /// somebody else; nothing has changed for it then.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached; any of the leases may or may not be ended then,
    /// and ending them again is harmless.
    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError>;

    /// Says that `worker` lives, and takes back what dead workers held.
    ///
    /// To be called every few seconds for as long as the worker lives: so long may the tasks
    /// of a dead one wait for the others. Answers how many tasks were taken back.
    ///
    /// # Errors
    ///
    /// When the queue cannot be reached; calling again is harmless.
    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError>;
}

/// What became of one task that was enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits now.
    New,
    /// It was there before; nothing changed.
    Already,
}

/// The right of one worker to do one task.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The task.
    pub envelope: Envelope,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How many workers died or panicked holding this task.
    pub crashes: u32,
    /// When the task was first due: its deadline counts from here.
    pub due_since: DateTime<Utc>,
    /// Tells this lease from every other of the same task.
    pub fence: Fence,
    /// Whether a conveyor leased a message that stands for a row of the store: then the row
    /// is to be [taken](super::Outbox::take) before the task is run.
    pub conveyed: bool,
}

impl Lease {
    /// Ends this lease with `verdict`.
    pub fn end(self, verdict: Verdict) -> Ended {
        Ended {
            id: self.envelope.id,
            fence: self.fence,
            verdict,
        }
    }
}

/// A lease on its way back to the queue.
///
/// Made from the lease by value, so that a lease has one verdict; kept until the queue
/// has confirmed it, so that a failed settlement can be repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Which task.
    pub id: TaskId,
    /// Under which lease.
    pub fence: Fence,
    /// How it ended.
    pub verdict: Verdict,
}

/// How an attempt ended, as the queue must obey it.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The task is carried out; its result, which a store may keep but no port shows.
    Done(Value),
    /// It is tried again after a while, and this attempt counts.
    Retry(Duration, Reason),
    /// It is tried again after a while, and this attempt does not count: nobody's would have succeeded.
    Postpone(Duration, Reason),
    /// It brought its attempt down without ending it; one crash more on its record, tried again after a while.
    Crashed(Duration, Reason),
    /// There is no hope; it is kept with the reason for a person to look at.
    Bury(Reason),
    /// It was not begun, or not ended, for reasons that are not its own: it is due at once and nothing counts.
    Release,
}

/// Whether a verdict was obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was.
    InTime,
    /// The lease had been lost; nothing changed.
    TooLate,
}

/// Tells one lease from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fence(pub i64);

/// Which process works, from its start to its end: made anew at every start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(Uuid);

impl WorkerId {
    /// The worker with this identity; made at random at the edge.
    pub const fn new(value: Uuid) -> Self {
        Self(value)
    }

    /// The identity, for those who store it.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The queues a worker serves; at least one, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queues(Vec<QueueName>);

impl Queues {
    /// These queues; `None` when there is none. A queue named twice counts once.
    pub fn new(names: impl IntoIterator<Item = QueueName>) -> Option<Self> {
        let mut queues = Vec::new();
        for name in names {
            if !queues.contains(&name) {
                queues.push(name);
            }
        }
        (!queues.is_empty()).then_some(Self(queues))
    }

    /// Their names, in the order given.
    pub fn names(&self) -> &[QueueName] {
        &self.0
    }
}

impl From<QueueName> for Queues {
    fn from(name: QueueName) -> Self {
        Self(vec![name])
    }
}
