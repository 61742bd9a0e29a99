//! One attempt at a task, from lease to verdict, without a runtime.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::router::{Route, RouteError};
use super::{Cancellation, Context, Reason, Router, TaskError, back_off};
use crate::ports::{Clock, Lease, Verdict, WorkerId, chain};

/// How many workers a task may bring down before it is buried.
pub const MOST_CRASHES: u32 = 3;

/// Attempts the leased task: decodes, routes, handles, and judges.
///
/// The verdict is the caller's to settle. Time limits and panics are the caller's too, see
/// [`timed_out`] and [`crashed`].
pub async fn attempt(
    router: &Router,
    clock: &dyn Clock,
    worker: WorkerId,
    lease: &Lease,
    cancellation: Cancellation,
) -> Verdict {
    let envelope = &lease.envelope;
    if lease.crashes >= MOST_CRASHES {
        return Verdict::Bury(Reason::new(format!(
            "it brought down its worker {} times",
            lease.crashes
        )));
    }
    if envelope
        .expires_at
        .is_some_and(|expiry| expiry <= clock.now())
    {
        return Verdict::Bury(Reason::new("it expired before it was begun"));
    }
    let Some(route) = router.find(&envelope.name) else {
        return Verdict::Bury(Reason::new(format!(
            "no handler for the task name {}",
            envelope.name
        )));
    };
    let context = context(lease, route, worker, cancellation);
    match route.run(&envelope.payload, &context).await {
        Ok(output) => Verdict::Done(output),
        Err(RouteError::Undecodable(error)) => Verdict::Bury(Reason::new(chain(&error))),
        Err(RouteError::Failed(error)) => failed(&context, error, clock.now()),
    }
}

/// The verdict on an attempt that outran its time limit: it is tried again until its deadline.
pub fn timed_out(
    router: &Router,
    clock: &dyn Clock,
    worker: WorkerId,
    lease: &Lease,
    limit: Duration,
) -> Verdict {
    let reason = Reason::new(format!(
        "it exceeded its time limit of {} s",
        limit.as_secs_f64()
    ));
    match router.find(&lease.envelope.name) {
        Some(route) => failed(
            &context(lease, route, worker, Cancellation::default()),
            TaskError::Retry(reason),
            clock.now(),
        ),
        None => Verdict::Bury(reason),
    }
}

/// The verdict on an attempt that panicked: counted apart from failures, buried at the third.
pub fn crashed(lease: &Lease, reason: Reason) -> Verdict {
    let crashes = lease.crashes + 1;
    if crashes >= MOST_CRASHES {
        let words = format!("it crashed {crashes} times, at last: {reason}");
        return Verdict::Bury(Reason::new(words));
    }
    Verdict::Crashed(back_off(&lease.envelope.id, crashes), reason)
}

fn context(
    lease: &Lease,
    route: &dyn Route,
    worker: WorkerId,
    cancellation: Cancellation,
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
    }
}

fn failed(context: &Context, error: TaskError, now: DateTime<Utc>) -> Verdict {
    let has_time = context.has_time_for(&error, now);
    match error {
        TaskError::Retry(reason) if has_time => {
            Verdict::Retry(back_off(&context.id, context.attempt), reason)
        }
        TaskError::RetryAfter(wait, reason) if has_time => Verdict::Retry(wait, reason),
        TaskError::Postpone(wait, reason) if has_time => Verdict::Postpone(wait, reason),
        TaskError::GiveUp(reason) => Verdict::Bury(reason),
        // As in Celery, the last retry fails with the words of the failure itself.
        TaskError::Retry(reason) | TaskError::RetryAfter(_, reason) if !context.has_retries() => {
            Verdict::Bury(reason)
        }
        TaskError::Retry(reason)
        | TaskError::RetryAfter(_, reason)
        | TaskError::Postpone(_, reason) => {
            let words = format!(
                "given up at its deadline after {} attempts, at last: {reason}",
                context.attempt
            );
            Verdict::Bury(Reason::new(words))
        }
    }
}

#[cfg(test)]
mod tests;
