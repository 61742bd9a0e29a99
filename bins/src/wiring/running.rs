//! How tasks are run, whichever they are.

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::redis::RedisQueue;
use adapters::runner::{Runner, RunnerSettings};
use domain::ports::{Clock, Queues, WorkerId};
use domain::tasks::{QueueName, Router};

use super::{conveying, new_worker};
use crate::program::Failure;
use crate::settings::Settings;

/// Runs the tasks that `router` knows, straight from Redis: whatever is in these queues, for
/// whoever sent it.
pub(crate) fn runner_of(
    router: Router,
    settings: &Settings,
    queues: &[String],
) -> Result<(Runner, Arc<RedisQueue>), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let redis = conveying::open(settings, &clock)?;
    let redis = redis.ok_or("REDIS_URL is not set: it says where the tasks are")?;
    let queues = self::queues(settings, queues)?;
    let settings = self::settings(settings, new_worker(), queues);
    let runner = Runner::new(redis.clone(), clock, router, settings);
    Ok((runner, redis))
}

/// The queues with these names, as `-Q` has them; the default queue when there are none.
pub(super) fn queues(settings: &Settings, names: &[String]) -> Result<Queues, Failure> {
    let queues = named(names, "-Q")?;
    let default = || settings.routes.default_queue().clone().into();
    Ok(Queues::new(queues).unwrap_or_else(default))
}

/// The names of queues that are said with `option`.
pub(super) fn named(names: &[String], option: &str) -> Result<Vec<QueueName>, Failure> {
    let queues = names.iter().map(|name| QueueName::try_from(name.clone()));
    let queues: Result<Vec<_>, _> = queues.collect();
    queues.map_err(|error| format!("the name of a queue {error} ({option} a,b)").into())
}

/// How `worker` runs the tasks of `queues`.
pub(super) fn settings(settings: &Settings, worker: WorkerId, queues: Queues) -> RunnerSettings {
    RunnerSettings {
        worker,
        queues,
        concurrency: settings.worker.concurrency,
        prefetch: settings.worker.prefetch_multiplier,
        time_limit: settings.worker.time_limit,
        soft_time_limit: settings.worker.soft_time_limit,
        rate_limit: settings.worker.rate_limit.clone(),
        keeps_rate_limits: !settings.worker.rate_limits_disabled,
        grace: settings.worker_grace(),
        heartbeat: settings.worker.heartbeat(),
    }
}
