//! The two halves of a task: what it says, and who does it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::payload::named_arguments;
use super::{PayloadError, Reason, Slot, TaskId, back_off, requeue_after};
use crate::ports::{PortError, Severity, WorkerId, chain};

/// What a task says: data with a stable name.
///
/// Its fields are its keyword arguments. Queued tasks outlive releases, so fields are
/// only ever added, with a default.
pub trait Task: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What carrying it out yields.
    type Output: Serialize;

    /// The name on the wire. Queued tasks carry it, so it outlives every rename of the type.
    const NAME: &'static str;

    /// The names of its arguments in the order in which they may be given without names.
    const ARGUMENTS: &'static [&'static str] = &[];

    /// How long after it was first due it is retried before it is buried.
    const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(72);

    /// How often it is retried before there is no hope; `None` leaves it to the deadline alone.
    const MAX_RETRIES: Option<u32> = None;

    /// How long one attempt may take; `None` leaves it to the worker's own limit.
    const TIME_LIMIT: Option<Duration> = None;

    /// How often one worker may begin it, like `10/m`; `None` leaves it to the worker.
    const RATE_LIMIT: Option<&'static str> = None;

    /// The task with these arguments, the first without names and the others with theirs.
    ///
    /// Arguments without names are accepted as far as [`ARGUMENTS`](Self::ARGUMENTS) tells their
    /// order; a task that takes whatever comes has a way of its own.
    ///
    /// # Errors
    ///
    /// When the arguments are not the task's.
    fn from_arguments(
        positional: Vec<Value>,
        keywords: Map<String, Value>,
    ) -> Result<Self, PayloadError> {
        named_arguments(positional, keywords)
    }
}

/// Who does a task.
#[async_trait]
pub trait Handler<T: Task>: Send + Sync + 'static {
    /// Does `task`. May be called twice for the same task.
    ///
    /// # Errors
    ///
    /// The error says what the queue does next, see [`TaskError`].
    async fn handle(&self, task: T, context: &Context) -> Result<T::Output, TaskError>;
}

/// What a handler may know of the attempt it is in.
#[derive(Clone, Debug)]
pub struct Context {
    /// Which task.
    pub id: TaskId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// When the task was first due: what it says of its time, it says of this instant.
    pub due_since: DateTime<Utc>,
    /// When the task is given up.
    pub deadline: DateTime<Utc>,
    /// How often it may be retried until then, if that is limited.
    pub max_retries: Option<u32>,
    /// Who makes the attempt.
    pub worker: WorkerId,
    /// Whether the attempt should come to an end.
    pub cancellation: Cancellation,
    /// The slot that it takes, to be lent while it only waits for somebody else.
    pub slot: Slot,
}

impl Context {
    /// How often the task was retried so far.
    pub fn retries(&self) -> u32 {
        self.attempt.saturating_sub(1)
    }

    /// Whether the task may be retried once more, however long that takes.
    pub fn has_retries(&self) -> bool {
        self.max_retries.is_none_or(|most| self.retries() < most)
    }

    /// How long the task waits before it is offered again, if it is rejected at `now`.
    pub(super) fn requeue_after(&self, now: DateTime<Utc>) -> Duration {
        requeue_after(now - self.due_since)
    }

    /// Whether the task, failing at `now` with `error`, would be attempted again before its deadline.
    pub fn has_time_for(&self, error: &TaskError, now: DateTime<Utc>) -> bool {
        let wait = match error {
            TaskError::Retry(_) | TaskError::RetryAfter(..) if !self.has_retries() => return false,
            TaskError::Retry(_) => back_off(&self.id, self.attempt),
            TaskError::RetryAfter(wait, _) | TaskError::Postpone(wait, _) => *wait,
            TaskError::Requeue(_) => self.requeue_after(now),
            TaskError::Reject(_) | TaskError::GiveUp(_) => return false,
        };
        let next = TimeDelta::from_std(wait)
            .ok()
            .and_then(|wait| now.checked_add_signed(wait));
        next.is_some_and(|next| next <= self.deadline)
    }
}

/// Why a task was not carried out, and so what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// Try again later; the back-off decides when, until the task's deadline.
    #[error("to be tried again: {0}")]
    Retry(Reason),
    /// Try again after so long, until the task's deadline; this attempt counts.
    #[error("to be tried again: {1}")]
    RetryAfter(Duration, Reason),
    /// Try again after so long; this attempt does not count.
    #[error("postponed: {1}")]
    Postpone(Duration, Reason),
    /// This worker does not want it: it is offered again after a while, see [`requeue_after`],
    /// until the task's deadline; this attempt does not count. Celery's `Reject` with `requeue`.
    #[error("rejected, and offered again: {0}")]
    Requeue(Reason),
    /// Nobody is to do it: it is set aside for a person to look at. Celery's `Reject` without
    /// `requeue`.
    #[error("rejected: {0}")]
    Reject(Reason),
    /// There is no hope.
    #[error("given up: {0}")]
    GiveUp(Reason),
}

impl TaskError {
    /// Why, in one line.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Retry(reason)
            | Self::RetryAfter(_, reason)
            | Self::Postpone(_, reason)
            | Self::Requeue(reason)
            | Self::Reject(reason)
            | Self::GiveUp(reason) => reason,
        }
    }
}

/// Lets `?` do the right thing: what may pass is retried, what will not is given up.
impl From<PortError> for TaskError {
    fn from(error: PortError) -> Self {
        let reason = Reason::new(chain(&error));
        match error.severity {
            Severity::Transient => Self::Retry(reason),
            Severity::Permanent => Self::GiveUp(reason),
        }
    }
}

/// A sign that an attempt should come to an end; never taken back.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Gives the sign.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the sign was given.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
