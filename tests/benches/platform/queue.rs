//! The store's own queue: tasks that do nothing, in and out.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::runner::{Runner, RunnerSettings};
use adapters::sqlite::SqliteStore;
use async_trait::async_trait;
use domain::ports::{Queues, TaskQueue, TaskQueueAdmin, WorkerId};
use domain::tasks::{Context, Envelope, Handler, QueueName, Router, Task, TaskError};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::report;

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

pub(crate) async fn measure() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("queue.sqlite3");
    let opened = SqliteStore::open(&path, Arc::new(SystemClock)).await;
    let (store, writer) = opened.unwrap();
    let stop = CancellationToken::new();
    let writing = tokio::spawn(writer.run(stop.clone()));

    through(Arc::new(store), "").await;

    stop.cancel();
    writing.await.unwrap();
}

/// Puts tasks into the queue of `store` and drains it; `which` is said of the figures.
pub(crate) async fn through<S>(store: Arc<S>, which: &str)
where
    S: TaskQueue + TaskQueueAdmin + 'static,
{
    let began = Instant::now();
    let tasks: Vec<Envelope> = (0..TASKS)
        .map(|number| Envelope::seal(&Nothing { number }, number, QueueName::default()))
        .collect();
    for batch in tasks.chunks(BATCH) {
        store.enqueue(batch).await.unwrap();
    }
    let what = format!("{which}tasks/s enqueued, 500 at a time");
    report::line(&what, &rate(began.elapsed()), "≥ 20,000");

    let runner = runner(store.clone(), Router::default().route(Idler));
    let no_more = CancellationToken::new();
    let began = Instant::now();
    let running = tokio::spawn(runner.run(no_more.clone()));
    while store.counts().await.unwrap()[0].done < u64::from(TASKS) {
        sleep(Duration::from_millis(100)).await;
    }
    let what = format!("{which}tasks/s drained by one worker, each leased, run, settled");
    report::line(&what, &rate(began.elapsed()), "≥ 10,000");

    no_more.cancel();
    running.await.unwrap();
}

/// A worker at the concurrency that suits tasks which do nothing.
pub(crate) fn runner(queue: Arc<dyn TaskQueue>, router: Router) -> Runner {
    let settings = RunnerSettings {
        worker: WorkerId::new(Uuid::now_v7()),
        queues: Queues::from(QueueName::default()),
        concurrency: 64,
        prefetch: 8,
        time_limit: Duration::from_mins(1),
        grace: Duration::from_secs(5),
        heartbeat: Duration::from_secs(5),
    };
    Runner::new(queue, Arc::new(SystemClock), router, settings)
}

/// How many of [`TASKS`] a second these are.
pub(crate) fn rate(took: Duration) -> String {
    format!("{:.0}", f64::from(TASKS) / took.as_secs_f64())
}
