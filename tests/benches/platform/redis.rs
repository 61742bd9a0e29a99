//! The queue on Redis, beside the least that could move the same messages and lose none.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::wire::{Sent, encode};
use adapters::redis::{RedisQueue, RedisSettings};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Clock as _, Lease, Queues, TaskQueue, Verdict, WorkerId};
use domain::tasks::{Context, Envelope, Handler, QueueName, Router, Task, TaskError};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, cmd, pipe};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tests::redis_server::RedisServer;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::idle::cpu_time;
use super::queue::{BATCH, Idler, Nothing, TASKS, rate, runner};
use super::report::line;

/// The cheapest claim that survives a crash: a batch moves to a list of its own.
const MOVE: &str = "local got = redis.call('RPOP', KEYS[1], ARGV[1])
    if not got then return {} end
    redis.call('RPUSH', KEYS[2], unpack(got))
    return got";
const MOVED_AT_ONCE: usize = 128;
const ROUNDS: usize = 3;

pub(crate) async fn measure() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server).await;
    let length = Place::messages()[0].len();
    line("bytes a message on Celery's wire", &length.to_string(), "");
    place.enqueuing().await;
    place.draining().await;
    place.latency().await;
}

struct Place {
    queue: Arc<RedisQueue>,
    redis: MultiplexedConnection,
    process: u32,
}

impl Place {
    async fn on(server: &RedisServer) -> Self {
        let queue = RedisQueue::open(
            &server.url(),
            Arc::new(SystemClock),
            RedisSettings::default(),
        );
        let socket = server.folder().join("redis.sock");
        let client = Client::open(format!("unix://{}", socket.display())).unwrap();
        let patient = AsyncConnectionConfig::new().set_response_timeout(None);
        let connection = client.get_multiplexed_async_connection_with_config(&patient);
        Self {
            queue: Arc::new(queue.unwrap()),
            redis: connection.await.unwrap(),
            process: server.process(),
        }
    }

    fn tasks() -> Vec<Envelope> {
        let seal = |number| Envelope::seal(&Nothing { number }, number, QueueName::default());
        (0..TASKS).map(seal).collect()
    }

    fn messages() -> Vec<Vec<u8>> {
        let now = SystemClock.now();
        let encoded = |envelope: &Envelope| {
            encode(&Sent {
                envelope,
                due_at: now,
                now,
                tag: Uuid::now_v7(),
            })
        };
        Self::tasks().iter().map(encoded).collect()
    }

    async fn clear(&self) {
        let mut redis = self.redis.clone();
        cmd("FLUSHALL").exec_async(&mut redis).await.unwrap();
    }

    async fn enqueuing(&self) {
        let (tasks, messages) = (Self::tasks(), Self::messages());
        let (mut raw, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            self.clear().await;
            let began = Instant::now();
            for batch in messages.chunks(BATCH) {
                let mut push = pipe();
                push.lpush("celery", batch).ignore();
                let () = push.query_async(&mut self.redis.clone()).await.unwrap();
            }
            raw.push(began.elapsed());
            self.clear().await;
            let began = Instant::now();
            for batch in tasks.chunks(BATCH) {
                self.queue.enqueue(batch).await.unwrap();
            }
            ours.push(began.elapsed());
        }
        let (raw, ours) = (median(raw), median(ours));
        line(
            "redis: LPUSH of the same bytes, 500 at a time",
            &rate(raw),
            "",
        );
        line(
            "redis: tasks/s enqueued, 500 at a time",
            &format!("{} ({})", rate(ours), of(raw, ours)),
            "≥ 0.5 of that",
        );
        self.clear().await;
        let few = &tasks[..10_000];
        let began = Instant::now();
        for task in few {
            self.queue
                .enqueue(std::slice::from_ref(task))
                .await
                .unwrap();
        }
        let rate = few.len() as f64 / began.elapsed().as_secs_f64();
        line(
            "redis: tasks/s enqueued one by one",
            &format!("{rate:.0}"),
            "",
        );
    }

    async fn draining(&self) {
        let (tasks, messages) = (Self::tasks(), Self::messages());
        let (mut limit, mut bare, mut drained) = (Vec::new(), Vec::new(), Vec::new());
        let mut last = Usage::default();
        for _ in 0..ROUNDS {
            self.clear().await;
            for batch in messages.chunks(BATCH) {
                let mut push = pipe();
                push.lpush("celery", batch).ignore();
                let () = push.query_async(&mut self.redis.clone()).await.unwrap();
            }
            let began = Instant::now();
            self.move_all().await;
            limit.push(began.elapsed());

            self.fill(&tasks).await;
            let began = Instant::now();
            self.lease_and_settle_all().await;
            bare.push(began.elapsed());

            self.fill(&tasks).await;
            let before = self.usage().await;
            let began = Instant::now();
            self.run_all().await;
            drained.push(began.elapsed());
            last = self.usage().await.since(&before);
        }
        let (limit, bare, drained) = (median(limit), median(bare), median(drained));
        line(
            "redis: limit, a batch moved and dropped by one loop",
            &rate(limit),
            "",
        );
        line(
            "redis: tasks/s leased, decoded and settled by one loop",
            &format!("{} ({})", rate(bare), of(limit, bare)),
            "",
        );
        line(
            "redis: tasks/s drained by one worker, each leased, run, settled",
            &format!("{} ({})", rate(drained), of(limit, drained)),
            "≥ 0.5 of the limit",
        );
        let each = |total: f64| format!("{:.2}", total / f64::from(TASKS));
        line("redis: commands a task, sent", &each(last.sent), "≤ 0.2");
        line(
            "redis: commands a task, within scripts",
            &each(last.commands),
            "",
        );
        line(
            "redis: µs of Redis CPU a task",
            &each(last.redis_micros),
            "≤ 2",
        );
        line("redis: µs of worker CPU a task", &each(last.own_micros), "");
    }

