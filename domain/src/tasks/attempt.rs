//! One attempt at a task, from lease to verdict, without a runtime.

use chrono::{DateTime, Utc};

use super::router::{Route, RouteError};
use super::{
    Cancellation, Context, Failure, FailureKind, Outcome, Reason, Revocation, Router, Slot,
    TaskError, back_off,
};
use crate::ports::{Clock, Lease, WorkerId, chain};

/// How many workers a task may bring down before it is buried.
pub const MOST_CRASHES: u32 = 3;

/// Attempts the leased task: decodes, routes, handles, and judges.
///
/// The outcome is the caller's to settle. Time limits and panics are the caller's too, see
/// [`timed_out`] and [`crashed`].
pub async fn attempt(
    router: &Router,
    clock: &dyn Clock,
    worker: WorkerId,
    lease: &Lease,
    cancellation: Cancellation,
    slot: Slot,
) -> Outcome {
    let route = match begun(router, clock, lease) {
        Ok(route) => route,
        Err(outcome) => return outcome,
    };
    let context = context(lease, route, worker, cancellation, slot);
    match route.run(&lease.envelope.payload, &context).await {
        Ok(output) => Outcome::Done(output),
        Err(RouteError::Undecodable(error)) => hopeless(error.kind(), chain(&error)),
        Err(RouteError::Failed(error)) => failed(&context, error, clock.now()),
    }
}

/// The outcome of a task of which no attempt can be made: its name is unknown, it has expired,
/// or it brought down too many workers.
pub fn unattempted(router: &Router, clock: &dyn Clock, lease: &Lease) -> Option<Outcome> {
    begun(router, clock, lease).err()
}

/// Who makes the attempt, or the outcome if none can be made.
fn begun<'a>(
    router: &'a Router,
    clock: &dyn Clock,
    lease: &Lease,
) -> Result<&'a dyn Route, Outcome> {
    let envelope = &lease.envelope;
    if lease.crashes >= MOST_CRASHES {
        let words = format!("it brought down its worker {} times", lease.crashes);
        return Err(hopeless(FailureKind::Crashed, words));
    }
    if envelope
        .expires_at
        .is_some_and(|expiry| expiry <= clock.now())
    {
        return Err(Outcome::Revoked(Revocation::Expired));
    }
    router.find(&envelope.name).ok_or_else(|| {
        let words = format!("no handler for the task name {}", envelope.name);
        hopeless(FailureKind::Unknown, words)
    })
}

/// The outcome of an attempt that outran `limit`, which is one of [`FailureKind::TimeLimit`] and
/// [`FailureKind::SoftTimeLimit`].
///
/// Work of our own is tried again until its deadline. To whoever sent a task without a key Celery
/// has promised something else: it has failed.
pub fn timed_out(
    router: &Router,
    clock: &dyn Clock,
    worker: WorkerId,
    lease: &Lease,
    limit: FailureKind,
) -> Outcome {
    let words = match limit {
        FailureKind::SoftTimeLimit(limit) => {
            format!(
                "it exceeded its soft time limit of {} s",
                limit.as_secs_f64()
            )
        }
        FailureKind::TimeLimit(limit) => {
            format!("it exceeded its time limit of {} s", limit.as_secs_f64())
        }
        _ => "it exceeded its time limit".to_owned(),
    };
    match router.find(&lease.envelope.name) {
        Some(route) if lease.envelope.key.is_some() => failed(
            &context(
                lease,
                route,
                worker,
                Cancellation::default(),
                Slot::default(),
            ),
            TaskError::Retry(Reason::new(words)),
            clock.now(),
        ),
        _ => hopeless(limit, words),
    }
}

/// The outcome of an attempt that panicked: counted apart from failures, hopeless at the third.
pub fn crashed(lease: &Lease, reason: Reason) -> Outcome {
    let crashes = lease.crashes + 1;
    if crashes >= MOST_CRASHES {
        let words = format!("it crashed {crashes} times, at last: {reason}");
        return hopeless(FailureKind::Crashed, words);
    }
    Outcome::Crashed(back_off(&lease.envelope.id, crashes), reason)
}

fn hopeless(kind: FailureKind, words: String) -> Outcome {
    Outcome::Failed(Failure::new(kind, words))
}

fn context(
    lease: &Lease,
    route: &dyn Route,
    worker: WorkerId,
    cancellation: Cancellation,
    slot: Slot,
) -> Context {
    let deadline = lease.due_since.checked_add_signed(route.give_up_after());
    Context {
        id: lease.envelope.id.clone(),
        attempt: lease.attempt,
        due_since: lease.due_since,
        deadline: deadline.unwrap_or(DateTime::<Utc>::MAX_UTC),
        max_retries: route.max_retries(),
        worker,
        cancellation,
        slot,
    }
}

fn failed(context: &Context, error: TaskError, now: DateTime<Utc>) -> Outcome {
    let has_time = context.has_time_for(&error, now);
    match error {
        TaskError::Retry(reason) if has_time => {
            Outcome::Retry(back_off(&context.id, context.attempt), reason)
        }
        TaskError::Postpone(wait, reason) if has_time => Outcome::Postpone(wait, reason),
        TaskError::Requeue(reason) if has_time => {
            Outcome::Requeue(context.requeue_after(now), reason)
        }
        TaskError::Reject(reason) => {
            let kind = FailureKind::Rejected;
            Outcome::Failed(Failure { kind, reason })
        }
        TaskError::GiveUp(reason) => {
            let kind = FailureKind::GivenUp;
            Outcome::Failed(Failure { kind, reason })
        }
        TaskError::RetryAfter(wait, reason) if has_time => Outcome::Retry(wait, reason),
        // As in Celery, the last retry fails with the words of the failure itself.
        TaskError::Retry(reason) | TaskError::RetryAfter(_, reason) if !context.has_retries() => {
            let kind = FailureKind::GivenUp;
            Outcome::Failed(Failure { kind, reason })
        }
        TaskError::Retry(reason)
        | TaskError::RetryAfter(_, reason)
        | TaskError::Postpone(_, reason)
        | TaskError::Requeue(reason) => {
            let words = format!(
                "given up at its deadline after {} attempts, at last: {reason}",
                context.attempt
            );
            hopeless(FailureKind::Exhausted, words)
        }
    }
}

#[cfg(test)]
mod tests;
