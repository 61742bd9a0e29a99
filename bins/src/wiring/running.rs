//! How tasks are run, whichever they are.

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::redis::RedisQueue;
use adapters::runner::{Runner, RunnerSettings};
use domain::ports::{Clock, Queues, WorkerId};
use domain::tasks::{QueueName, Router};

use super::{Mailing, Platform, conveying, new_worker};
use crate::program::Failure;
use crate::settings::{PublicUrl, Settings};

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

impl Platform {
    /// Every queue that our own workers are to serve.
    pub(crate) fn own_queues(&self) -> Queues {
        let Settings {
            routes, conveyor, ..
        } = &self.settings;
        let is_pythons = |queue: &&QueueName| {
            let pythons = conveyor.as_ref().map(|it| &it.python_queues);
            pythons.is_some_and(|queues| queues.contains(queue))
        };
        let own = routes.queues().filter(|queue| !is_pythons(queue));
        Queues::new(own.cloned()).unwrap_or_else(|| routes.default_queue().clone().into())
    }

    /// The queues with these names, as `-Q` has them, but for those `excluded`; when there are
    /// none the default queue, or with exclusions whatever our own workers are to serve.
    pub(crate) fn queues(&self, names: &[String], excluded: &[String]) -> Result<Queues, Failure> {
        let excluded = named(excluded, "-X")?;
        let served = if names.is_empty() && !excluded.is_empty() {
            self.own_queues()
        } else {
            self::queues(&self.settings, names)?
        };
        let served = served.names().iter();
        let left = served.filter(|name| !excluded.contains(name));
        Queues::new(left.cloned()).ok_or_else(|| "every queue is excluded by -X".into())
    }

    /// Runs tasks of `queues` as `worker`, mailing with `mailing`.
    pub(crate) fn runner(
        &self,
        worker: WorkerId,
        queues: Queues,
        public_url: &PublicUrl,
        mailing: &Mailing,
    ) -> Result<Runner, Failure> {
        let settings = self::settings(&self.settings, worker, queues);
        Ok(Runner::new(
            self.queue.clone(),
            self.clock.clone(),
            self.router(public_url, mailing)?,
            settings,
        ))
    }
}

/// The queues with these names, as `-Q` has them; the default queue when there are none.
fn queues(settings: &Settings, names: &[String]) -> Result<Queues, Failure> {
    let queues = named(names, "-Q")?;
    let default = || settings.routes.default_queue().clone().into();
    Ok(Queues::new(queues).unwrap_or_else(default))
}

/// The names of queues that are said with `option`.
fn named(names: &[String], option: &str) -> Result<Vec<QueueName>, Failure> {
    let queues = names.iter().map(|name| QueueName::try_from(name.clone()));
    let queues: Result<Vec<_>, _> = queues.collect();
    queues.map_err(|error| format!("the name of a queue {error} ({option} a,b)").into())
}

/// How `worker` runs the tasks of `queues`.
fn settings(settings: &Settings, worker: WorkerId, queues: Queues) -> RunnerSettings {
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