    async fn fill(&self, tasks: &[Envelope]) {
        self.clear().await;
        for batch in tasks.chunks(BATCH) {
            self.queue.enqueue(batch).await.unwrap();
        }
    }

    async fn move_all(&self) {
        let mut redis = self.redis.clone();
        let script = redis::Script::new(MOVE);
        script
            .prepare_invoke()
            .load_async(&mut redis)
            .await
            .unwrap();
        let mut number = 0;
        loop {
            let mut step = pipe();
            step.cmd("UNLINK").arg(format!("batch:{number}")).ignore();
            number += 1;
            step.cmd("EVALSHA")
                .arg(script.get_hash())
                .arg(2)
                .arg("celery");
            step.arg(format!("batch:{number}")).arg(MOVED_AT_ONCE);
            let (got,): (Vec<Vec<u8>>,) = step.query_async(&mut redis).await.unwrap();
            if got.is_empty() {
                return;
            }
        }
    }

    async fn lease_and_settle_all(&self) {
        let worker = WorkerId::new(Uuid::now_v7());
        let queues = Queues::from(QueueName::default());
        loop {
            let leases = self.queue.lease(&worker, &queues, BATCH, Duration::ZERO);
            let leases = leases.await.unwrap();
            if leases.is_empty() {
                return;
            }
            let done = |lease: Lease| lease.end(Verdict::Done(Value::Null));
            let ended: Vec<_> = leases.into_iter().map(done).collect();
            self.queue.settle(&ended).await.unwrap();
        }
    }

    async fn run_all(&self) {
        let stop = CancellationToken::new();
        let runner = runner(self.queue.clone(), Router::default().route(Idler));
        let running = tokio::spawn(runner.run(stop.clone()));
        while !self.is_empty().await {
            sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        running.await.unwrap();
    }

    /// Whether nothing waits and nothing is held.
    async fn is_empty(&self) -> bool {
        let mut redis = self.redis.clone();
        let waiting: u32 = cmd("LLEN")
            .arg("celery")
            .query_async(&mut redis)
            .await
            .unwrap();
        if 0 < waiting {
            return false;
        }
        let held: Vec<String> = cmd("KEYS")
            .arg("backbeat:held:*")
            .query_async(&mut redis)
            .await
            .unwrap();
        held.is_empty()
    }

    async fn usage(&self) -> Usage {
        let mut redis = self.redis.clone();
        let stats: String = cmd("INFO")
            .arg("commandstats")
            .query_async(&mut redis)
            .await
            .unwrap();
        let calls = |line: &str| -> Option<(bool, f64)> {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let calls = rest.split(',').next()?.parse().ok()?;
            Some((matches!(name, "evalsha" | "hkeys" | "hmget"), calls))
        };
        let all: Vec<(bool, f64)> = stats.lines().filter_map(calls).collect();
        let sum = |only_sent: bool| {
            let counted = all.iter().filter(|(is_sent, _)| *is_sent || !only_sent);
            counted.map(|(_, calls)| calls).sum()
        };
        Usage {
            sent: sum(true),
            commands: sum(false),
            redis_micros: micros(cpu_time(self.process)),
            own_micros: micros(cpu_time(std::process::id())),
        }
    }

    async fn latency(&self) {
        self.clear().await;
        let (tell, mut heard) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let router = Router::default().route(Listener(tell));
        let running = tokio::spawn(runner(self.queue.clone(), router).run(stop.clone()));
        sleep(Duration::from_millis(500)).await;
        let mut ticks = interval(Duration::from_millis(5));
        for number in 0..2_000 {
            ticks.tick().await;
            let timed = Timed {
                sent: SystemClock.now(),
            };
            let task = Envelope::seal(&timed, number, QueueName::default());
            self.queue.enqueue(&[task]).await.unwrap();
        }
        let mut took = Vec::new();
        while took.len() < 2_000 {
            took.push(heard.recv().await.unwrap());
        }
        stop.cancel();
        running.await.unwrap();
        took.sort_unstable();
        let at = |hundredth: usize| micros(took[took.len() * hundredth / 100]) / 1000.0;
        line(
            "redis: ms from enqueue to handler at 200/s, p50 / p99",
            &format!("{:.2} / {:.2}", at(50), at(99)),
            "≤ 0.5 / ≤ 2",
        );
    }
}

#[derive(Default)]
struct Usage {
    sent: f64,
    commands: f64,
    redis_micros: f64,
    own_micros: f64,
}

impl Usage {
    fn since(&self, before: &Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            commands: self.commands - before.commands,
            redis_micros: self.redis_micros - before.redis_micros,
            own_micros: self.own_micros - before.own_micros,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Timed {
    sent: DateTime<Utc>,
}

impl Task for Timed {
    type Output = ();
    const NAME: &'static str = "benches.timed";
}

struct Listener(mpsc::UnboundedSender<Duration>);

#[async_trait]
impl Handler<Timed> for Listener {
    async fn handle(&self, task: Timed, _: &Context) -> Result<(), TaskError> {
        let took = (SystemClock.now() - task.sent).to_std().unwrap_or_default();
        self.0.send(took).unwrap();
        Ok(())
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// How much of the rate of `limit` was reached.
fn of(limit: Duration, reached: Duration) -> String {
    format!("{:.2}", limit.as_secs_f64() / reached.as_secs_f64())
}
