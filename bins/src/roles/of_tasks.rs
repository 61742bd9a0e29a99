//! A worker of any tasks, with nothing but Redis.

use adapters::redis::with_celery_tasks;
use domain::tasks::Router;

use super::parts::Parts;
use super::working::work;
use crate::arguments::NodeOptions;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;
use crate::shutdown::Stop;
use crate::wiring::{CeleryNode, runner_of};

/// A worker of the tasks that `router` knows, as `options` say.
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
    options: NodeOptions,
    stop: Stop,
) -> Result<(), Failure> {
    let concurrency = settings.worker.concurrency;
    let known = router.names().len();
    let (runner, queue) = runner_of(with_celery_tasks(router), &settings, &options.queues)?;
    let (runner, node) = CeleryNode::of(runner, &settings, &options, Some(queue))?;
    let Stop { warm, cold } = stop;
    let mut parts = Parts::new(warm);
    parts.add("the worker", |stop| work(runner, node, stop, cold));
    let name = &options.name;
    tell(&format!(
        "{name} ready: {known} tasks known, {concurrency} at once"
    ));
    parts.run_all().await
}
