//! Lends its rows to whoever conveys them.

use std::ops::RangeInclusive;
use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Lease, Lost, OnTheirWay, Outbox, PortError, Push, Queues, WorkerId};
use domain::tasks::{Envelope, OwnWork, TaskId};
use tokio::time::{Instant, timeout_at};

use super::MemoryStore;
use super::task_queue::{LONGEST_WAIT, LOOK_AGAIN_AFTER};

#[async_trait]
impl Outbox for MemoryStore {
    async fn relay(
        &self,
        push: Push,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let deadline = Instant::now() + wait.min(LONGEST_WAIT);
        loop {
            // Listening before looking: what comes in between is not missed.
            let mut bell = pin!(self.shared.bell.notified());
            bell.as_mut().enable();
            let now = self.now();
            let tasks = self.state().tasks.relay(push, most, now);
            if !tasks.is_empty() || most == 0 || deadline <= Instant::now() {
                return Ok(tasks);
            }
            // Whether the bell rang or the time is over: the next thing is to look.
            let next_look = Instant::now() + LOOK_AGAIN_AFTER;
            let _ = timeout_at(deadline.min(next_look), bell).await;
        }
    }

    async fn hand_over(
        &self,
        relay: &WorkerId,
        pushes: RangeInclusive<u64>,
        own: &OwnWork,
    ) -> Result<u64, PortError> {
        let now = self.now();
        Ok(self.state().tasks.hand_over(*relay, &pushes, own, now))
    }

    async fn call_back(&self, lost: &Lost) -> Result<u64, PortError> {
        let called_back = self.state().tasks.call_back(lost);
        self.ring();
        Ok(called_back)
    }

    async fn on_their_way(&self) -> Result<Vec<OnTheirWay>, PortError> {
        Ok(self.state().tasks.on_their_way())
    }

    async fn take(&self, worker: &WorkerId, ids: &[TaskId]) -> Result<Vec<Lease>, PortError> {
        let mut state = self.state();
        state.living.insert(*worker);
        Ok(state.tasks.take_relayed(*worker, ids))
    }

    async fn take_suspect(
        &self,
        worker: &WorkerId,
        queues: &Queues,
    ) -> Result<Option<Lease>, PortError> {
        let now = self.now();
        let mut state = self.state();
        state.living.insert(*worker);
        Ok(state.tasks.take_suspect(*worker, queues, now))
    }
}
