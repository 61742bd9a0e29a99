//! What is said to Redis when messages are sent.

use chrono::{DateTime, Utc};
use domain::tasks::QueueName;
use redis::Pipeline;
use uuid::Builder;

use super::wire::Outgoing;

/// What Celery puts between the parts of a binding.
const SEPARATOR: &str = "\x06\x16";

/// Adds the messages, each to its list, in order.
pub(super) fn add_messages(
    pipeline: &mut Pipeline,
    prefix: &str,
    messages: &[Outgoing],
    now: DateTime<Utc>,
) {
    for message in messages {
        let tag = Builder::from_random_bytes(rand::random()).into_uuid();
        let list = format!("{prefix}{}", message.list());
        pipeline.lpush(list, message.encode(now, tag)).ignore();
    }
}

/// Declares the queues, as Celery does: each has an exchange of its own name.
///
/// The second set tells Celery's sweeps that the first one is there to stay.
pub(super) fn add_bindings(pipeline: &mut Pipeline, prefix: &str, queues: &[QueueName]) {
    for queue in queues {
        let member = format!("{queue}{SEPARATOR}{SEPARATOR}{queue}");
        for set in ["_kombu.binding", "_kombu.binding_permanent"] {
            let set = format!("{prefix}{set}.{queue}");
            pipeline.sadd(set, &member).ignore();
        }
    }
}
