//! Tasks that do nothing, and who does them.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::runner::{Runner, RunnerSettings};
use async_trait::async_trait;
use domain::ports::{Queues, TaskQueue, WorkerId};
use domain::tasks::{Context, Handler, QueueName, Router, Task, TaskError};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) const TASKS: u32 = 100_000;
pub(crate) const BATCH: usize = 500;

#[derive(Serialize, Deserialize)]
pub(crate) struct Nothing {
    pub(crate) number: u32,
}

impl Task for Nothing {
    type Output = ();
    const NAME: &'static str = "benches.nothing";
}

pub(crate) struct Idler;

#[async_trait]
impl Handler<Nothing> for Idler {
    async fn handle(&self, _: Nothing, _: &Context) -> Result<(), TaskError> {
        Ok(())
    }
}

/// A worker at the concurrency that suits tasks which do nothing.
pub(crate) fn runner(queue: Arc<dyn TaskQueue>, router: Router) -> Runner {
    let settings = RunnerSettings {
        worker: WorkerId::new(Uuid::now_v7()),
        queues: Queues::from(QueueName::default()),
        concurrency: 64,
        prefetch: 8,
        time_limit: Duration::from_mins(1),
        soft_time_limit: None,
        rate_limit: None,
        keeps_rate_limits: true,
        grace: Duration::from_secs(5),
        heartbeat: Duration::from_secs(5),
    };
    Runner::new(queue, Arc::new(SystemClock), router, settings)
}

/// How many of [`TASKS`] a second these are.
pub(crate) fn rate(took: Duration) -> String {
    format!("{:.0}", f64::from(TASKS) / took.as_secs_f64())
}
