//! The worker: settings, the tasks it knows, and the role that runs them.

use std::process::ExitCode;

use bins::arguments::NodeOptions;
use bins::{program, roles};
use clap::Args;

use crate::sources::{Redis, sources};
use crate::tasks::router;

/// Where the names of the tasks begin; they are constants of their types.
const TASK_PREFIX: &str = "interop.";
/// Our worker tells that it lives three times in this many seconds, at most.
const LEASE: f64 = 15.0;
/// The shortest time in which a worker can be missed.
const SHORTEST_LEASE: f64 = 3.0;

/// How the worker is to work.
#[derive(Debug, Args)]
pub(crate) struct Worker {
    #[command(flatten)]
    redis: Redis,
    /// The queues to serve, separated by commas.
    #[arg(short = 'Q', long, env = "QUEUES", default_value = "celery")]
    queues: String,
    /// What this worker is called.
    #[arg(short = 'n', long, env = "NODE", default_value = "interop@localhost")]
    hostname: String,
    /// How many tasks run at once.
    #[arg(short, long, env = "CONCURRENCY", default_value = "2")]
    concurrency: String,
    /// How many tasks are held for each that may run.
    #[arg(long, env = "PREFETCH", default_value = "4")]
    prefetch: String,
    /// 1: that a task was begun is stored, too.
    #[arg(long, env = "TRACK_STARTED", default_value = "0")]
    track_started: String,
    /// 1: task events are sent from the beginning.
    #[arg(long, env = "EVENTS", default_value = "1")]
    events: String,
    /// For how many seconds a cold stop waits for what runs.
    #[arg(long, env = "SOFT_SHUTDOWN_TIMEOUT", default_value = "0")]
    soft_shutdown_timeout: String,
    /// Where the names of the tasks begin.
    #[arg(long, env = "TASK_PREFIX", default_value = TASK_PREFIX)]
    task_prefix: String,
}

impl Worker {
    pub(crate) fn run(self) -> ExitCode {
        if self.task_prefix != TASK_PREFIX {
            eprintln!("the names of these tasks begin with {TASK_PREFIX} and with nothing else");
            return ExitCode::FAILURE;
        }
        let lease = self.redis.visibility_timeout.unwrap_or(LEASE);
        let lease = lease.clamp(SHORTEST_LEASE, LEASE);
        let options = NodeOptions {
            name: self.hostname.clone(),
            queues: self.queues.split(',').map(str::to_owned).collect(),
            ..NodeOptions::default()
        };
        let settings = [
            ("CELERY_CONF_WORKER_CONCURRENCY", self.concurrency),
            ("CELERY_CONF_WORKER_PREFETCH_MULTIPLIER", self.prefetch),
            ("WORKER_LEASE", lease.to_string()),
            ("CELERY_CONF_TASK_TRACK_STARTED", self.track_started),
            ("CELERY_CONF_WORKER_SEND_TASK_EVENTS", self.events),
            (
                "CELERY_CONF_WORKER_SOFT_SHUTDOWN_TIMEOUT",
                self.soft_shutdown_timeout,
            ),
        ];
        let router = router(&self.hostname);
        program::run_worker(
            &sources(&self.redis, &settings),
            "interop worker",
            |_| {},
            async |settings, stop| roles::worker_of(router, settings, options, stop).await,
        )
    }
}
