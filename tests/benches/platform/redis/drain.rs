//! Tasks out of Redis: by a worker, and by the barest loop that loses nothing.

use std::time::Duration;

use domain::ports::{Lease, Queues, TaskQueue as _, Verdict, WorkerId};
use domain::tasks::{Envelope, QueueName, Router};
use redis::{Script, cmd, pipe};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::usage::Usage;
use super::{Place, ROUNDS, median, messages, of};
use crate::platform::queue::{BATCH, Idler, TASKS, rate, runner};
use crate::platform::report::line;

/// The cheapest claim that survives a crash: a batch moves to a list of its own.
const MOVE: &str = "local got = redis.call('RPOP', KEYS[1], ARGV[1])
    if not got then return {} end
    redis.call('RPUSH', KEYS[2], unpack(got))
    return got";
const MOVED_AT_ONCE: usize = 128;
impl Place {
    /// Answers how long a worker took.
    pub(super) async fn draining(&self) -> Duration {
        let (tasks, messages) = (Self::tasks(), messages());
        let (mut limit, mut bare, mut drained) = (Vec::new(), Vec::new(), Vec::new());
        let (mut of_limit, mut of_worker) = (Usage::default(), Usage::default());
        for _ in 0..ROUNDS {
            self.clear().await;
            for batch in messages.chunks(BATCH) {
                let mut push = pipe();
                push.lpush("celery", batch).ignore();
                let () = push.query_async(&mut self.redis.clone()).await.unwrap();
            }
            let before = self.usage().await;
            let began = Instant::now();
            self.move_all().await;
            limit.push(began.elapsed());
            of_limit = self.usage().await.since(&before);

            self.fill(&tasks).await;
            let began = Instant::now();
            self.lease_and_settle_all().await;
            bare.push(began.elapsed());

            self.fill(&tasks).await;
            let before = self.usage().await;
            let began = Instant::now();
            self.run_all().await;
            drained.push(began.elapsed());
            of_worker = self.usage().await.since(&before);
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
        line(
            "redis: commands a task, sent",
            &each(of_worker.sent),
            "≤ 0.2",
        );
        line(
            "redis: commands a task, within scripts",
            &each(of_worker.commands),
            "",
        );
        line(
            "redis: µs of Redis CPU a task",
            &format!(
                "{} (limit {})",
                each(of_worker.redis_micros),
                each(of_limit.redis_micros)
            ),
            "≤ 2",
        );
        line(
            "redis: µs of worker CPU a task",
            &each(of_worker.own_micros),
            "",
        );
        drained
    }

    async fn fill(&self, tasks: &[Envelope]) {
        self.clear().await;
        for batch in tasks.chunks(BATCH) {
            self.queue.enqueue(batch).await.unwrap();
        }
    }

    async fn move_all(&self) {
        let mut redis = self.redis.clone();
        let script = Script::new(MOVE);
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
}
