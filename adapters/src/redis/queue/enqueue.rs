//! Puts tasks where their workers find them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ports::{Enqueued, PortError, Severity};
use domain::tasks::Envelope;
use redis::{Pipeline, pipe};
use tokio::join;
use uuid::Builder;

use super::RedisQueue;
use crate::redis::error::failed;
use crate::redis::record::{Head, score};
use crate::redis::wire::{MOST_MESSAGE, Refusal, Sent, encode, step_of};

/// How many tasks go to Redis at once; the next are made ready meanwhile.
const MOST_PER_PIPELINE: usize = 128;

impl RedisQueue {
    /// A conveyor remembers no ids, so every task is new to it.
    pub(super) async fn push(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        let mut steps = tasks
            .chunks(MOST_PER_PIPELINE)
            .map(|step| self.pushing(step));
        let mut next = steps.next().transpose()?;
        while let Some(pipeline) = next {
            let pushing = self.link.pipeline::<()>(&pipeline);
            let preparing = async { steps.next().transpose() };
            let (pushed, prepared) = join!(pushing, preparing);
            pushed.map_err(failed("enqueue tasks"))?;
            next = prepared?;
        }
        Ok(vec![Enqueued::New; tasks.len()])
    }

    fn pushing(&self, tasks: &[Envelope]) -> Result<Pipeline, PortError> {
        let now = self.now();
        let mut lists: BTreeMap<_, Vec<Vec<u8>>> = BTreeMap::new();
        let mut later = Vec::new();
        for task in tasks {
            let due_at = task.due.from(now);
            let message = message(task, due_at, now)?;
            if due_at <= now {
                let list = (&task.queue, step_of(task.priority));
                lists.entry(list).or_default().push(message);
            } else {
                let head = Head::new(task.queue.clone(), task.priority, due_at, now);
                later.push((&task.queue, score(due_at), head.record(&message)));
            }
        }
        let mut pipeline = pipe();
        for ((queue, step), messages) in &lists {
            let pushed = pipeline.lpush(self.keys.list(queue, *step), messages);
            pushed
                .ignore()
                .sadd(self.keys.queues(), queue.as_str())
                .ignore();
        }
        for (queue, score, record) in &later {
            let added = pipeline.zadd(self.keys.due(queue), record, *score);
            added
                .ignore()
                .sadd(self.keys.queues(), queue.as_str())
                .ignore();
        }
        Ok(pipeline)
    }
}

fn message(
    envelope: &Envelope,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, PortError> {
    let message = encode(&Sent {
        envelope,
        due_at,
        now,
        tag: Builder::from_random_bytes(rand::random()).into_uuid(),
    });
    if MOST_MESSAGE < message.len() {
        return Err(PortError {
            adapter: "redis",
            action: "enqueue tasks",
            severity: Severity::Permanent,
            source: Refusal::TooLong(message.len()).into(),
        });
    }
    Ok(message)
}
