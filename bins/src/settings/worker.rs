//! How tasks are run.

use std::time::Duration;

use super::reader::Reader;
use super::values::{duration, number};
use super::{DAY, HOUR, SECOND};

/// How tasks are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerSettings {
    /// `CELERY_CONF_WORKER_CONCURRENCY`: how many tasks run at a time.
    pub concurrency: usize,
    /// `CELERY_CONF_WORKER_PREFETCH_MULTIPLIER`: how many are held for each that runs.
    pub prefetch_multiplier: usize,
    /// `CELERY_CONF_TASK_TIME_LIMIT`: how long one task may take.
    pub time_limit: Duration,
    /// `WORKER_LEASE`: how long after its last sign of life a worker on a server counts as dead.
    pub lease: Duration,
}

impl WorkerSettings {
    /// How often a worker gives a sign of life: three times before it is missed.
    pub fn heartbeat(&self) -> Duration {
        self.lease / 3
    }

    pub(super) fn read(read: &mut Reader) -> Self {
        Self {
            concurrency: read.or("CELERY_CONF_WORKER_CONCURRENCY", 32, number(1..=1024)),
            prefetch_multiplier: read.or(
                "CELERY_CONF_WORKER_PREFETCH_MULTIPLIER",
                4,
                number(1..=128),
            ),
            time_limit: read.or(
                "CELERY_CONF_TASK_TIME_LIMIT",
                300 * SECOND,
                duration(SECOND..=DAY),
            ),
            lease: read.or("WORKER_LEASE", 15 * SECOND, duration(3 * SECOND..=HOUR)),
        }
    }
}
