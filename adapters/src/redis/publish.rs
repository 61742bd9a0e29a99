//! What is said to Redis when messages are sent, and where they go.

use chrono::{DateTime, Utc};
use domain::tasks::QueueName;
use redis::Pipeline;
use uuid::Builder;

use super::announcer::Announcer;
use super::wire::{Outgoing, binding};

/// Adds the messages, each to its list, in order, and what those who watch are told of them.
pub(super) fn add_messages(
    pipeline: &mut Pipeline,
    prefix: &str,
    messages: &[Outgoing],
    now: DateTime<Utc>,
    announcer: Option<&Announcer>,
) {
    for message in messages {
        let tag = Builder::from_random_bytes(rand::random()).into_uuid();
        let list = format!("{prefix}{}", message.list());
        pipeline.lpush(list, message.encode(now, tag)).ignore();
    }
    if let Some(announcer) = announcer {
        announcer.add(pipeline, messages.iter().map(|each| &each.envelope), now);
    }
}

/// Declares the queues, as Celery does: each has an exchange of its own name.
pub(super) fn add_queues(pipeline: &mut Pipeline, prefix: &str, queues: &[QueueName]) {
    for queue in queues {
        let name = queue.as_str();
        add_binding(pipeline, prefix, name, name, name);
    }
}

/// Binds a queue for good, so that producers reach it through `exchange` by `key`.
///
/// The second set tells Celery's sweeps that the first one is there to stay.
pub(super) fn add_binding(
    pipeline: &mut Pipeline,
    prefix: &str,
    exchange: &str,
    key: &str,
    queue: &str,
) {
    for set in ["_kombu.binding", "_kombu.binding_permanent"] {
        let set = format!("{prefix}{set}.{exchange}");
        pipeline.sadd(set, binding(key, queue)).ignore();
    }
}
