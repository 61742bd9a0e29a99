//! What is told of a task.

use std::borrow::Cow;

use domain::ports::{Attempted, Lease};
use domain::tasks::{Due, FailureKind, Outcome, Reason, Revocation};
use serde_json::{Map, Value};

use crate::redis::wire::events::{Received, TaskEvent};
use crate::redis::wire::repr;

/// What is told of a task that was received.
pub(super) fn received(lease: &Lease) -> Received<'_> {
    let envelope = &lease.envelope;
    let text = |name| envelope.headers.get(name).and_then(Value::as_str);
    let is_foreign = envelope.key.is_none();
    let (args, kwargs) = arguments(lease);
    Received {
        name: text("shadow").unwrap_or(envelope.name.as_str()),
        args,
        kwargs,
        root_id: text("root_id").or(Some(envelope.id.as_str())),
        parent_id: text("parent_id"),
        retries: lease.attempt.saturating_sub(1),
        eta: match envelope.due {
            Due::At(instant) if is_foreign => Some(instant),
            _ => None,
        },
        expires: envelope.expires_at,
    }
}

/// Positional and keyword arguments as texts: what the sender says they are, or what they are.
pub(in crate::redis::node) fn arguments(lease: &Lease) -> (String, String) {
    let envelope = &lease.envelope;
    let text = |name| envelope.headers.get(name).and_then(Value::as_str);
    if let (Some(args), Some(kwargs)) = (text("argsrepr"), text("kwargsrepr")) {
        return (repr::cut(args.to_owned()), repr::cut(kwargs.to_owned()));
    }
    let body: Option<(Vec<Value>, Map<String, Value>, Value)> =
        serde_json::from_slice(envelope.payload.as_bytes()).ok();
    let (args, kwargs, _) = body.unwrap_or_default();
    (repr::tuple(&args), repr::dictionary(&kwargs))
}

/// What is told of an attempt that has ended; nothing if it was none.
pub(super) fn ended(attempted: &Attempted) -> Option<TaskEvent<'_>> {
    let retried = |kind, reason: &Reason| TaskEvent::Retried {
        exception: repr::exception(kind, reason.as_str()),
        traceback: traceback(kind, reason, &attempted.lease),
    };
    Some(match &attempted.outcome {
        Outcome::Done(result) => TaskEvent::Succeeded {
            result: repr::value(result),
            runtime: attempted.took.as_secs_f64(),
        },
        Outcome::Retry(_, reason) => retried("Retry", reason),
        Outcome::Postpone(_, reason) => retried("Postponed", reason),
        Outcome::Crashed(_, reason) => retried("WorkerLostError", reason),
        Outcome::Failed(failure) if failure.kind == FailureKind::Unknown => TaskEvent::Failed {
            exception: repr::exception("NotRegistered", attempted.lease.envelope.name.as_str()),
            traceback: None,
        },
        Outcome::Failed(failure) => {
            let kind = kind(failure.kind);
            TaskEvent::Failed {
                exception: repr::exception(kind, failure.reason.as_str()),
                traceback: Some(traceback(kind, &failure.reason, &attempted.lease)),
            }
        }
        Outcome::Revoked(why) => TaskEvent::Revoked {
            terminated: *why == Revocation::Terminated,
            expired: *why == Revocation::Expired,
        },
        Outcome::Release => return None,
    })
}

/// What a failure is called where exceptions have names.
fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unknown => "NotRegistered",
        FailureKind::Arguments => "TypeError",
        FailureKind::GivenUp => "TaskFailed",
        FailureKind::Exhausted => "MaxRetriesExceededError",
        FailureKind::Crashed => "WorkerLostError",
        FailureKind::TimeLimit(_) => "TimeLimitExceeded",
        FailureKind::SoftTimeLimit(_) => "SoftTimeLimitExceeded",
    }
}

/// Where an exception came from, as far as one can tell.
fn traceback(kind: &str, reason: &Reason, lease: &Lease) -> String {
    let name = lease.envelope.name.as_str();
    let attempt: Cow<'_, str> = match lease.attempt {
        0 | 1 => Cow::Borrowed("the first attempt"),
        number => Cow::Owned(format!("attempt {number}")),
    };
    format!("In {attempt} at {name}:\n{kind}: {reason}\n")
}
