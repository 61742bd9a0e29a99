//! What is told of a task.

use chrono::{DateTime, Utc};
use domain::ports::{Attempted, Lease};
use domain::tasks::{Due, Envelope, FailureKind, Outcome, Revocation, TaskName};

use crate::redis::wire::events::{Received, Sent, TaskEvent};
use crate::redis::wire::{Exception, repr};

/// What is told of a task that was received.
pub(super) fn received(lease: &Lease) -> Received<'_> {
    let envelope = &lease.envelope;
    let is_foreign = envelope.key.is_none();
    let described = described(envelope);
    Received {
        name: envelope.header("shadow").unwrap_or(described.name),
        retries: lease.attempt.saturating_sub(1),
        eta: match envelope.due {
            Due::At(instant) if is_foreign => Some(instant),
            _ => None,
        },
        ..described
    }
}

/// What is told of a task that is sent `now`.
pub(in crate::redis) fn sent(envelope: &Envelope, now: DateTime<Utc>) -> Sent<'_> {
    let due_at = envelope.due.from(now);
    Sent {
        task: Received {
            eta: (now < due_at).then_some(due_at),
            ..described(envelope)
        },
        queue: envelope.queue.as_str(),
    }
}

/// What a message says of its task.
fn described(envelope: &Envelope) -> Received<'_> {
    let (args, kwargs) = arguments(envelope);
    Received {
        name: envelope.name.as_str(),
        args,
        kwargs,
        root_id: envelope.header("root_id").or(Some(envelope.id.as_str())),
        parent_id: envelope.header("parent_id"),
        retries: 0,
        eta: None,
        expires: envelope.expires_at,
    }
}

/// Positional and keyword arguments as texts: what the sender says they are, or what they are.
pub(in crate::redis::node) fn arguments(envelope: &Envelope) -> (String, String) {
    let said = (envelope.header("argsrepr"), envelope.header("kwargsrepr"));
    if let (Some(args), Some(kwargs)) = said {
        return (repr::cut(args.to_owned()), repr::cut(kwargs.to_owned()));
    }
    repr::arguments(&envelope.payload)
}

/// What is told of an attempt that has ended; nothing if it was none. `node` made it.
///
/// Of what is rejected for good two things are told, as by Celery: to those who keep count of states
/// it has failed.
pub(super) fn ended<'a>(attempted: &'a Attempted, node: &str) -> Vec<TaskEvent<'a>> {
    let task = &attempted.lease.envelope.name;
    let retried = |exception: Exception| TaskEvent::Retried {
        traceback: traceback(&exception, task, node),
        exception: exception.repr(),
    };
    let event = match &attempted.outcome {
        Outcome::Done(result) => TaskEvent::Succeeded {
            result: repr::value(result),
            runtime: attempted.took.as_secs_f64(),
        },
        Outcome::Retry(_, reason) | Outcome::Postpone(_, reason) => {
            retried(Exception::of_retry(reason))
        }
        Outcome::Requeue(..) => TaskEvent::Rejected { requeue: true },
        Outcome::Crashed(_, reason) => retried(Exception::of_crash(reason)),
        Outcome::Failed(failure) => {
            let exception = Exception::of_failure(failure, task);
            let is_known = failure.kind != FailureKind::Unknown;
            TaskEvent::Failed {
                traceback: is_known.then(|| traceback(&exception, task, node)),
                exception: exception.repr(),
            }
        }
        Outcome::Revoked(why) => TaskEvent::Revoked {
            terminated: match why {
                Revocation::Terminated(by) => Some(*by),
                Revocation::Revoked | Revocation::Expired => None,
            },
            expired: *why == Revocation::Expired,
        },
        Outcome::Release => return Vec::new(),
    };
    match &attempted.outcome {
        Outcome::Failed(failure) if failure.kind == FailureKind::Rejected => {
            vec![event, TaskEvent::Rejected { requeue: false }]
        }
        _ => vec![event],
    }
}

/// Where it was raised; nobody raised what was told from outside.
fn traceback(exception: &Exception, task: &TaskName, node: &str) -> String {
    let raised = exception.traceback(task.as_str(), node);
    raised.unwrap_or_else(|| exception.repr())
}
