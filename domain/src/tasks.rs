//! Work done later: what a task is, how it is sealed, and what one attempt makes of it.
//!
//! The way of a task: a use case [seals](Envelope::seal) it, a queue keeps it, a worker
//! leases it and makes an [`attempt()`], the [`Router`] finds its [`Handler`], and the
//! verdict goes back to the queue.

mod attempt;
mod back_off;
mod envelope;
mod name;
pub mod numbers;
mod outcome;
mod own_work;
mod payload;
mod rate_limit;
mod router;
mod routes;
mod slot;
mod task;
mod time_limits;

pub use attempt::{MOST_CRASHES, attempt, crashed, timed_out, unattempted};
pub(crate) use back_off::jitter;
pub use back_off::{back_off, requeue_after};
pub use envelope::{Due, Envelope, Priority, Reason};
pub use name::{Key, QueueName, TaskId, TaskName};
pub use outcome::{Failure, FailureKind, Outcome, Revocation, Signal};
pub use own_work::OwnWork;
pub use payload::{Payload, PayloadError};
pub use rate_limit::{RateLimit, RateLimitError};
pub use router::Router;
pub use routes::Routes;
pub use slot::Slot;
pub use task::{Cancellation, Context, Handler, Task, TaskError};
pub use time_limits::TimeLimits;

use chrono::TimeDelta;

/// How long a task that is done is kept, so that its key holds and the same work is not queued again.
pub const DONE_TASKS_KEPT_FOR: TimeDelta = TimeDelta::hours(48);
