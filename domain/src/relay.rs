//! Carries tasks from the store onto a conveyor, step by step, and finds what got lost there.

mod queue;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::ports::{
    Conveyor, Ended, Lost, OnTheirWay, Outbox, PortError, Push, Pushed, TaskQueue, Verdict,
    WorkerId,
};
use crate::tasks::{OwnWork, QueueName, Reason, TaskId};

pub use queue::RelayedQueue;

/// How many tasks are pushed at once.
const MOST_PER_PUSH: usize = 256;
/// How long after it was marked a row may wait for its message to be pushed by somebody else.
const PUSHED_WITHIN: Duration = Duration::from_secs(5);
/// How long a task is on its way before it is asked whether there are as many messages as rows.
const LONG: Duration = Duration::from_mins(1);

/// Pushes tasks that are due from the [`Outbox`] of a store onto a [`Conveyor`].
///
/// Any number of relays may share both. A relay that dies between marking rows and pushing
/// them, and a conveyor that forgets what was pushed, are found out by the numbers of pushes:
/// a row remembers the number of its push, and the conveyor the last number of each relay.
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
            self.conveyor.last_pushes(&[self.identity]).await?;
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
        match self.conveyor.push(push, &tasks, &self.own).await {
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

    /// Looks for tasks that are lost and has them pushed again; answers how many.
    ///
    /// To be called every few seconds: so long may what a dead relay marked, or a conveyor
    /// that nothing is pushed onto forgot, lie unnoticed.
    ///
    /// # Errors
    ///
    /// When the store or the conveyor cannot be reached; calling again is harmless.
    pub async fn mend(&mut self) -> Result<u64, PortError> {
        let on_their_way = self.outbox.on_their_way().await?;
        if on_their_way.is_empty() {
            return Ok(0);
        }
        let relays = by_relay(&on_their_way);
        let identities: Vec<WorkerId> = relays.iter().map(|(relay, ..)| *relay).collect();
        let known = self.conveyor.last_pushes(&identities).await?;
        let mut mended = 0;
        for ((relay, marked, oldest), known) in relays.into_iter().zip(known) {
            // Nothing of our own is on its way to the conveyor at this moment.
            let pushed_within = if relay == self.identity {
                Duration::ZERO
            } else {
                PUSHED_WITHIN
            };
            if oldest < pushed_within {
                continue;
            }
            if known < marked {
                let lost = Lost {
                    for_at_least: pushed_within,
                    ..Lost::by(relay, known.saturating_add(1)..=u64::MAX)
                };
                mended += self.outbox.call_back(&lost).await?;
            }
            if PUSHED_WITHIN <= oldest {
                self.outbox.hand_over(&relay, 0..=known, &self.own).await?;
            }
        }
        say(mended, "pushed by others, or forgotten");
        Ok(mended + self.count_messages(&on_their_way).await?)
    }

    /// The safety net for a conveyor that lost some messages and not the numbers of pushes:
    /// an eviction, a list removed by hand.
    async fn count_messages(&self, on_their_way: &[OnTheirWay]) -> Result<u64, PortError> {
        let mut queues: HashMap<&QueueName, (u64, Duration)> = HashMap::new();
        for OnTheirWay {
            queue,
            tasks,
            oldest,
            ..
        } in on_their_way
        {
            let (rows, longest) = queues.entry(queue).or_default();
            *rows += tasks;
            *longest = (*longest).max(*oldest);
        }
        queues.retain(|_, (_, longest)| LONG <= *longest);
        if queues.is_empty() {
            return Ok(0);
        }
        let mut mended = 0;
        let counts = self.conveyor.counts().await?;
        for (queue, (rows, _)) in queues {
            let there = counts.iter().find(|counts| counts.queue == *queue);
            let messages = there.map_or(0, |there| there.waiting + there.running);
            if messages < rows {
                let lost = Lost {
                    relay: None,
                    queue: Some(queue.clone()),
                    pushes: Lost::EVERY_PUSH,
                    for_at_least: LONG,
                };
                mended += self.outbox.call_back(&lost).await?;
            }
        }
        say(mended, "whose messages are missing");
        Ok(mended)
    }
}

/// Each relay with the last push of its that is marked, and how long its oldest task is on its way.
fn by_relay(on_their_way: &[OnTheirWay]) -> Vec<(WorkerId, u64, Duration)> {
    let mut relays: Vec<(WorkerId, u64, Duration)> = Vec::new();
    for each in on_their_way {
        match relays.iter_mut().find(|(relay, ..)| *relay == each.relay) {
            Some((_, last, oldest)) => {
                *last = each.last_push.max(*last);
                *oldest = each.oldest.max(*oldest);
            }
            None => relays.push((each.relay, each.last_push, each.oldest)),
        }
    }
    relays
}

fn say(count: u64, which: &str) {
    if 0 < count {
        tracing::warn!(count, "{count} tasks {which} are pushed again");
    }
}
