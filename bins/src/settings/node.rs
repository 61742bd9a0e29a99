//! How a worker is seen and spoken to from outside.

use std::time::Duration;

use super::HOUR;
use super::reader::Reader;
use super::values::{boolean, choice, duration};

/// How a worker is seen and spoken to from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSettings {
    /// `CELERY_CONF_WORKER_SEND_TASK_EVENTS`: whether it tells from the start what becomes of its tasks.
    pub task_events: bool,
    /// `CELERY_CONF_WORKER_ENABLE_REMOTE_CONTROL`: whether it obeys commands.
    pub remote_control: bool,
    /// `CELERY_CONF_WORKER_SOFT_SHUTDOWN_TIMEOUT`: how long a cold stop waits for what runs.
    pub soft_shutdown: Duration,
    /// `REMAP_SIGTERM`: whether SIGTERM stops a worker coldly, as SIGQUIT does.
    pub sigterm_is_cold: bool,
}

impl NodeSettings {
    pub(super) fn read(read: &mut Reader) -> Self {
        Self {
            task_events: read.or("CELERY_CONF_WORKER_SEND_TASK_EVENTS", false, boolean),
            remote_control: read.or("CELERY_CONF_WORKER_ENABLE_REMOTE_CONTROL", true, boolean),
            soft_shutdown: read.or(
                "CELERY_CONF_WORKER_SOFT_SHUTDOWN_TIMEOUT",
                Duration::ZERO,
                duration(Duration::ZERO..=HOUR),
            ),
            sigterm_is_cold: read.or("REMAP_SIGTERM", false, |text| {
                choice(text, &[("SIGTERM", false), ("SIGQUIT", true)])
            }),
        }
    }
}
