//! A worker as the real Celery sees it: its command line, its control, its monitors.

mod commands;
mod heard;
mod nobody_else;
mod revoked;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::{Events, Node, NodeSettings, RedisUrl, RevokedResults};
use serde_json::{Map, Value, json};
use tests::celery;
use tests::redis_server::RedisServer;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::worker::Worker;

/// How long anything here may take, on a machine with much to do.
const SOON: Duration = Duration::from_mins(1);

/// A node of a worker that only pretends, with keys of its own.
struct Place {
    url: RedisUrl,
    /// Where Celery finds the server.
    broker: String,
    prefix: String,
    name: String,
    worker: Arc<Worker>,
    events: Arc<Events>,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Place {
    async fn on(server: &RedisServer) -> Self {
        Self::with(server, &format!("{}:", Uuid::now_v7()), None).await
    }

    async fn with(
        server: &RedisServer,
        prefix: &str,
        results: Option<Arc<dyn RevokedResults>>,
    ) -> Self {
        let socket = server.folder().join("redis.sock");
        let url = format!("unix://{}?db=3", socket.display());
        let place = Self::start(&url, server, prefix, results);
        place.is_there().await;
        place
    }

    fn start(
        url: &str,
        server: &RedisServer,
        prefix: &str,
        results: Option<Arc<dyn RevokedResults>>,
    ) -> Self {
        let url = RedisUrl::try_from(url).unwrap();
        let name = format!("node-{}@test", Uuid::now_v7());
        let events = Arc::new(Events::new(name.clone(), Arc::new(SystemClock), false));
        let worker = Arc::new(Worker::default());
        let settings = NodeSettings {
            prefix: prefix.to_owned(),
            heartbeat: Some(Duration::from_secs(2)),
            obeys: true,
            mingles: true,
            conf: object(json!({
                "timezone": "UTC",
                "broker_url": "redis://user:hidden@host/3",
                "redis_password": "hidden",
            })),
            defaults: object(json!({"enable_utc": true})),
        };
        let node = Node::open(&url, events.clone(), worker.clone(), results, settings).unwrap();
        let stop = CancellationToken::new();
        let stopping = stop.clone();
        Self {
            url,
            broker: format!("{}?virtual_host=3", celery::broker(server)),
            prefix: prefix.to_owned(),
            name,
            worker,
            events,
            stop,
            running: tokio::spawn(async move {
                node.meet().await;
                node.run(stopping).await;
            }),
        }
    }

    /// Ends when it answers.
    async fn is_there(&self) {
        let trying = async {
            let only = json!({"destination": [self.name], "timeout": 1});
            while self.replies(json!([["ping", {}, only]])).await[0] == json!([]) {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(SOON, trying).await.expect("it answers");
    }

    /// What everybody answers to each of these commands.
    async fn replies(&self, commands: Value) -> Vec<Value> {
        let (broker, prefix) = (self.broker.clone(), self.prefix.clone());
        let run = move || celery::run("control.py", &[&broker, &prefix, &commands.to_string()]);
        let printed = tokio::task::spawn_blocking(run).await.unwrap();
        let lines = printed.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What this node answers to each of these commands.
    async fn answers(&self, commands: Value) -> Vec<Value> {
        let replies = self.replies(commands).await.into_iter();
        replies
            .map(|mut reply| match reply.get_mut(0) {
                Some(answer) => answer[self.name.as_str()].take(),
                None => Value::Null,
            })
            .collect()
    }

    async fn stop(self) {
        self.stop.cancel();
        timeout(SOON, self.running).await.unwrap().unwrap();
    }
}

/// Ends when it is so.
async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, waiting).await.expect("it comes true");
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is no object"),
    }
}
