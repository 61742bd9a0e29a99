//! What it costs that somebody waits for results, or watches: one worker of ours and one of
//! Celery's on the same Redis, each with and without.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::wire::Outgoing;
use adapters::redis::{
    Events, Node, NodeSettings, RedisQueue, RedisSettings, Reporter, ReporterSettings,
    ResultSettings, ResultStore,
};
use domain::ports::{Clock as _, TaskQueueAdmin as _};
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName, Router, Task as _};
use redis::cmd;
use serde_json::{Map, json};
use tempfile::TempDir;
use tests::celery::{PythonWorker, broker};
use tests::redis_server::RedisServer;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::queue::{Nothing, TASKS, runner};
use super::queues::Counter;
use super::report::row;

/// As many as Celery does in a few seconds.
const FEW: usize = 5_000;

/// What is told of tasks beside doing them.
#[derive(Clone, Copy)]
struct Told {
    results: bool,
    events: bool,
}

const WAYS: [(&str, Told); 3] = [
    (
        "neither results nor events",
        Told {
            results: false,
            events: false,
        },
    ),
    (
        "results",
        Told {
            results: true,
            events: false,
        },
    ),
    (
        "results and events",
        Told {
            results: true,
            events: true,
        },
    ),
];

pub(crate) async fn measure() {
    let redis = RedisServer::start(&[]).await;
    row(
        "tasks/s drained, with",
        ["ours", "Celery", "ours ÷ Celery"].map(str::to_owned),
    );
    for (name, told) in WAYS {
        let ours = ours(&redis, told).await;
        let celery = celerys(&redis, told).await;
        row(
            name,
            [
                format!("{ours:.0}"),
                format!("{celery:.0}"),
                format!("{:.0}", ours / celery),
            ],
        );
    }
}

async fn ours(redis: &RedisServer, told: Told) -> f64 {
    push(redis, told, TASKS as usize).await;
    let clock = Arc::new(SystemClock);
    let url = redis.url();
    let queue = RedisQueue::open(&url, clock.clone(), RedisSettings::default());
    let queue = Arc::new(queue.unwrap());
    let run = Arc::new(AtomicU32::new(0));
    let router = Router::default().route(Counter(run.clone()));
    let runner = runner(queue.clone(), router);
    let events = Arc::new(Events::new("bench@here", clock.clone(), told.events));
    let results = told.results.then(|| {
        let opened = ResultStore::open(&url, clock.clone(), ResultSettings::default());
        Arc::new(opened.unwrap())
    });
    let settings = ReporterSettings::default();
    let reporter = Reporter::open(&url, events.clone(), results, clock, settings);
    let settings = NodeSettings {
        prefix: String::new(),
        heartbeat: Some(Duration::from_secs(2)),
        obeys: true,
        mingles: false,
        conf: Map::new(),
        defaults: Map::new(),
    };
    let node = Node::open(&url, events.clone(), runner.controls(), None, settings).unwrap();
    let stop = CancellationToken::new();
    let (ending, stopping) = (stop.clone(), stop.clone());
    let began = Instant::now();
    let being_there = tokio::spawn(async move { node.run(ending).await });
    let runner = runner.observed_by(Arc::new(reporter.unwrap()));
    let running = tokio::spawn(runner.run(stopping));
    while run.load(Ordering::Relaxed) < TASKS || !is_empty(&queue).await {
        sleep(Duration::from_millis(5)).await;
    }
    let took = began.elapsed();
    stop.cancel();
    running.await.unwrap();
    being_there.await.unwrap();
    if told.results {
        // What was measured was done: nothing of it may be missing.
        let kept: usize = redis.ask(&cmd("DBSIZE")).await.unwrap();
        assert!(TASKS as usize <= kept, "{kept} results");
    }
    assert_eq!(events.dropped(), 0, "events were dropped");
    f64::from(TASKS) / took.as_secs_f64()
}

async fn celerys(redis: &RedisServer, told: Told) -> f64 {
    redis.ask::<()>(&cmd("FLUSHALL")).await.unwrap();
    let folder = TempDir::new().unwrap();
    let broker = broker(redis);
    let results = if told.results { broker.as_str() } else { "" };
    let mut arguments = vec!["-P", "prefork", "-c", "2", "-l", "warning"];
    if told.events {
        arguments.push("-E");
    }
    let environment = [("BROKER", broker.as_str()), ("RESULTS", results)];
    let _worker = PythonWorker::start("nothing", &arguments, folder.path(), &environment);
    // Its first task says that it is there.
    push_to(redis, &messages(told, 1)).await;
    until_done(redis).await;
    let messages = messages(told, FEW);
    let began = Instant::now();
    push_to(redis, &messages).await;
    until_done(redis).await;
    FEW as f64 / began.elapsed().as_secs_f64()
}

async fn push(redis: &RedisServer, told: Told, count: usize) {
    redis.ask::<()>(&cmd("FLUSHALL")).await.unwrap();
    push_to(redis, &messages(told, count)).await;
}

async fn push_to(redis: &RedisServer, messages: &[Vec<u8>]) {
    for batch in messages.chunks(500) {
        let mut push = cmd("LPUSH");
        push.arg("celery").arg(batch);
        redis.ask::<()>(&push).await.unwrap();
    }
}

/// As a Python producer sends them.
fn messages(told: Told, count: usize) -> Vec<Vec<u8>> {
    let now = SystemClock.now();
    let message = |number: usize| {
        let id = Uuid::now_v7().to_string();
        let headers = json!({"root_id": id, "ignore_result": !told.results});
        let envelope = Envelope {
            id: id.try_into().unwrap(),
            name: Nothing::NAME.to_owned().try_into().unwrap(),
            payload: Payload::of_task(&Nothing {
                number: u32::try_from(number).unwrap(),
            }),
            queue: QueueName::default(),
            priority: Priority::default(),
            due: Due::Now,
            expires_at: None,
            key: None,
            headers: headers.as_object().unwrap().clone(),
        };
        let outgoing = Outgoing {
            envelope,
            reply_to: None,
            compression: None,
        };
        outgoing.encode(now, Uuid::now_v7())
    };
    (0..count).map(message).collect()
}

async fn is_empty(queue: &RedisQueue) -> bool {
    let counts = queue.counts().await.unwrap();
    counts.iter().all(|it| it.waiting + it.running == 0)
}

/// Waits until nothing is in Celery's list and nothing is held by its worker.
async fn until_done(redis: &RedisServer) {
    loop {
        let waiting: usize = redis.ask(cmd("LLEN").arg("celery")).await.unwrap();
        let held: usize = redis.ask(cmd("HLEN").arg("unacked")).await.unwrap();
        if waiting + held == 0 {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}
