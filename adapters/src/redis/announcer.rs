//! Tells those who watch that tasks are sent.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ports::Clock;
use domain::tasks::Envelope;
use redis::Pipeline;
use uuid::Uuid;

use super::node::{Who, host, told_of_sent};
use super::url::RedisUrl;
use super::wire::events::{SENT, TaskEvent, channel_of_events, one_event};

/// Tells those who watch that tasks are sent (`task_send_sent_event`), as Celery's producers do:
/// by a name of the process, which is that of no worker.
pub(super) struct Announcer {
    who: Who,
    channel: String,
}

impl Announcer {
    /// Whoever tells of what is sent to `url`, where all keys begin with `prefix`.
    pub(super) fn at(url: &RedisUrl, prefix: &str, clock: Arc<dyn Clock>) -> Self {
        let name = format!("gen{}@{}", std::process::id(), host());
        let channel = channel_of_events(url.database(), SENT);
        Self {
            who: Who::new(name, clock),
            channel: format!("{prefix}{channel}"),
        }
    }

    /// Adds that these tasks are sent `now`; to be called when their messages have been added.
    pub(super) fn add<'a>(
        &self,
        pipeline: &mut Pipeline,
        tasks: impl IntoIterator<Item = &'a Envelope>,
        now: DateTime<Utc>,
    ) {
        for task in tasks {
            let event = TaskEvent::Sent(told_of_sent(task, now));
            let event = event.write(task.id.as_str(), &self.who.stamp());
            let message = one_event(&self.who.name, SENT, &event, Uuid::now_v7());
            pipeline.publish(&self.channel, message).ignore();
        }
    }
}
