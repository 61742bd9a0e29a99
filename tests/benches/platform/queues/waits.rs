//! How soon a task is in its handler's hands, and what a worker takes that waits for none.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Clock as _, TaskQueue};
use domain::tasks::{Context, Envelope, Handler, QueueName, Router, Task, TaskError};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

use super::WATCHED;
use crate::platform::idle::cpu_time;
use crate::platform::queue::runner;

const SENT: usize = 2_000;

/// Milliseconds from enqueue to handler at 200 tasks a second, p50 and p99; and the share of
/// a core, in per cent, of the idle worker.
pub(super) async fn measure<Q: TaskQueue + 'static>(queue: Arc<Q>) -> (f64, f64, f64) {
    let (tell, mut heard) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let router = Router::default().route(Listener(tell));
    let running = tokio::spawn(runner(queue.clone(), router).run(stop.clone()));
    sleep(Duration::from_millis(500)).await;
    let mut ticks = interval(Duration::from_millis(5));
    for number in 0..SENT {
        ticks.tick().await;
        let timed = Timed {
            sent: SystemClock.now(),
        };
        let task = Envelope::seal(&timed, number, QueueName::default());
        queue.enqueue(&[task]).await.unwrap();
    }
    let mut took = Vec::new();
    while took.len() < SENT {
        took.push(heard.recv().await.unwrap());
    }
    let before = cpu_time(std::process::id());
    sleep(WATCHED).await;
    let used = cpu_time(std::process::id()).saturating_sub(before);
    stop.cancel();
    running.await.unwrap();
    took.sort_unstable();
    let at = |hundredth: usize| took[took.len() * hundredth / 100].as_secs_f64() * 1000.0;
    let share = used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    (at(50), at(99), share)
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
