//! The queue of a platform whose tasks are rows of a store and travel by a conveyor.

mod held;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::ports::{
    Conveyor, Ended, Enqueued, Lease, Outbox, PortError, Queues, Settled, TaskQueue, Verdict,
    WorkerId,
};
use crate::tasks::{Envelope, TaskId};
use held::Held;

/// How long the conveyor is waited for before the store is asked for suspects again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// The same for a worker that holds a suspect, and may have the next when that has ended.
const LOOK_AGAIN_SOON: Duration = Duration::from_millis(10);

/// Leases what the conveyor brings: the rows that its messages stand for, and what others put
/// onto it that has no row.
///
/// A [`Relay`](super::Relay) has to run beside it, in this process or another.
pub struct RelayedQueue {
    store: Arc<dyn TaskQueue>,
    outbox: Arc<dyn Outbox>,
    conveyor: Arc<dyn Conveyor>,
    held: Mutex<Held>,
}

impl RelayedQueue {
    /// The queue of the rows of a store, which is both `store` and `outbox`, behind `conveyor`.
    pub fn new(
        store: Arc<dyn TaskQueue>,
        outbox: Arc<dyn Outbox>,
        conveyor: Arc<dyn Conveyor>,
    ) -> Self {
        Self {
            store,
            outbox,
            conveyor,
            held: Mutex::default(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_again_after(&self) -> Duration {
        if self.held().has_suspect() {
            LOOK_AGAIN_SOON
        } else {
            LOOK_AGAIN_AFTER
        }
    }

    /// What there is within `wait`.
    async fn look(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<(), PortError> {
        let suspect = match most {
            0 => None,
            _ => self.outbox.take_suspect(worker, queues).await?,
        };
        let wait = if suspect.is_some() {
            Duration::ZERO
        } else {
            wait
        };
        let most = most - usize::from(suspect.is_some());
        self.held().deliver_rows(*worker, suspect);
        let leases = self.conveyor.lease(worker, queues, most, wait).await?;
        let (messages, others): (Vec<_>, Vec<_>) =
            leases.into_iter().partition(|lease| lease.conveyed);
        self.held().deliver(*worker, others);
        if messages.is_empty() {
            return Ok(());
        }
        let ids: Vec<TaskId> = messages
            .iter()
            .map(|message| message.envelope.id.clone())
            .collect();
        let taken = self.outbox.take(worker, &ids).await;
        // What could not be asked for is asked for again; of the others nobody needs a message.
        let verdict = match &taken {
            Ok(_) => Verdict::Done(Value::Null),
            Err(_) => Verdict::Release,
        };
        let spent = messages
            .into_iter()
            .map(|message| message.end(verdict.clone()));
        self.held().spend(spent);
        let mut rows = taken?;
        rows.sort_by_key(|lease| (lease.envelope.priority, lease.due_since));
        self.held().deliver_rows(*worker, rows);
        Ok(())
    }

    /// Tells the conveyor which messages have done their duty. That can wait: a message that
    /// comes back finds its row taken.
    async fn drop_spent(&self) {
        let spent = self.held().spent();
        if spent.is_empty() {
            return;
        }
        match self.conveyor.settle(&spent).await {
            Ok(_) => self.held().forget_spent(&spent),
            Err(error) => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "messages that have done their duty stay for now"
            ),
        }
    }
}

#[async_trait]
impl TaskQueue for RelayedQueue {
    /// Puts `tasks` into the store.
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.store.enqueue(tasks).await
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let mut left = wait;
        loop {
            let slice = left.min(self.look_again_after());
            let looked = self.look(worker, queues, most, slice).await;
            self.drop_spent().await;
            let leases = self.held().delivery(*worker);
            if !leases.is_empty() {
                return Ok(leases);
            }
            looked?;
            left -= slice;
            if left.is_zero() {
                return Ok(Vec::new());
            }
        }
    }

    /// Ends leases of rows in the store and all others on the conveyor.
    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        let rows = self.held().unsettled(ended);
        if !rows.is_empty() {
            let settled = self.store.settle(&rows).await?;
            self.held().note(&rows, settled);
        }
        let others = self.held().without_row(ended);
        let settled = if others.is_empty() {
            Vec::new()
        } else {
            self.conveyor.settle(&others).await?
        };
        Ok(self.held().answers(ended, settled))
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.drop_spent().await;
        let rows = self.store.alive(worker).await;
        let messages = self.conveyor.alive(worker).await;
        Ok(rows? + messages?)
    }
}
