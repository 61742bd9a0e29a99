//! Which tasks wait for their instant in the queues that a worker serves.

use chrono::{DateTime, Utc};
use domain::ports::{Fence, Lease};
use redis::RedisResult;
use serde::Deserialize;
use serde_json::{Value, json};

use super::info::info;
use crate::redis::node::Node;
use crate::redis::record::Head;
use crate::redis::wire::control::error_reply;
use crate::redis::wire::{decode, write_moment};

/// How many tasks are looked at, and how many bytes.
const MOST: usize = 1000;
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Celery's own urgency of what waits for its instant, which is no priority of the task.
const PRIORITY: u8 = 6;

/// A task that waits for its instant. Nobody has leased it yet.
pub(super) struct Waiting {
    pub(super) lease: Lease,
    eta: String,
}

impl Node {
    /// The tasks that wait for their instant.
    pub(super) async fn scheduled(&self) -> Value {
        match self.waiting().await {
            Ok(waiting) => waiting
                .iter()
                .map(|each| {
                    let request = info(&self.who, &each.lease, None, false);
                    json!({"eta": each.eta, "priority": PRIORITY, "request": request})
                })
                .collect(),
            Err(error) => {
                tracing::warn!("what waits for its instant cannot be read: {error}");
                error_reply("what waits for its instant cannot be read now")
            }
        }
    }

    pub(super) async fn waiting(&self) -> RedisResult<Vec<Waiting>> {
        let mut script = self.scripts.scheduled.prepare_invoke();
        for queue in self.queues() {
            script.key(self.keys.due(&queue));
        }
        script.arg(MOST).arg(MOST_BYTES);
        let records: Vec<Vec<u8>> = self.link.script(&script).await?;
        Ok(records.iter().filter_map(|each| waiting(each)).collect())
    }
}

/// What a record says; `None` when nobody understands it.
fn waiting(record: &[u8]) -> Option<Waiting> {
    let (head, message) = Head::read(record)?;
    let received = decode(&message, &head.queue).ok()?;
    let due = received.envelope.due.from(head.seen);
    let is_first = head.attempts == 0 && head.crashes == 0;
    let eta = is_first.then(|| eta_of(&message)).flatten();
    let again: Option<DateTime<Utc>> = head.due;
    Some(Waiting {
        eta: eta
            .or_else(|| write_moment(again.unwrap_or(due)))
            .unwrap_or_default(),
        lease: Lease {
            envelope: received.envelope,
            attempt: received
                .retries
                .saturating_add(head.attempts)
                .saturating_add(1),
            crashes: head.crashes,
            due_since: due,
            fence: Fence(0),
            conveyed: received.conveyed,
        },
    })
}

/// When a message says that its task is due, in its own words.
fn eta_of(message: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        headers: Headers,
    }

    #[derive(Deserialize)]
    struct Headers {
        eta: Option<String>,
    }

    let message: Message = serde_json::from_slice(message).ok()?;
    message.headers.eta
}
