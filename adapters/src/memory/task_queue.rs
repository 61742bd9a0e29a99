//! Hands tasks from hand to hand within one process.

use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Ended, Enqueued, Lease, PortError, Queues, Settled, TaskQueue, WorkerId};
use domain::tasks::Envelope;
use tokio::time::{Instant, timeout_at};

use super::MemoryStore;

/// How long a waiting worker trusts the bell: a clock that jumps rings none.
pub(super) const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// Longer waits are the same as this one.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(24 * 365);

#[async_trait]
impl TaskQueue for MemoryStore {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        let now = self.now();
        let enqueued = {
            let mut state = self.state();
            tasks
                .iter()
                .map(|task| state.tasks.add(task, now))
                .collect()
        };
        self.ring();
        Ok(enqueued)
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let deadline = Instant::now() + wait.min(LONGEST_WAIT);
        loop {
            // Listening before looking: what comes in between is not missed.
            let mut bell = pin!(self.shared.bell.notified());
            bell.as_mut().enable();
            let leases = self.take(*worker, queues, most);
            if !leases.is_empty() || most == 0 || deadline <= Instant::now() {
                return Ok(leases);
            }
            let next_look = Instant::now() + self.until_next_look(queues);
            // Whether the bell rang or the time is over: the next thing is to look.
            let _ = timeout_at(deadline.min(next_look), bell).await;
        }
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        let now = self.now();
        let settled = {
            let mut state = self.state();
            ended
                .iter()
                .map(|each| state.tasks.end(each, now))
                .collect()
        };
        self.ring();
        Ok(settled)
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        let now = self.now();
        let taken_back = {
            let state = &mut *self.state();
            state.living.insert(*worker);
            state.tasks.take_back(&state.living, now)
        };
        if 0 < taken_back {
            self.ring();
        }
        Ok(taken_back)
    }
}

impl MemoryStore {
    fn take(&self, worker: WorkerId, queues: &Queues, most: usize) -> Vec<Lease> {
        let now = self.now();
        let mut state = self.state();
        state.living.insert(worker);
        state.tasks.take(worker, queues, most, now)
    }

    fn until_next_look(&self, queues: &Queues) -> Duration {
        let now = self.now();
        let next_due = self.state().tasks.next_due(queues, now);
        let until_due = next_due.and_then(|due_at| (due_at - now).to_std().ok());
        until_due.map_or(LOOK_AGAIN_AFTER, |until| until.min(LOOK_AGAIN_AFTER))
    }
}
