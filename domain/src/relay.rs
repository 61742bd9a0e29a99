//! Carries tasks from the store onto a conveyor, step by step, and finds what got lost there.

mod mend;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use crate::ports::{
    Conveyor, Ended, Lost, Outbox, PortError, Push, Pushed, TaskQueue, Verdict, WorkerId,
};
use crate::tasks::{OwnWork, Reason, TaskId};

pub use queue::RelayedQueue;

/// How many tasks are pushed at once.
const MOST_PER_PUSH: usize = 256;

/// Pushes tasks that are due from the [`Outbox`] of a store onto a [`Conveyor`].
///
/// Any number of relays may share both. A relay that dies between marking rows and pushing
/// them, and a conveyor that forgets what was pushed, are found out by the numbers of pushes:
/// a row remembers the number of its push, and the conveyor the last number of each relay, and
/// where it forgot some before.
pub struct Relay {
    store: Arc<dyn TaskQueue>,
    outbox: Arc<dyn Outbox>,
    conveyor: Arc<dyn Conveyor>,
    identity: WorkerId,
    own: OwnWork,
    /// The number of the last push that was tried.
    last: u64,
    /// The number of the last push that the conveyor has confirmed.
    confirmed: u64,
    /// Whether rows may be marked with numbers that never came to be pushed.
    is_unsure: bool,
}

impl Relay {
    /// A relay that nobody has been before, from a store that is both `store` and `outbox`;
    /// `own` says which tasks our workers do.
    pub fn new(
        store: Arc<dyn TaskQueue>,
        outbox: Arc<dyn Outbox>,
        conveyor: Arc<dyn Conveyor>,
        identity: WorkerId,
        own: OwnWork,
    ) -> Self {
        Self {
            store,
            outbox,
            conveyor,
            identity,
            own,
            last: 0,
            confirmed: 0,
            is_unsure: false,
        }
    }

    /// Pushes what is due, waiting up to `wait` for something; answers how many tasks.
    ///
    /// # Errors
    ///
    /// When the store or the conveyor cannot be reached: nothing is lost, and the next step,
    /// or another relay, goes on.
    pub async fn step(&mut self, wait: Duration) -> Result<usize, PortError> {
        if self.is_unsure {
            // Rows are not marked for nothing as long as the conveyor is away.
            let known = self.conveyor.pushes_of(&[self.identity]).await?;
            let noted = known.first().map_or(0, |known| known.last);
            // Before the next push, which would hide them from others if this process died.
            let lost = Lost::by(self.identity, noted.saturating_add(1)..=self.last);
            self.outbox.call_back(&lost).await?;
        }
        self.last += 1;
        let push = Push {
            relay: self.identity,
            number: self.last,
        };
        let marked = self.outbox.relay(push, MOST_PER_PUSH, wait).await;
        self.is_unsure |= marked.is_err();
        let tasks = marked?;
        if tasks.is_empty() {
            return Ok(0);
        }
        let carrying = self.conveyor.push(push, self.confirmed, &tasks, &self.own);
        match carrying.await {
            Ok(Pushed { before, refused }) => {
                self.reconcile(before, push.number).await?;
                self.bury(refused).await?;
            }
            Err(error) => {
                self.is_unsure = true;
                // Now rather than when the conveyor is back: meanwhile others may reach it.
                let lost = Lost::by(self.identity, push.number..=push.number);
                self.outbox.call_back(&lost).await?;
                return Err(error);
            }
        }
        if tasks.iter().any(|task| !self.own.includes(task)) {
            let pushes = push.number..=push.number;
            self.outbox
                .hand_over(&self.identity, pushes, &self.own)
                .await?;
        }
        Ok(tasks.len())
    }

    /// `number` was pushed, and `before` was the last the conveyor knew of before.
    async fn reconcile(&mut self, before: u64, number: u64) -> Result<(), PortError> {
        if before < self.confirmed || self.is_unsure {
            // Remembered until it is called back: the conveyor now knows of `number`, and tells
            // nobody any more what it knew before.
            self.confirmed = self.confirmed.min(before);
            let lost = Lost::by(self.identity, self.confirmed + 1..=number - 1);
            self.is_unsure = true;
            let count = self.outbox.call_back(&lost).await?;
            say(count, "pushed by this process");
            self.is_unsure = false;
        }
        self.confirmed = number;
        Ok(())
    }

    /// Buries what can never be carried, so that a person looks at it.
    async fn bury(&self, refused: Vec<(TaskId, Reason)>) -> Result<(), PortError> {
        for (id, reason) in refused {
            tracing::error!(task.id = %id, "Task [{id}] cannot be carried: {reason}; buried");
            let taken = self.outbox.take(&self.identity, &[id]).await?;
            let ended = taken
                .into_iter()
                .map(|it| it.end(Verdict::Bury(reason.clone())));
            let ended: Vec<Ended> = ended.collect();
            self.store.settle(&ended).await?;
        }
        Ok(())
    }
}

fn say(count: u64, which: &str) {
    if 0 < count {
        tracing::warn!(count, "{count} tasks {which} are pushed again");
    }
}
