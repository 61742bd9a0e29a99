//! One task and all that is known of it.

use chrono::{DateTime, Utc};
use domain::ports::{Fence, Lease, Push, TaskRow, TaskState, WorkerId};
use domain::tasks::{Envelope, Reason};
use tokio::time::Instant;

/// One task and all that is known of it.
pub(in crate::memory) struct Kept {
    /// What was enqueued.
    pub(in crate::memory) envelope: Envelope,
    /// Where it stands.
    pub(in crate::memory) stage: Stage,
    /// How many attempts ended in a retry.
    pub(in crate::memory) attempts: u32,
    /// How many workers died or panicked holding it.
    pub(in crate::memory) crashes: u32,
    /// When it was first due in this life.
    pub(in crate::memory) due_since: DateTime<Utc>,
    /// When it is or was due.
    pub(in crate::memory) due_at: DateTime<Utc>,
    /// Why it was last retried, or buried.
    pub(in crate::memory) reason: Option<Reason>,
    /// Its place among all that were ever enqueued.
    pub(super) order: i64,
    /// Its place among all that ever entered a state.
    pub(super) entered: i64,
}

/// Where a task stands.
#[derive(Clone, Copy)]
pub(in crate::memory) enum Stage {
    /// It is queued: due now or later.
    Waiting,
    /// It is on its way to a worker.
    Relayed {
        /// By which push.
        push: Push,
        /// Since when.
        since: Instant,
    },
    /// A worker holds it.
    Running {
        /// Who.
        worker: WorkerId,
        /// Under which lease.
        fence: Fence,
    },
    /// It was carried out, then.
    Done(DateTime<Utc>),
    /// There was no hope, since then.
    Buried(DateTime<Utc>),
}

impl Kept {
    pub(super) fn new(envelope: Envelope, order: i64, now: DateTime<Utc>) -> Self {
        let due_at = envelope.due.from(now);
        Self {
            envelope,
            stage: Stage::Waiting,
            attempts: 0,
            crashes: 0,
            due_since: due_at,
            due_at,
            reason: None,
            order,
            entered: order,
        }
    }

    /// Waits and is due, without losing its place to those that have been due for a shorter time.
    pub(in crate::memory) fn wait_no_longer(&mut self, now: DateTime<Utc>) {
        self.stage = Stage::Waiting;
        self.due_at = self.due_at.min(now);
    }

    pub(super) fn is_suspect(&self) -> bool {
        self.crashes > 0
    }

    pub(super) fn fence(&self) -> Option<Fence> {
        match self.stage {
            Stage::Running { fence, .. } => Some(fence),
            _ => None,
        }
    }

    pub(super) fn lease(&self, fence: Fence) -> Lease {
        Lease {
            envelope: self.envelope.clone(),
            attempt: self.attempts + 1,
            crashes: self.crashes,
            due_since: self.due_since,
            fence,
            conveyed: false,
        }
    }

    pub(in crate::memory) fn state(&self) -> TaskState {
        match self.stage {
            Stage::Waiting | Stage::Relayed { .. } => TaskState::Waiting,
            Stage::Running { .. } => TaskState::Running,
            Stage::Done(_) => TaskState::Done,
            Stage::Buried(_) => TaskState::Buried,
        }
    }

    /// The task as an operator sees it.
    pub(in crate::memory) fn row(&self) -> TaskRow {
        let ended_at = match self.stage {
            Stage::Done(at) | Stage::Buried(at) => Some(at),
            Stage::Waiting | Stage::Relayed { .. } | Stage::Running { .. } => None,
        };
        TaskRow {
            id: self.envelope.id.clone(),
            name: self.envelope.name.clone(),
            queue: self.envelope.queue.clone(),
            payload: self.envelope.payload.clone(),
            state: self.state(),
            attempts: self.attempts,
            crashes: self.crashes,
            due_at: self.due_at,
            reason: self.reason.clone(),
            ended_at,
        }
    }
}
