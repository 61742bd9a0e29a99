//! The queue on Redis, beyond the laws of queues: what Python sees of it, and what it bears.

mod buried;
mod client;
mod cluster;
mod copies;
mod foreign;
mod layout;
mod node;
mod outages;
mod result_store;
mod sentinels;
mod unacked;
mod urls;
mod workers;

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::redis::{RedisQueue, RedisSettings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ports::{Ended, Lease, Queues, Settled, TaskQueue as _, Verdict, WorkerId};
use domain::tasks::QueueName;
use redis::{Cmd, FromRedisValue, cmd};
use serde_json::{Value, json};
use tests::redis_server::RedisServer;
use tests::samples::{START, worker};
use uuid::Uuid;

const FIRST: WorkerId = worker(1);
const SECOND: WorkerId = worker(2);
const NO_WAIT: Duration = Duration::ZERO;

/// A queue, the server it is on, and the clock it goes by.
struct Place<'a> {
    server: &'a RedisServer,
    settings: RedisSettings,
    clock: Arc<ManualClock>,
    queue: Arc<RedisQueue>,
}

impl<'a> Place<'a> {
    /// A queue with keys of its own.
    fn on(server: &'a RedisServer) -> Self {
        Self::with(server, &RedisSettings::default())
    }

    /// A queue all of whose keys are in one slot of a cluster.
    fn tagged(server: &'a RedisServer) -> Self {
        Self::of(
            server,
            RedisSettings {
                prefix: "{music}:".to_owned(),
                ..RedisSettings::default()
            },
        )
    }

    fn with(server: &'a RedisServer, settings: &RedisSettings) -> Self {
        Self::of(
            server,
            RedisSettings {
                prefix: format!("{}:", Uuid::now_v7()),
                ..settings.clone()
            },
        )
    }

    fn of(server: &'a RedisServer, settings: RedisSettings) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let queue = RedisQueue::open(&server.url(), clock.clone(), settings.clone()).unwrap();
        Self {
            server,
            settings,
            clock,
            queue: Arc::new(queue),
        }
    }

    /// The same queue, as another process has it.
    fn again(&self) -> RedisQueue {
        RedisQueue::open(
            &self.server.url(),
            self.clock.clone(),
            self.settings.clone(),
        )
        .unwrap()
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.settings.prefix)
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        self.server.ask(command).await.unwrap()
    }

    /// Puts a message into a list, as a producer does.
    async fn send(&self, list: &str, message: &[u8]) {
        let mut push = cmd("LPUSH");
        push.arg(self.key(list)).arg(message);
        self.ask::<()>(&push).await;
    }

    async fn length(&self, list: &str) -> usize {
        self.ask(cmd("LLEN").arg(self.key(list))).await
    }

    async fn lease(&self, worker: WorkerId) -> Vec<Lease> {
        lease(&self.queue, worker).await
    }

    async fn settle(&self, lease: Lease, verdict: Verdict) -> Settled {
        settle(&self.queue, lease, verdict).await
    }
}

async fn lease(queue: &RedisQueue, worker: WorkerId) -> Vec<Lease> {
    let queues = Queues::from(QueueName::default());
    queue.lease(&worker, &queues, 100, NO_WAIT).await.unwrap()
}

async fn settle(queue: &RedisQueue, lease: Lease, verdict: Verdict) -> Settled {
    let ended: [Ended; 1] = [lease.end(verdict)];
    queue.settle(&ended).await.unwrap()[0]
}

fn done(value: Value) -> Verdict {
    Verdict::Done(value)
}

fn ids(leases: &[Lease]) -> Vec<&str> {
    leases
        .iter()
        .map(|lease| lease.envelope.id.as_str())
        .collect()
}

/// A message as Celery sends it, with these headers beside the usual.
fn message(id: &str, headers: &Value) -> Vec<u8> {
    let mut all = json!({"lang": "py", "task": "samples.add", "id": id, "eta": null, "retries": 0});
    let more = headers.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(more);
    let message = json!({
        "body": STANDARD.encode("[[1, 2], {}, {}]"),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": all,
        "properties": {
            "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": "celery"},
            "delivery_tag": id,
            "priority": 0,
        },
    });
    message.to_string().into_bytes()
}
