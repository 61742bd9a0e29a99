//! One task, from its lease to its verdict, with a line in the log for each thing that
//! happens, in the words that users of Celery search for.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{Attempted, Clock, Lease, WorkerId};
use domain::tasks::{
    Cancellation, FailureKind, Outcome, Reason, Router, Slot, TimeLimits, attempt, crashed,
    timed_out, unattempted,
};
use futures_util::FutureExt;
use tokio::time::timeout;
use tracing::Instrument;

use super::Runner;

/// Runs one task under its time limits; a panic ends in an outcome like everything else.
pub(super) fn run_one(
    runner: &Runner,
    lease: Arc<Lease>,
    limits: TimeLimits,
    cancellation: Cancellation,
    slot: Slot,
) -> impl Future<Output = Attempted> + Send + use<> {
    let one = One {
        router: Arc::clone(&runner.router),
        clock: Arc::clone(&runner.clock),
        worker: runner.settings.worker,
        limits,
    };
    let span = tracing::info_span!(
        "task.run",
        task.id = %lease.envelope.id,
        task.name = %lease.envelope.name,
        task.attempt = lease.attempt
    );
    let observer = Arc::clone(&runner.observer);
    async move {
        let began = Instant::now();
        tracing::info!(
            "Task {}[{}] received",
            lease.envelope.name,
            lease.envelope.id
        );
        let unattempted = unattempted(&one.router, one.clock.as_ref(), &lease);
        let outcome = if let Some(outcome) = unattempted {
            outcome
        } else {
            observer.started(&lease);
            one.outcome(&lease, cancellation, slot).await
        };
        let took = began.elapsed();
        say(&lease, &outcome, took);
        Attempted {
            lease,
            outcome,
            took,
        }
    }
    .instrument(span)
}

struct One {
    router: Arc<Router>,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    limits: TimeLimits,
}

impl One {
    async fn outcome(&self, lease: &Lease, cancellation: Cancellation, slot: Slot) -> Outcome {
        let (clock, worker) = (self.clock.as_ref(), self.worker);
        let attempt = attempt(&self.router, clock, worker, lease, cancellation, slot);
        let (limit, kind) = self.limits.first();
        match timeout(limit, AssertUnwindSafe(attempt).catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => crashed(
                lease,
                Reason::new(format!("it panicked: {}", message(&*panic))),
            ),
            Err(_) => timed_out(&self.router, clock, worker, lease, kind),
        }
    }
}

/// Says how a task ended of which no attempt was made.
pub(super) fn say_unbegun(lease: &Lease, outcome: &Outcome) {
    say(lease, outcome, Duration::ZERO);
}

/// Says how an attempt ended that was ended from outside.
pub(super) fn say_ended_early(lease: &Lease, outcome: &Outcome) {
    let id = &lease.envelope.id;
    match outcome {
        Outcome::Release => {
            tracing::warn!(task.id = %id, "Task [{id}] was still running at the end of the grace period and goes back");
        }
        outcome => say(lease, outcome, Duration::ZERO),
    }
}

fn say(lease: &Lease, outcome: &Outcome, took: Duration) {
    let (name, id, took) = (&lease.envelope.name, &lease.envelope.id, took.as_secs_f64());
    match outcome {
        Outcome::Done(result) => {
            tracing::info!(took, "Task {name}[{id}] succeeded in {took:.3}s: {result}");
        }
        Outcome::Retry(wait, reason) | Outcome::Postpone(wait, reason) => {
            tracing::info!(
                took,
                "Task {name}[{id}] retry: Retry in {}s: {reason}",
                wait.as_secs_f64()
            );
        }
        Outcome::Crashed(wait, reason) => {
            tracing::error!(
                took,
                "Task {name}[{id}] raised unexpected: {reason}; once more in {}s",
                wait.as_secs_f64()
            );
        }
        Outcome::Requeue(wait, reason) => {
            tracing::warn!(
                took,
                "Task {name}[{id}] rejected: {reason}; offered again in {}s",
                wait.as_secs_f64()
            );
        }
        Outcome::Failed(failure) if failure.kind == FailureKind::Rejected => {
            let reason = &failure.reason;
            tracing::warn!(took, "Task {name}[{id}] rejected: {reason}; buried");
        }
        Outcome::Failed(failure) => {
            let reason = &failure.reason;
            tracing::error!(took, "Task {name}[{id}] raised: {reason}; buried");
        }
        Outcome::Revoked(why) => tracing::info!("Discarding revoked task: {name}[{id}]: {why}"),
        Outcome::Release => tracing::info!("Task {name}[{id}] goes back to the queue"),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
