//! One task, from its lease to its verdict, with a line in the log for each thing that
//! happens, in the words that users of Celery search for.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::{Clock, Ended, Lease, Verdict, WorkerId};
use domain::tasks::{Cancellation, Reason, Router, attempt, crashed, timed_out};
use futures_util::FutureExt;
use tokio::time::timeout;
use tracing::Instrument;

use super::Runner;

/// Runs one task under its time limit; a panic ends in a verdict like everything else.
pub(super) fn run_one(
    runner: &Runner,
    lease: Lease,
    cancellation: Cancellation,
) -> impl Future<Output = Ended> + Send + use<> {
    let one = One {
        router: Arc::clone(&runner.router),
        clock: Arc::clone(&runner.clock),
        worker: runner.settings.worker,
        limit: runner
            .router
            .time_limit(&lease.envelope.name)
            .unwrap_or(runner.settings.time_limit),
    };
    let span = tracing::info_span!(
        "task.run",
        task.id = %lease.envelope.id,
        task.name = %lease.envelope.name,
        task.attempt = lease.attempt
    );
    async move {
        let began = Instant::now();
        tracing::info!(
            "Task {}[{}] received",
            lease.envelope.name,
            lease.envelope.id
        );
        let verdict = one.verdict(&lease, cancellation).await;
        say(&lease, &verdict, began.elapsed());
        lease.end(verdict)
    }
    .instrument(span)
}

struct One {
    router: Arc<Router>,
    clock: Arc<dyn Clock>,
    worker: WorkerId,
    limit: Duration,
}

impl One {
    async fn verdict(&self, lease: &Lease, cancellation: Cancellation) -> Verdict {
        let attempt = attempt(
            &self.router,
            self.clock.as_ref(),
            self.worker,
            lease,
            cancellation,
        );
        match timeout(self.limit, AssertUnwindSafe(attempt).catch_unwind()).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(panic)) => crashed(
                lease,
                Reason::new(format!("it panicked: {}", message(&*panic))),
            ),
            Err(_) => timed_out(
                &self.router,
                self.clock.as_ref(),
                self.worker,
                lease,
                self.limit,
            ),
        }
    }
}

fn say(lease: &Lease, verdict: &Verdict, took: Duration) {
    let (name, id, took) = (&lease.envelope.name, &lease.envelope.id, took.as_secs_f64());
    match verdict {
        Verdict::Done(result) => {
            tracing::info!(took, "Task {name}[{id}] succeeded in {took:.3}s: {result}");
        }
        Verdict::Retry(wait, reason) | Verdict::Postpone(wait, reason) => {
            tracing::info!(
                took,
                "Task {name}[{id}] retry: Retry in {}s: {reason}",
                wait.as_secs_f64()
            );
        }
        Verdict::Crashed(wait, reason) => {
            tracing::error!(
                took,
                "Task {name}[{id}] raised unexpected: {reason}; once more in {}s",
                wait.as_secs_f64()
            );
        }
        Verdict::Bury(reason) => {
            tracing::error!(took, "Task {name}[{id}] raised: {reason}; buried");
        }
        Verdict::Release => tracing::info!("Task {name}[{id}] goes back to the queue"),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
