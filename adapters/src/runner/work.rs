//! What a runner holds: tasks that wait, tasks that run, tasks that have ended.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;

use domain::ports::{Ended, Fence, Lease, Verdict};
use domain::tasks::{Cancellation, TaskId};
use tokio::task::JoinSet;

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
    is_stopped: bool,
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
            is_stopped: false,
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

    /// Takes `leases` in, or gives them back after the stop.
    ///
    /// A task that may bring this worker down goes first, to be held as shortly as can be.
    pub(super) fn add(&mut self, leases: Vec<Lease>) {
        for lease in leases {
            if self.is_stopped {
                self.ended.push(lease.end(Verdict::Release));
            } else if lease.crashes > 0 {
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

    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// Whether nothing is left to do or to tell.
    pub(super) fn is_over(&self) -> bool {
        self.running.is_empty() && self.waiting.is_empty() && self.ended.is_empty()
    }

    /// Begins nothing more: what waits goes back, and what runs is told to come to an end.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.cancellation.cancel();
        let waiting = std::mem::take(&mut self.waiting);
        self.add(waiting.into());
    }

    /// Ends what still runs, and gives it back.
    pub(super) async fn abort(&mut self) {
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
