//! What an operator may see of the tasks, and do to them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{PortError, QueueCounts, Requeued, TaskQueueAdmin, TaskRow, TaskState};
use domain::tasks::{QueueName, TaskId};

use super::MemoryStore;
use super::tasks::{Kept, Stage};

#[async_trait]
impl TaskQueueAdmin for MemoryStore {
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        let now = self.now();
        let mut counts = BTreeMap::new();
        for kept in self.state().tasks.all() {
            let queue = &kept.envelope.queue;
            let row = counts
                .entry(queue.clone())
                .or_insert_with(|| QueueCounts::none_in(queue.clone()));
            count(row, kept, now);
        }
        Ok(counts.into_values().collect())
    }

    async fn list(&self, state: TaskState, most: u32) -> Result<Vec<TaskRow>, PortError> {
        let kept = self.state();
        let latest_first = kept.tasks.in_state(state).rev();
        Ok(latest_first.take(most as usize).map(Kept::row).collect())
    }

    async fn requeue(&self, id: &TaskId) -> Result<Requeued, PortError> {
        let now = self.now();
        {
            let mut state = self.state();
            let found = state.tasks.get(id).map(Kept::state);
            if found != Some(TaskState::Buried) {
                return Ok(Requeued::NotBuried);
            }
            state.tasks.change(id, |kept| {
                kept.stage = Stage::Waiting;
                kept.attempts = 0;
                kept.crashes = 0;
                kept.reason = None;
                kept.due_since = now;
                kept.due_at = now;
            });
        }
        self.ring();
        Ok(Requeued::Yes)
    }

    async fn purge(&self, queue: &QueueName) -> Result<u64, PortError> {
        let mut state = self.state();
        let waiting = state.tasks.in_state(TaskState::Waiting);
        let purged: Vec<TaskId> = waiting
            .filter(|kept| kept.envelope.queue == *queue)
            .map(|kept| kept.envelope.id.clone())
            .collect();
        for id in &purged {
            state.tasks.remove(id);
        }
        Ok(purged.len() as u64)
    }
}

fn count(row: &mut QueueCounts, kept: &Kept, now: DateTime<Utc>) {
    match kept.state() {
        TaskState::Waiting => {
            row.waiting += 1;
            let due_at = (kept.due_at <= now).then_some(kept.due_at);
            row.oldest_due_at = row.oldest_due_at.into_iter().chain(due_at).min();
        }
        TaskState::Running => row.running += 1,
        TaskState::Done => row.done += 1,
        TaskState::Buried => row.buried += 1,
    }
}
