//! What Redis keeps of a task, as an operator sees it.

use chrono::{DateTime, Utc};
use domain::ports::{TaskRow, TaskState};
use domain::tasks::QueueName;

use crate::redis::record::Head;
use crate::redis::wire::{Received, decode};

/// A row, and when its task came to where it is.
pub(super) type Moved = (DateTime<Utc>, TaskRow);

/// The row of a record; `None` when nobody understands it.
pub(super) fn of_record(record: &[u8], state: TaskState) -> Option<Moved> {
    let (head, message) = Head::read(record)?;
    let received = decode(&message, &head.queue).ok()?;
    let due = received.envelope.due.from(head.seen);
    let mut row = row(received, state, head.due.unwrap_or(due));
    row.attempts = row.attempts.saturating_add(head.attempts);
    row.crashes = head.crashes;
    row.reason = head.reason;
    row.ended_at = (state == TaskState::Buried).then_some(head.moved);
    Some((head.moved, row))
}

/// The row of a message that was never claimed; `None` when nobody understands it.
///
/// When a foreign producer sent it nobody knows: then it is as if it came now.
pub(super) fn of_message(message: &[u8], queue: &QueueName, now: DateTime<Utc>) -> Option<Moved> {
    let received = decode(message, queue).ok()?;
    let due = received.envelope.due.from(now);
    Some((due, row(received, TaskState::Waiting, due)))
}

fn row(received: Received, state: TaskState, due_at: DateTime<Utc>) -> TaskRow {
    let envelope = received.envelope;
    TaskRow {
        id: envelope.id,
        name: envelope.name,
        queue: envelope.queue,
        payload: envelope.payload,
        state,
        attempts: received.retries,
        crashes: 0,
        due_at,
        reason: None,
        ended_at: None,
    }
}
