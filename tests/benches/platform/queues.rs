//! One table for the three places where tasks may wait, each drained by one worker at the
//! concurrency that suits it; under it the limit on the same Redis, and Celery.

mod celery;
mod memory;
mod waits;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::postgres::{PostgresLimits, PostgresStore};
use adapters::redis::{RedisQueue, RedisSettings};
use adapters::sqlite::SqliteStore;
use async_trait::async_trait;
use domain::ports::{TaskQueue, TaskQueueAdmin};
use domain::tasks::{Context, Envelope, Handler, QueueName, Router, TaskError};
use tempfile::TempDir;
use tests::postgres::PostgresServer;
use tests::redis_server::RedisServer;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::idle::cpu_time;
use super::queue::{BATCH, Nothing, TASKS, rate, runner};
use super::{postgres, redis, report};

const ONE_BY_ONE: u32 = 5_000;
/// How long an idle worker is watched.
const WATCHED: Duration = Duration::from_secs(10);

/// What is measured of each place.
const WHAT: [&str; 6] = [
    "tasks/s enqueued, 500 at a time",
    "tasks/s enqueued, one by one",
    "tasks/s drained: leased, run, settled",
    "µs of worker CPU a task drained",
    "ms from enqueue to handler at 200/s, p50 / p99",
    "idle worker, share of a core",
];

pub(crate) async fn measure() {
    let redis = RedisServer::start(&[]).await;
    let on_redis = {
        let settings = RedisSettings::default();
        let queue = RedisQueue::open(&redis.url(), Arc::new(SystemClock), settings);
        column(Arc::new(queue.unwrap())).await
    };
    let on_postgres = {
        let database = PostgresServer::start(postgres::DURABLE).database();
        let (address, limits) = (database.address(), PostgresLimits::default());
        let opened = PostgresStore::open(&address, limits, Arc::new(SystemClock)).await;
        let (store, writer) = opened.unwrap();
        let stop = CancellationToken::new();
        let writing = tokio::spawn(writer.run(stop.clone()));
        let column = column(Arc::new(store)).await;
        stop.cancel();
        writing.await.unwrap();
        column
    };
    let on_sqlite = {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("queue.sqlite3");
        let opened = SqliteStore::open(&path, Arc::new(SystemClock)).await;
        let (store, writer) = opened.unwrap();
        let stop = CancellationToken::new();
        let writing = tokio::spawn(writer.run(stop.clone()));
        let column = column(Arc::new(store)).await;
        stop.cancel();
        writing.await.unwrap();
        column
    };
    report::row("what", ["Redis", "PostgreSQL", "SQLite"].map(str::to_owned));
    for (place, what) in WHAT.iter().enumerate() {
        let cell = |column: &[String; 6]| column[place].clone();
        report::row(what, [&on_redis, &on_postgres, &on_sqlite].map(cell));
    }
    let drained = redis::measure_on(&redis).await;
    celery::measure(&redis, drained).await;
    memory::measure().await;
}

/// The figures of one place.
async fn column<Q>(queue: Arc<Q>) -> [String; 6]
where
    Q: TaskQueue + TaskQueueAdmin + 'static,
{
    let (bulk, drained, own) = through(&queue).await;
    let one_by_one = one_by_one(&queue).await;
    let (p50, p99, idle) = waits::measure(queue).await;
    [
        rate(bulk),
        format!("{one_by_one:.0}"),
        rate(drained),
        format!("{:.1}", own.as_secs_f64() * 1e6 / f64::from(TASKS)),
        format!("{p50:.2} / {p99:.2}"),
        format!("{idle:.2} %"),
    ]
}

/// How long it takes to put [`TASKS`] in and to get them out, and the CPU time of the latter.
async fn through<Q>(queue: &Arc<Q>) -> (Duration, Duration, Duration)
where
    Q: TaskQueue + TaskQueueAdmin + 'static,
{
    let tasks: Vec<Envelope> = (0..TASKS).map(nothing).collect();
    let began = Instant::now();
    for batch in tasks.chunks(BATCH) {
        queue.enqueue(batch).await.unwrap();
    }
    let bulk = began.elapsed();
    let before = cpu_time(std::process::id());
    let drained = drain(queue, TASKS).await;
    let used = cpu_time(std::process::id()).saturating_sub(before);
    (bulk, drained, used)
}

async fn one_by_one<Q>(queue: &Arc<Q>) -> f64
where
    Q: TaskQueue + TaskQueueAdmin + 'static,
{
    let began = Instant::now();
    for number in 0..ONE_BY_ONE {
        queue.enqueue(&[nothing(TASKS + number)]).await.unwrap();
    }
    let rate = f64::from(ONE_BY_ONE) / began.elapsed().as_secs_f64();
    drain(queue, ONE_BY_ONE).await;
    rate
}

/// Until `count` tasks have been run and settled.
async fn drain<Q>(queue: &Arc<Q>, count: u32) -> Duration
where
    Q: TaskQueue + TaskQueueAdmin + 'static,
{
    let stop = CancellationToken::new();
    let run = Arc::new(AtomicU32::new(0));
    let router = Router::default().route(Counter(run.clone()));
    let began = Instant::now();
    let running = tokio::spawn(runner(queue.clone(), router).run(stop.clone()));
    while run.load(Ordering::Relaxed) < count {
        sleep(Duration::from_millis(5)).await;
    }
    // A look at what is kept costs more than a task, so there are few.
    while !is_empty(queue.as_ref()).await {
        sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    stop.cancel();
    running.await.unwrap();
    took
}

/// Counts what it is asked to do, and does nothing.
pub(crate) struct Counter(pub(crate) Arc<AtomicU32>);

#[async_trait]
impl Handler<Nothing> for Counter {
    async fn handle(&self, _: Nothing, _: &Context) -> Result<(), TaskError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

async fn is_empty(queue: &impl TaskQueueAdmin) -> bool {
    let counts = queue.counts().await.unwrap();
    counts.iter().all(|it| it.waiting + it.running == 0)
}

fn nothing(number: u32) -> Envelope {
    Envelope::seal(&Nothing { number }, number, QueueName::default())
}
