//! What is on Redis: messages, tasks of Python's that are buried, and what nobody understands.

use adapters::redis::{Quarantined, RedisQueue};
use domain::ports::{PortError, QueueCounts, TaskQueueAdmin as _, TaskRow, TaskState, chain};
use serde_json::{Value, json};

use super::{queue_json, section, task_json, task_line, written};

/// What there is on Redis; why nothing can be said of it, if it is away.
pub(super) struct OnRedis(Result<Found, String>);

struct Found {
    queues: Vec<QueueCounts>,
    buried: Vec<TaskRow>,
    quarantined: Vec<Quarantined>,
}

impl OnRedis {
    /// Looks for up to `most` of each kind.
    pub(super) async fn look(redis: &RedisQueue, most: u32) -> Self {
        let found = Found::look(redis, most).await;
        Self(found.map_err(|error| chain(&error)))
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec!["Redis".to_owned()];
        let found = match &self.0 {
            Ok(found) => found,
            Err(why) => {
                lines.push(format!("  {why}"));
                return lines;
            }
        };
        if found.queues.is_empty() {
            lines.push("  no messages".to_owned());
        }
        lines.extend(found.queues.iter().map(|counts| {
            let QueueCounts {
                queue,
                waiting,
                running,
                buried,
                ..
            } = counts;
            format!(
                "  {queue}: {waiting} messages wait, {running} are held by workers, {buried} buried"
            )
        }));
        lines.extend(section(
            "Buried on Redis (backbeat requeue ID gives one another life)",
            &found.buried,
            task_line,
        ));
        lines.extend(section(
            "In quarantine (messages that nobody understands)",
            &found.quarantined,
            |message| {
                let Quarantined {
                    at,
                    queue,
                    reason,
                    length,
                    ..
                } = message;
                format!("{queue} since {}, {length} bytes: {reason}", written(*at))
            },
        ));
        lines
    }

    pub(super) fn json(&self) -> Value {
        let found = match &self.0 {
            Ok(found) => found,
            Err(why) => return json!({"away": why}),
        };
        let quarantined = found.quarantined.iter().map(|message| {
            json!({
                "at": written(message.at), "queue": message.queue, "reason": message.reason,
                "length": message.length, "beginning": String::from_utf8_lossy(&message.beginning),
            })
        });
        json!({
            "queues": found.queues.iter().map(queue_json).collect::<Vec<_>>(),
            "buried": found.buried.iter().map(task_json).collect::<Vec<_>>(),
            "quarantined": quarantined.collect::<Vec<_>>(),
        })
    }
}

impl Found {
    async fn look(redis: &RedisQueue, most: u32) -> Result<Self, PortError> {
        Ok(Self {
            queues: redis.counts().await?,
            buried: redis.list(TaskState::Buried, most).await?,
            quarantined: redis.quarantined(most).await?,
        })
    }
}
