//! How tasks are run.

use std::time::Duration;

use domain::tasks::{RateLimit, RateLimitError};

use super::reader::Reader;
use super::values::{boolean, duration, number};
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
    /// `CELERY_CONF_TASK_SOFT_TIME_LIMIT`: after how long a task is asked to come to an end.
    pub soft_time_limit: Option<Duration>,
    /// `CELERY_CONF_TASK_DEFAULT_RATE_LIMIT`: how often a task may be begun that says nothing itself.
    pub rate_limit: Option<RateLimit>,
    /// `CELERY_CONF_WORKER_DISABLE_RATE_LIMITS`: whether no rate limit is kept, whoever set it.
    pub rate_limits_disabled: bool,
    /// `WORKER_LEASE`: how long after its last sign of life a worker on a server counts as dead.
    pub lease: Duration,
}

impl WorkerSettings {
    /// How often a worker gives a sign of life: three times before it is missed.
    pub fn heartbeat(&self) -> Duration {
        self.lease / 3
    }

    pub(super) fn read(read: &mut Reader) -> Self {
        let time_limit = read.or(
            "CELERY_CONF_TASK_TIME_LIMIT",
            300 * SECOND,
            duration(SECOND..=DAY),
        );
        let soft = "CELERY_CONF_TASK_SOFT_TIME_LIMIT";
        let soft_time_limit = read.open(soft, duration(SECOND..=DAY));
        if soft_time_limit.is_some_and(|soft| time_limit <= soft) {
            read.complain_about(soft, SOFT_IS_SHORTER);
        }
        Self {
            concurrency: read.or("CELERY_CONF_WORKER_CONCURRENCY", 32, number(1..=1024)),
            prefetch_multiplier: read.or(
                "CELERY_CONF_WORKER_PREFETCH_MULTIPLIER",
                4,
                number(1..=128),
            ),
            time_limit,
            soft_time_limit,
            rate_limit: read
                .open("CELERY_CONF_TASK_DEFAULT_RATE_LIMIT", rate_limit)
                .flatten(),
            rate_limits_disabled: read.or("CELERY_CONF_WORKER_DISABLE_RATE_LIMITS", false, boolean),
            lease: read.or("WORKER_LEASE", 15 * SECOND, duration(3 * SECOND..=HOUR)),
        }
    }
}

const SOFT_IS_SHORTER: &str = "must be shorter than CELERY_CONF_TASK_TIME_LIMIT, at which the task is ended; raise that, or lower this";

/// Celery takes 0 for none.
fn rate_limit(text: &str) -> Result<Option<RateLimit>, RateLimitError> {
    if text == "0" || text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    text.parse().map(Some)
}
