//! The queue on Redis, beside the least that could move the same messages and lose none.

mod drain;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::wire::{Sent, encode};
use adapters::redis::{RedisQueue, RedisSettings};
use domain::ports::{Clock as _, TaskQueue as _};
use domain::tasks::{Envelope, QueueName};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, cmd, pipe};
use tests::redis_server::RedisServer;
use tokio::time::Instant;
use uuid::Uuid;

use super::queue::{BATCH, Nothing, TASKS, rate};
use super::report::line;

const ROUNDS: usize = 3;

/// Answers how long one worker took to drain [`TASKS`].
pub(crate) async fn measure_on(server: &RedisServer) -> Duration {
    let place = Place::on(server).await;
    let length = messages()[0].len();
    line("bytes a message on Celery's wire", &length.to_string(), "");
    place.enqueuing().await;
    place.draining().await
}

/// The tasks that do nothing, as messages.
pub(crate) fn messages() -> Vec<Vec<u8>> {
    let now = SystemClock.now();
    let encoded = |envelope: &Envelope| {
        encode(&Sent {
            envelope,
            due_at: now,
            now,
            tag: Uuid::now_v7(),
            conveyed: false,
        })
    };
    Place::tasks().iter().map(encoded).collect()
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

    async fn clear(&self) {
        let mut redis = self.redis.clone();
        cmd("FLUSHALL").exec_async(&mut redis).await.unwrap();
    }

    async fn enqueuing(&self) {
        let (tasks, messages) = (Self::tasks(), messages());
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
