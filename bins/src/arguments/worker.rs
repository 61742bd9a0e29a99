//! What can be said on the command line of a worker: what Celery's says, where it means the same.

use std::time::Duration;

use clap::Parser;

use super::refused::celery;
use super::{CommandLine, Log, Refusals, SETTINGS};
use crate::settings::values::{ValueError, duration};
use crate::settings::{Settings, Warning};
use crate::{node_name, program};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

/// Runs tasks: leases them, carries them out, settles them.
///
/// The options are those of Celery's worker. What means nothing here is refused with a sentence
/// that says what to do instead.
///
/// SIGTERM or Ctrl-C stops it warmly: what runs is finished (`SHUTDOWN_GRACE`), and the rest goes
/// back. SIGQUIT or another Ctrl-C stops it coldly: what runs goes back, too, and is done by
/// others.
#[derive(Clone, Debug, Parser)]
#[command(name = "worker", version, after_help = SETTINGS)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "Celery has an option for each"
)]
pub struct Worker {
    /// How many tasks run at once [setting: `CELERY_CONF_WORKER_CONCURRENCY`].
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: Option<u16>,
    /// The queues to serve, separated by commas [default: the default queue].
    #[arg(
        short = 'Q',
        long,
        alias = "queue",
        value_name = "A,B",
        value_delimiter = ','
    )]
    pub queues: Vec<String>,
    /// The queues not to serve. Without -Q it serves every other queue that tasks are routed to.
    #[arg(
        short = 'X',
        long,
        alias = "exclude-queue",
        value_name = "A,B",
        value_delimiter = ','
    )]
    pub exclude_queues: Vec<String>,
    /// What this worker is called, in the log and by Celery's tools: %h is the name of the
    /// machine, %n what stands before its first dot, %d what stands behind it. Without an @ it
    /// is the name of a machine.
    #[arg(
        short = 'n',
        long,
        value_name = "NAME@HOST",
        default_value = "celery@%h"
    )]
    pub hostname: String,
    /// Tell what becomes of each task [setting: `CELERY_CONF_WORKER_SEND_TASK_EVENTS`].
    #[arg(short = 'E', long, alias = "events")]
    pub task_events: bool,
    /// How long one task may take [setting: `CELERY_CONF_TASK_TIME_LIMIT`].
    #[arg(long, value_name = "SECONDS", value_parser = limit)]
    pub time_limit: Option<Duration>,
    /// After how long a task is asked to come to an end [setting: `CELERY_CONF_TASK_SOFT_TIME_LIMIT`].
    #[arg(long, value_name = "SECONDS", value_parser = limit)]
    pub soft_time_limit: Option<Duration>,
    /// How many tasks are fetched ahead for each that runs [setting: `CELERY_CONF_WORKER_PREFETCH_MULTIPLIER`].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=128))]
    pub prefetch_multiplier: Option<u16>,
    /// Take no part in what workers tell each other of their coming and going: none does here.
    #[arg(long)]
    pub without_gossip: bool,
    /// Do not ask the other workers at the start what was revoked.
    #[arg(long)]
    pub without_mingle: bool,
    /// Tell nobody that it lives: Celery's monitors take it for away.
    #[arg(long)]
    pub without_heartbeat: bool,
    /// How often it tells that it lives.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = interval)]
    pub heartbeat_interval: Duration,
    /// Remove everything that waits in its queues, before it begins. This cannot be undone.
    #[arg(long, alias = "discard")]
    pub purge: bool,
    /// Whom tasks go to: who is free. There is no other way.
    #[arg(short = 'O', value_name = "fair", hide_short_help = true, value_parser = ["fair", "default"])]
    pub optimization: Option<String>,
    /// How loudly to log.
    #[command(flatten)]
    pub log: Log,
}

impl CommandLine for Worker {
    const REFUSED: Refusals = celery::OF_THE_WORKER;
}

/// What the command line says of a worker beside its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOptions {
    /// What it is called: `celery@host`.
    pub name: String,
    /// The queues to serve; none for the default queue, or for all but those that follow.
    pub queues: Vec<String>,
    /// The queues not to serve.
    pub excluded: Vec<String>,
    /// Whether what waits in its queues is removed first.
    pub purge: bool,
    /// How often it tells that it lives; `None` for never.
    pub heartbeat: Option<Duration>,
    /// Whether it asks other workers at the start what was revoked.
    pub mingle: bool,
}

impl Default for NodeOptions {
    /// As without a word on the command line.
    fn default() -> Self {
        Self {
            name: node_name::expanded("celery@%h", &node_name::host()),
            queues: Vec::new(),
            excluded: Vec::new(),
            purge: false,
            heartbeat: Some(2 * SECOND),
            mingle: true,
        }
    }
}

impl Worker {
    /// Lets what was said win over the settings.
    pub fn adjust(&self, settings: &mut Settings) {
        program::log_at(settings, self.log.level);
        let worker = &mut settings.worker;
        if let Some(concurrency) = self.concurrency {
            worker.concurrency = concurrency.into();
        }
        if let Some(multiplier) = self.prefetch_multiplier {
            worker.prefetch_multiplier = multiplier.into();
        }
        if let Some(limit) = self.time_limit {
            worker.time_limit = limit;
        }
        if let Some(limit) = self.soft_time_limit {
            worker.soft_time_limit = Some(limit);
        }
        if worker
            .soft_time_limit
            .is_some_and(|soft| worker.time_limit <= soft)
        {
            let remark =
                "the soft time limit is not shorter than the time limit, and so changes nothing";
            settings.warnings.push(Warning::CommandLine(remark));
        }
        settings.node.task_events |= self.task_events;
    }

    /// The rest of what was said.
    pub fn into_options(self) -> NodeOptions {
        NodeOptions {
            name: node_name::expanded(&self.hostname, &node_name::host()),
            queues: self.queues,
            excluded: self.exclude_queues,
            purge: self.purge,
            heartbeat: (!self.without_heartbeat).then_some(self.heartbeat_interval),
            mingle: !self.without_mingle,
        }
    }
}

fn limit(text: &str) -> Result<Duration, ValueError> {
    duration(SECOND..=DAY)(text)
}

fn interval(text: &str) -> Result<Duration, ValueError> {
    duration(SECOND..=3600 * SECOND)(text)
}

#[cfg(test)]
mod tests;
