//! A worker of any tasks, with nothing but Redis.

use domain::tasks::Router;
use tokio_util::sync::CancellationToken;

use super::parts::Parts;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;
use crate::wiring::runner_of;

/// A worker of the tasks that `router` knows, serving `queues`, called `name`.
///
/// It needs no database, and shares its queues with whoever speaks Celery's wire: tasks may come
/// from Python, and Python's workers may serve beside it.
///
/// # Errors
///
/// When it cannot begin, or when a part of it ends before the stop.
pub async fn worker_of(
    router: Router,
    settings: Settings,
    queues: &[String],
    name: &str,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let concurrency = settings.worker.concurrency;
    let known = router.names().len();
    let runner = runner_of(router, &settings, queues)?;
    let mut parts = Parts::new(stop);
    parts.add("the worker", |stop| runner.run(stop));
    tell(&format!(
        "{name} ready: {known} tasks known, {concurrency} at once"
    ));
    parts.run_all().await
}
