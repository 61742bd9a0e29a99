//! What a worker can be asked and told, each with its arguments.

mod reading;
#[cfg(test)]
mod tests;

use std::time::Duration;

use domain::tasks::{QueueName, RateLimit, Signal, TaskId};

use super::ArgumentError;

/// What a worker can be asked and told.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Whether it is there.
    Ping,
    /// Which tasks run; with their arguments as texts if that is safer.
    Active {
        /// Whether arguments are shown as texts.
        as_texts: bool,
    },
    /// Which tasks wait in the worker.
    Reserved,
    /// Which tasks wait for their instant.
    Scheduled,
    /// Which tasks it knows, and this of each.
    Registered {
        /// What is told of each; nothing said is Celery's own choice.
        items: Option<Vec<String>>,
        /// Whether Celery's own tasks are told, too.
        builtins: bool,
    },
    /// How it does.
    Stats,
    /// Which queues it serves.
    ActiveQueues,
    /// What it is set to; with what nobody said.
    Conf {
        /// Whether what nobody said is told, too.
        with_defaults: bool,
    },
    /// Which tasks are revoked.
    Revoked,
    /// What becomes of these tasks.
    QueryTask {
        /// Which tasks.
        ids: Vec<TaskId>,
    },
    /// All that one wants to know when something is wrong.
    Report,
    /// What its logical clock says.
    Clock,
    /// A worker has come, which knows of these revoked tasks.
    Hello {
        /// Which worker has come.
        from: String,
        /// The tasks that it knows to be revoked.
        revoked: Vec<TaskId>,
    },
    /// Nobody wants these tasks done any more.
    Revoke {
        /// Which tasks.
        ids: Vec<TaskId>,
        /// By which signal those that run are ended, if they are.
        terminate: Option<Signal>,
    },
    /// Nobody wants tasks done that carry one of these stamps.
    RevokeStamped {
        /// Names of stamps, each with its values.
        stamps: Vec<(String, Vec<String>)>,
        /// By which signal those that run are ended, if they are.
        terminate: Option<Signal>,
    },
    /// How often this task may be begun.
    RateLimit {
        /// Which task.
        task: String,
        /// The limit; none at all, if nothing is said.
        limit: Option<RateLimit>,
    },
    /// How long this task may run.
    TimeLimit {
        /// Which task.
        task: String,
        /// Until it is ended.
        hard: Option<Duration>,
        /// Until it fails.
        soft: Option<Duration>,
    },
    /// It is to serve this queue, too.
    AddConsumer {
        /// Which queue.
        queue: QueueName,
        /// The exchange and the routing key by which producers reach it, if these are said.
        binding: Option<(String, String)>,
    },
    /// It is to serve this queue no more.
    CancelConsumer {
        /// Which queue.
        queue: QueueName,
    },
    /// So many more tasks may run at a time.
    PoolGrow {
        /// How many.
        count: usize,
    },
    /// So many fewer tasks may run at a time.
    PoolShrink {
        /// How many.
        count: usize,
    },
    /// It is to tell what becomes of tasks.
    EnableEvents,
    /// It is to tell no more what becomes of tasks.
    DisableEvents,
    /// It is to say that it is there.
    Heartbeat,
    /// It is to end in order.
    Shutdown,
    /// What makes no sense here, and why.
    Senseless(&'static str),
}

/// Why a request is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Nobody knows it.
    #[error("this worker knows no command {0:?}")]
    Unknown(String),
    /// Its arguments are not those of the command.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// It is no rate.
    #[error("invalid rate limit: {0}")]
    Rate(#[from] domain::tasks::RateLimitError),
    /// A queue is bound in a way that is not served.
    #[error(
        "exchanges of type {0:?} are not served: give the queue alone, or a direct exchange and a routing key"
    )]
    Exchange(String),
}
