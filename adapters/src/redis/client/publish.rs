//! What is said to Redis when messages are sent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::tasks::QueueName;
use redis::Pipeline;
use uuid::Builder;

use crate::redis::wire::Outgoing;
use crate::redis::wire::canvas::NewChord;

/// What Celery puts between the parts of a binding.
const SEPARATOR: &str = "\x06\x16";

/// Adds the messages, each to its list, in order.
pub(in crate::redis) fn add_messages(
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
pub(in crate::redis) fn add_bindings(pipeline: &mut Pipeline, prefix: &str, queues: &[QueueName]) {
    for queue in queues {
        let member = format!("{queue}{SEPARATOR}{SEPARATOR}{queue}");
        for set in ["_kombu.binding", "_kombu.binding_permanent"] {
            let set = format!("{prefix}{set}.{queue}");
            pipeline.sadd(set, &member).ignore();
        }
    }
}

/// Makes chords known where results are, so that their parts can be counted.
///
/// This comes before the messages: a part that ends before the size is known does no harm
/// only if another one ends after it.
pub(in crate::redis) fn add_chords(
    pipeline: &mut Pipeline,
    prefix: &str,
    chords: &[NewChord],
    kept_for: Duration,
) {
    // Redis refuses to keep something for no time at all.
    let seconds = kept_for.as_secs().max(1);
    for chord in chords {
        let key = format!("{prefix}celery-taskset-meta-{}", chord.group_id);
        pipeline.del(format!("{key}.c")).ignore();
        pipeline
            .set_ex(format!("{key}.s"), chord.size, seconds)
            .ignore();
        if let Some(results) = &chord.results {
            pipeline.set_ex(&key, results.to_string(), seconds).ignore();
        }
    }
}

/// What Celery makes of a prefix of results: it ends in a mark.
pub(super) fn with_mark(mut prefix: String) -> String {
    if !prefix.is_empty() && !prefix.ends_with([':', '_', '-', '.']) {
        prefix.push('_');
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_of_results_ends_in_a_mark() {
        for (given, expected) in [("", ""), ("a", "a_"), ("a:", "a:"), ("{x}.", "{x}.")] {
            assert_eq!(with_mark(given.to_owned()), expected);
        }
    }
}
