//! What a runner holds: tasks that wait, tasks that run, tasks that have ended.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;

use domain::ports::{Ended, Fence, Lease, Verdict};
use domain::tasks::{Cancellation, TaskId};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Runner;
use super::one::run_one;

/// Verdicts that the queue has not heard yet; beyond so many, nothing more is leased.
const MOST_UNSETTLED: usize = 2_000;

/// The tasks in a runner's hands.
pub(super) struct Work<'a> {
    runner: &'a Runner,
    waiting: VecDeque<Lease>,
    running: JoinSet<Ended>,
    leases: HashMap<TaskId, Fence>,
    ended: Vec<Ended>,
    cancellation: Cancellation,
}

impl<'a> Work<'a> {
    pub(super) fn new(runner: &'a Runner) -> Self {
        Self {
            runner,
            waiting: VecDeque::new(),
            running: JoinSet::new(),
            leases: HashMap::new(),
            ended: Vec::new(),
            cancellation: Cancellation::default(),
        }
    }

    /// Whether more should be leased: before what waits has run out, in lots worth a round trip.
    pub(super) fn wants_more(&self) -> bool {
        self.waiting.len() <= self.ahead() / 2
            && self.room() > 0
            && self.ended.len() < MOST_UNSETTLED
    }

    /// How many more tasks may be held.
    pub(super) fn room(&self) -> usize {
        let held = self.waiting.len() + self.running.len();
        (self.runner.settings.concurrency + self.ahead()).saturating_sub(held)
    }

    /// Takes `leases` in; a task that may bring this worker down goes first, so that it is held as shortly as can be.
    pub(super) fn add(&mut self, leases: Vec<Lease>) {
        for lease in leases {
            if lease.crashes > 0 {
                self.waiting.push_front(lease);
            } else {
                self.waiting.push_back(lease);
            }
        }
    }

    /// Begins what waits, as far as there is room to run.
    pub(super) fn begin(&mut self) {
        while self.running.len() < self.runner.settings.concurrency {
            let Some(lease) = self.waiting.pop_front() else {
                return;
            };
            self.leases.insert(lease.envelope.id.clone(), lease.fence);
            self.running
                .spawn(run_one(self.runner, lease, self.cancellation.clone()));
        }
    }

    /// Waits until a task ends, and notes all that have.
    pub(super) async fn one_ends(&mut self) {
        let Some(first) = self.running.join_next().await else {
            return std::future::pending().await;
        };
        let mut next = Some(first);
        while let Some(joined) = next {
            // Neither panic nor abort get here: the one is caught inside, the other comes at the very end.
            if let Ok(ended) = joined {
                self.leases.remove(&ended.id);
                self.ended.push(ended);
            }
            next = self.running.try_join_next();
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    pub(super) fn take_ended(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.ended)
    }

    /// Tells running tasks that they should come to an end.
    pub(super) fn cancel(&self) {
        self.cancellation.cancel();
    }

    /// Gives back what was not begun.
    pub(super) fn release_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.release(waiting.into());
    }

    /// Gives `leases` back.
    pub(super) fn release(&mut self, leases: Vec<Lease>) {
        self.ended
            .extend(leases.into_iter().map(|lease| lease.end(Verdict::Release)));
    }

    /// Waits for what runs until `deadline`, then ends it and gives it back.
    pub(super) async fn finish(&mut self, deadline: Instant) {
        while !self.running.is_empty() {
            if tokio::time::timeout_at(deadline, self.one_ends())
                .await
                .is_err()
            {
                break;
            }
        }
        self.running.shutdown().await;
        for (id, fence) in self.leases.drain() {
            tracing::warn!(task.id = %id, "Task [{id}] was still running at the end of the grace period and goes back");
            self.ended.push(Ended {
                id,
                fence,
                verdict: Verdict::Release,
            });
        }
    }

    fn ahead(&self) -> usize {
        self.runner.settings.concurrency * self.runner.settings.prefetch
    }
}

/// Waits for the future if there is one, and for ever if not.
pub(super) async fn when_some<F: Future>(future: &mut Option<Pin<Box<F>>>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
