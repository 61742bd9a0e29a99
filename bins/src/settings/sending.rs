//! How tasks are sent.

use domain::tasks::Priority;

use super::reader::Reader;
use super::values::{boolean, number};

/// How tasks are sent that do not say it themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendingSettings {
    /// `CELERY_CONF_TASK_DEFAULT_PRIORITY`: how urgent entries of the schedule are, and what
    /// follows upon a task.
    pub priority: Priority,
    /// `CELERY_CONF_TASK_INHERIT_PARENT_PRIORITY`: whether what follows upon a task is as urgent.
    pub inherits_priority: bool,
    /// `CELERY_CONF_TASK_SEND_SENT_EVENT`: whether those who watch are told of what is sent.
    pub tells_sent: bool,
}

impl SendingSettings {
    pub(super) fn read(read: &mut Reader) -> Self {
        let priority = read.or("CELERY_CONF_TASK_DEFAULT_PRIORITY", 0, number(0..=9));
        Self {
            priority: Priority::new(priority),
            inherits_priority: read.or("CELERY_CONF_TASK_INHERIT_PARENT_PRIORITY", false, boolean),
            tells_sent: read.or("CELERY_CONF_TASK_SEND_SENT_EVENT", false, boolean),
        }
    }
}
