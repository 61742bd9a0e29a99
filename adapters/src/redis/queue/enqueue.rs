//! Puts tasks where their workers find them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ports::{Enqueued, PortError, Severity};
use domain::tasks::{Envelope, QueueName};
use redis::{Pipeline, pipe};
use tokio::join;
use uuid::Builder;

use super::RedisQueue;
use crate::redis::error::failed;
use crate::redis::record::{Head, score};
use crate::redis::wire::{MOST_MESSAGE, Outgoing, Refusal, Sent, encode, step_of};

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
        let mut lists = Lists::new();
        let mut later = Vec::new();
        for task in tasks {
            let due_at = task.due.from(now);
            let message = message(task, due_at, now, As::Ours).map_err(too_long)?;
            if due_at <= now {
                let list = (&task.queue, step_of(task.priority));
                lists.entry(list).or_default().push(message);
            } else {
                let head = Head::new(task.queue.clone(), task.priority, due_at, now);
                later.push((&task.queue, score(due_at), head.record(&message)));
            }
        }
        let mut pipeline = pipe();
        self.add_lists(&mut pipeline, &lists);
        for (queue, score, record) in &later {
            let added = pipeline.zadd(self.keys.due(queue), record, *score);
            added
                .ignore()
                .sadd(self.keys.queues(), queue.as_str())
                .ignore();
        }
        if let Some(announcer) = &self.announcer {
            announcer.add(&mut pipeline, tasks, now);
        }
        Ok(pipeline)
    }

    pub(super) fn add_lists(&self, pipeline: &mut Pipeline, lists: &Lists<'_>) {
        for ((queue, step), messages) in lists {
            let pushed = pipeline.lpush(self.keys.list(queue, *step), messages);
            pushed
                .ignore()
                .sadd(self.keys.queues(), queue.as_str())
                .ignore();
        }
    }
}

/// The messages for each list of a queue.
pub(super) type Lists<'a> = BTreeMap<(&'a QueueName, u8), Vec<Vec<u8>>>;

/// As whose message a task goes out.
#[derive(Clone, Copy)]
pub(super) enum As {
    /// Ours, and all there is of the task.
    Ours,
    /// Ours, and it stands for a row of the store.
    Row,
    /// Any producer's, for whoever serves the queue.
    Producers,
}

pub(super) fn message(
    envelope: &Envelope,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
    sent_as: As,
) -> Result<Vec<u8>, Refusal> {
    let tag = Builder::from_random_bytes(rand::random()).into_uuid();
    let message = match sent_as {
        As::Ours | As::Row => encode(&Sent {
            envelope,
            due_at,
            now,
            tag,
            conveyed: matches!(sent_as, As::Row),
        }),
        As::Producers => {
            let outgoing = Outgoing {
                envelope: envelope.clone(),
                reply_to: None,
                compression: None,
            };
            outgoing.encode(now, tag)
        }
    };
    if MOST_MESSAGE < message.len() {
        return Err(Refusal::TooLong(message.len()));
    }
    Ok(message)
}

fn too_long(refusal: Refusal) -> PortError {
    PortError {
        adapter: "redis",
        action: "enqueue tasks",
        severity: Severity::Permanent,
        source: refusal.into(),
    }
}
