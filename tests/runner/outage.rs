//! A queue that fails for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use adapters::memory::MemoryStore;
use async_trait::async_trait;
use domain::ports::{
    Ended, Enqueued, Lease, PortError, Queues, Settled, Severity, TaskQueue, TaskState, WorkerId,
};
use domain::tasks::Envelope;

use super::theatre::{Theatre, Told};

/// A queue that fails so many times before it works.
struct FlakyQueue {
    queue: Arc<MemoryStore>,
    failures_left: AtomicU32,
}

impl FlakyQueue {
    fn fail(&self) -> Result<(), PortError> {
        let had = self
            .failures_left
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        had.map_or(Ok(()), |_| {
            Err(PortError {
                adapter: "flaky",
                action: "answer",
                severity: Severity::Transient,
                source: "out of order".into(),
            })
        })
    }
}

#[async_trait]
impl TaskQueue for FlakyQueue {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.fail()?;
        self.queue.enqueue(tasks).await
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        self.fail()?;
        self.queue.lease(worker, queues, most, wait).await
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        // The settlement is stored, and its answer lost.
        let settled = self.queue.settle(ended).await?;
        self.fail()?;
        Ok(settled)
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.fail()?;
        self.queue.alive(worker).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_queue_loses_and_doubles_nothing() {
    let theatre = Theatre::open();
    theatre.tell(0..100, Told::Return).await;
    let flaky = Arc::new(FlakyQueue {
        queue: theatre.store.clone(),
        failures_left: AtomicU32::new(7),
    });
    let running = theatre.run_on(flaky.clone());

    theatre.until(100, TaskState::Done).await;
    flaky.failures_left.store(7, SeqCst);
    theatre.tell(100..200, Told::Return).await;
    theatre.until(200, TaskState::Done).await;

    theatre.stopped(running).await;
    let began: u32 = theatre.stage.began.lock().unwrap().values().sum();
    assert_eq!(began, 200);
}
