//! A worker that can be asked what it does, and told what to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Lease;
use crate::tasks::{Envelope, QueueName, RateLimit, Signal, TaskId, TaskName};

/// A worker that can be asked what it does, and told what to do, while it works.
///
/// Nothing here waits: what is told takes effect as soon as the worker gets to it.
pub trait WorkerControl: Send + Sync {
    /// The tasks in its hands, those that run first.
    fn in_hand(&self) -> Vec<InHand>;

    /// How often it began each task that it knows.
    fn begun(&self) -> BTreeMap<TaskName, u64>;

    /// The tasks it knows, by name, each with its rate limit.
    fn tasks(&self) -> BTreeMap<&'static str, Option<RateLimit>>;

    /// Has it do no such task, neither those that wait here nor those that come later. With
    /// `terminate` those that run are ended, too, as though by that signal; answers which these are.
    fn revoke(&self, what: &Revoked, terminate: Option<Signal>) -> Vec<TaskId>;

    /// The ids that were revoked lately.
    fn revoked(&self) -> Vec<TaskId>;

    /// How often it may begin this task from now on; `None` for as often as it can.
    ///
    /// # Errors
    ///
    /// When it does not know the task.
    fn limit_rate(&self, task: &str, limit: Option<RateLimit>) -> Result<(), UnknownTask>;

    /// How long an attempt at this task may take, if it is begun from now on and its message says
    /// nothing else: `hard` until it is ended, `soft` until it fails. `None` for what the task
    /// itself or the settings say.
    ///
    /// # Errors
    ///
    /// When it does not know the task.
    fn limit_time(
        &self,
        task: &str,
        hard: Option<Duration>,
        soft: Option<Duration>,
    ) -> Result<(), UnknownTask>;

    /// The queues it serves; none while all are cancelled.
    fn queues(&self) -> Vec<QueueName>;

    /// Has it serve this queue, too.
    fn add_queue(&self, queue: QueueName);

    /// Has it serve this queue no more; what it has of it already is done.
    fn cancel_queue(&self, queue: &QueueName);

    /// How many tasks run at a time, at most.
    fn concurrency(&self) -> usize;

    /// Has so many tasks run at a time, at least one; answers how many it is.
    fn set_concurrency(&self, concurrency: usize) -> usize;

    /// How many tasks are held for each that may run, beside it.
    fn prefetch(&self) -> usize;

    /// Stops it in order, as a signal would.
    fn shut_down(&self);
}

/// A task in the hands of a worker.
#[derive(Clone, Debug)]
pub struct InHand {
    /// The task, under its lease.
    pub lease: Arc<Lease>,
    /// Since when it runs; `None` while it waits.
    pub running_since: Option<DateTime<Utc>>,
}

/// Which tasks are revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Those with these ids.
    Ids(Vec<TaskId>),
    /// Those that carry a stamp of this name with one of these values.
    Stamp {
        /// The name of the stamp.
        name: String,
        /// Its values.
        values: Vec<String>,
    },
}

impl Revoked {
    /// Whether `task` is one of them.
    pub fn includes(&self, task: &Envelope) -> bool {
        match self {
            Self::Ids(ids) => ids.contains(&task.id),
            Self::Stamp { name, values } => stamps(task, name).any(|each| values.contains(&each)),
        }
    }
}

/// The values of a stamp, which may be one or a list.
fn stamps<'a>(task: &'a Envelope, name: &str) -> impl Iterator<Item = String> + use<'a> {
    use serde_json::Value;

    let stamp = task
        .headers
        .get("stamps")
        .and_then(|stamps| stamps.get(name));
    let values = match stamp {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => &values[..],
        Some(value) => std::slice::from_ref(value),
    };
    values.iter().map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// The worker knows no task of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown task")]
pub struct UnknownTask;
