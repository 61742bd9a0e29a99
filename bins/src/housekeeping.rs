//! Keeps house while a program runs.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{
    Housekeeping, Lost, Outbox, PortError, QueueCounts, TaskQueue, TaskQueueAdmin, Tidied, WorkerId,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the store is tidied, and the queues are counted.
const TIDY_EVERY: Duration = Duration::from_mins(1);

/// Takes back what dead workers held, until `stop`: for a program that runs no tasks. One
/// that does looks for the dead with each sign of life it gives.
pub(crate) struct Sweeper {
    pub(crate) queue: Arc<dyn TaskQueue>,
    pub(crate) worker: WorkerId,
    /// How often it looks for them.
    pub(crate) every: Duration,
}

impl Sweeper {
    pub(crate) async fn run(self, stop: CancellationToken) {
        let sweep = async {
            loop {
                self.sweep().await;
                sleep(self.every).await;
            }
        };
        stop.run_until_cancelled(sweep).await;
    }

    async fn sweep(&self) {
        match self.queue.alive(&self.worker).await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "took back {count} tasks of workers that died"),
            Err(error) => say("dead workers cannot be looked for", &error),
        }
    }
}

/// Clears away what has had its time, and reports how much waits, until `stop`.
pub(crate) struct Housekeeper {
    pub(crate) admin: Arc<dyn TaskQueueAdmin>,
    pub(crate) store: Arc<dyn Housekeeping>,
    /// Where tasks may be stranded that went by Redis before, while there is none.
    pub(crate) stranded: Option<Arc<dyn Outbox>>,
}

impl Housekeeper {
    pub(crate) async fn run(self, stop: CancellationToken) {
        let keep = async {
            let mut reported = Vec::new();
            loop {
                self.tidy().await;
                self.rescue().await;
                self.report(&mut reported).await;
                sleep(TIDY_EVERY).await;
            }
        };
        stop.run_until_cancelled(keep).await;
    }

    async fn tidy(&self) {
        loop {
            match self.store.tidy().await {
                Ok(tidied) if tidied == Tidied::default() => return,
                Ok(tidied) => {
                    let Tidied {
                        tasks,
                        tokens,
                        answers,
                        pauses,
                        occurrences,
                    } = tidied;
                    tracing::info!(
                        tasks,
                        tokens,
                        answers,
                        pauses,
                        occurrences,
                        "cleared away what has had its time"
                    );
                }
                Err(error) => return say("nothing can be cleared away for now", &error),
            }
        }
    }

    /// Takes back what is on its way by Redis for long, when Redis is used no more.
    async fn rescue(&self) {
        let Some(outbox) = &self.stranded else {
            return;
        };
        let lost = Lost {
            relay: None,
            queue: None,
            pushes: Lost::EVERY_PUSH,
            for_at_least: TIDY_EVERY,
        };
        match outbox.call_back(&lost).await {
            Ok(0) => {}
            Ok(count) => tracing::warn!(
                count,
                "{count} tasks were on their way by redis, which is not set any more; they are done from the database"
            ),
            Err(error) => say("what went by redis cannot be looked for", &error),
        }
    }

    async fn report(&self, reported: &mut Vec<QueueCounts>) {
        match self.admin.counts().await {
            Ok(counts) if counts == *reported => {}
            Ok(counts) => {
                for QueueCounts {
                    queue,
                    waiting,
                    running,
                    buried,
                    ..
                } in &counts
                {
                    tracing::info!(%queue, waiting, running, buried, "queue {queue}: {waiting} waiting, {running} running, {buried} buried");
                }
                *reported = counts;
            }
            Err(error) => say("the queues cannot be counted for now", &error),
        }
    }
}

fn say(what: &str, error: &PortError) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}
