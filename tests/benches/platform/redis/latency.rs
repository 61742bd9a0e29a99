//! How soon a task is in its handler's hands.

use std::time::Duration;

use adapters::clock::SystemClock;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Clock as _, TaskQueue as _};
use domain::tasks::{Context, Envelope, Handler, QueueName, Router, Task, TaskError};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{Place, micros};
use crate::platform::idle::cpu_time;
use crate::platform::queue::runner;
use crate::platform::report::line;

/// How long an idle worker is watched.
const WATCHED: Duration = Duration::from_secs(10);

impl Place {
    pub(super) async fn latency(&self) {
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
        let before = cpu_time(std::process::id());
        sleep(WATCHED).await;
        let used = cpu_time(std::process::id()).saturating_sub(before);
        stop.cancel();
        running.await.unwrap();
        took.sort_unstable();
        let at = |hundredth: usize| micros(took[took.len() * hundredth / 100]) / 1000.0;
        line(
            "redis: ms from enqueue to handler at 200/s, p50 / p99",
            &format!("{:.2} / {:.2}", at(50), at(99)),
            "≤ 0.5 / ≤ 2",
        );
        let share = used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
        line(
            "redis: idle worker, share of a core",
            &format!("{share:.2} %"),
            "≤ 0.5 %",
        );
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
