//! The queue of a platform whose tasks are rows of a store and travel by a conveyor.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::ports::{
    Conveyor, Ended, Enqueued, Fence, Lease, Outbox, PortError, Queues, Settled, TaskQueue,
    Verdict, WorkerId,
};
use crate::tasks::{Envelope, TaskId};

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
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Leases of rows.
    rows: HashMap<(TaskId, Fence), Row>,
    /// Messages that have done their duty, and the conveyor has not heard it.
    spent: Vec<Ended>,
    /// What was leased to a worker that stopped waiting for it.
    undelivered: Vec<(WorkerId, Lease)>,
}

struct Row {
    is_suspect: bool,
    /// How it was settled, if it was: then somebody has to hear it yet.
    settled: Option<Settled>,
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
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_again_after(&self) -> Duration {
        let is_held = |row: &Row| row.is_suspect && row.settled.is_none();
        if self.state().rows.values().any(is_held) {
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
        self.deliver(*worker, suspect);
        let leases = self.conveyor.lease(worker, queues, most, wait).await?;
        let (messages, others): (Vec<_>, Vec<_>) =
            leases.into_iter().partition(|lease| lease.conveyed);
        self.state()
            .undelivered
            .extend(others.into_iter().map(|lease| (*worker, lease)));
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
        self.state().spent.extend(spent);
        let mut rows = taken?;
        rows.sort_by_key(|lease| (lease.envelope.priority, lease.due_since));
        self.deliver(*worker, rows);
        Ok(())
    }

    /// Notes leases of rows, for `worker` to get.
    fn deliver(&self, worker: WorkerId, rows: impl IntoIterator<Item = Lease>) {
        let state = &mut *self.state();
        for lease in rows {
            let key = (lease.envelope.id.clone(), lease.fence);
            let row = Row {
                is_suspect: 0 < lease.crashes,
                settled: None,
            };
            state.rows.insert(key, row);
            state.undelivered.push((worker, lease));
        }
    }

    fn delivery(&self, worker: &WorkerId) -> Vec<Lease> {
        let state = &mut *self.state();
        let undelivered = std::mem::take(&mut state.undelivered);
        let (own, others): (Vec<_>, Vec<_>) = undelivered
            .into_iter()
            .partition(|(whose, _)| whose == worker);
        state.undelivered = others;
        own.into_iter().map(|(_, lease)| lease).collect()
    }

    /// Tells the conveyor which messages have done their duty. That can wait: a message that
    /// comes back finds its row taken.
    async fn drop_spent(&self) {
        let spent = std::mem::take(&mut self.state().spent);
        if spent.is_empty() {
            return;
        }
        if let Err(error) = self.conveyor.settle(&spent).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "messages that have done their duty stay for now"
            );
            self.state().spent.extend(spent);
        }
    }

    async fn settle_rows(&self, ended: &[Ended]) -> Result<(), PortError> {
        let unsettled: Vec<Ended> = {
            let state = self.state();
            let row = |each: &Ended| state.rows.get(&key(each));
            let is_unsettled = |each: &&Ended| row(each).is_some_and(|row| row.settled.is_none());
            ended.iter().filter(is_unsettled).cloned().collect()
        };
        if unsettled.is_empty() {
            return Ok(());
        }
        let settled = self.store.settle(&unsettled).await?;
        let mut state = self.state();
        for (ended, settled) in unsettled.iter().zip(settled) {
            if let Some(row) = state.rows.get_mut(&key(ended)) {
                // Of two verdicts on one lease the first is the one that was obeyed.
                row.settled.get_or_insert(settled);
            }
        }
        Ok(())
    }
}

fn key(ended: &Ended) -> (TaskId, Fence) {
    (ended.id.clone(), ended.fence)
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
            let leases = self.delivery(worker);
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
        self.settle_rows(ended).await?;
        let (rows, others): (Vec<&Ended>, Vec<&Ended>) = {
            let state = self.state();
            let is_row = |each: &&Ended| state.rows.contains_key(&key(each));
            ended.iter().partition(is_row)
        };
        let mut on_conveyor = Vec::new();
        if !others.is_empty() {
            let others: Vec<Ended> = others.into_iter().cloned().collect();
            on_conveyor = self.conveyor.settle(&others).await?;
        }
        let mut on_conveyor = on_conveyor.into_iter();
        let mut state = self.state();
        let mut answers = Vec::with_capacity(ended.len());
        for each in ended {
            let answer = match state.rows.get_mut(&key(each)) {
                // A second verdict on it comes too late.
                Some(row) => row.settled.replace(Settled::TooLate),
                None => on_conveyor.next(),
            };
            answers.push(answer.unwrap_or(Settled::TooLate));
        }
        for each in rows {
            state.rows.remove(&key(each));
        }
        Ok(answers)
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.drop_spent().await;
        let rows = self.store.alive(worker).await;
        let messages = self.conveyor.alive(worker).await;
        Ok(rows? + messages?)
    }
}
