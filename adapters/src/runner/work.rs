//! What a runner holds: tasks that wait, tasks that run, tasks that have ended.

mod beginning;
mod ending;

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Attempted, Lease, WorkerControl};
use domain::tasks::{Cancellation, Due, FailureKind, Outcome, Revocation, unattempted};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::Runner;
use super::watched::Watched;

/// Attempts whose end has not been settled; beyond so many, nothing more is leased.
const MOST_UNSETTLED: usize = 2_000;

/// A task in a runner's hands, and the number under which its controls know it.
pub(super) struct Item {
    pub(super) number: u64,
    pub(super) lease: Arc<Lease>,
}

/// The tasks in a runner's hands.
pub(super) struct Work<'a> {
    runner: &'a Runner,
    waiting: VecDeque<Item>,
    /// What waits for its rate, in order, and until when.
    held_back: VecDeque<Item>,
    held_until: Option<Instant>,
    running: JoinSet<Attempted>,
    watched: HashMap<Id, Watched>,
    /// Those that have long been waiting for somebody else: others run in their slots.
    aside: HashSet<Id>,
    ended: Vec<Attempted>,
    cancellation: Cancellation,
    is_stopped: bool,
}

impl<'a> Work<'a> {
    pub(super) fn new(runner: &'a Runner) -> Self {
        Self {
            runner,
            waiting: VecDeque::new(),
            held_back: VecDeque::new(),
            held_until: None,
            running: JoinSet::new(),
            watched: HashMap::new(),
            aside: HashSet::new(),
            ended: Vec::new(),
            cancellation: Cancellation::default(),
            is_stopped: false,
        }
    }

    /// Whether more should be leased: before what waits has run out, in lots worth a round trip.
    pub(super) fn wants_more(&self) -> bool {
        self.waiting.len() <= self.ahead() / 2 && self.takes_more()
    }

    /// Whether there is room for more.
    pub(super) fn takes_more(&self) -> bool {
        self.room() > 0 && self.ended.len() < MOST_UNSETTLED
    }

    /// How many more tasks may be held.
    pub(super) fn room(&self) -> usize {
        let held = self.waiting.len() + self.held_back.len() + self.in_slots();
        let most = self.runner.controls.concurrency() + self.ahead();
        most.saturating_sub(held)
    }

    /// Takes `leases` in, or gives them back after the stop.
    ///
    /// A task that may bring this worker down goes first, to be held as shortly as can be.
    pub(super) fn add(&mut self, leases: Vec<Lease>) {
        for lease in leases {
            let lease = Arc::new(lease);
            if self.is_stopped {
                self.ended.push(unbegun(lease, Outcome::Release));
                continue;
            }
            let number = self.runner.controls.receive(&lease);
            if self.is_let_in(&lease) {
                self.runner.observer.received(&lease);
            }
            let is_suspect = 0 < lease.crashes;
            let item = Item { number, lease };
            if is_suspect {
                self.waiting.push_front(item);
            } else {
                self.waiting.push_back(item);
            }
        }
    }

    /// Whether those who watch hear that a task came. As in Celery, they do not of one that is turned
    /// away at the door: that nobody knows, or that was revoked or has expired before it came. What
    /// waited for its time was let in before that.
    fn is_let_in(&self, lease: &Lease) -> bool {
        let (runner, task) = (self.runner, &lease.envelope);
        let has_waited = 1 < lease.attempt || matches!(task.due, Due::At(_));
        match unattempted(&runner.router, runner.clock.as_ref(), lease) {
            Some(Outcome::Failed(failure)) => failure.kind != FailureKind::Unknown,
            Some(_) => has_waited,
            None => has_waited || !runner.controls.is_revoked(task),
        }
    }

    /// How many tasks run in slots of their own.
    fn in_slots(&self) -> usize {
        self.running.len() - self.aside.len()
    }

    /// Looks who has long been waiting for somebody else: others may run in their slots.
    pub(super) fn look_who_waits(&mut self) {
        let watched = self.watched.iter_mut();
        let aside = watched.filter_map(|(id, watched)| watched.lends().then_some(*id));
        self.aside = aside.collect();
    }

    /// Waits until a task ends, and notes all that have.
    pub(super) async fn one_ends(&mut self) {
        let Some(first) = self.running.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let mut next = Some(first);
        while let Some(joined) = next {
            self.note_end(joined);
            next = self.running.try_join_next_with_id();
        }
    }

    /// A panic does not get here, it is caught inside: who is aborted was terminated, or ran
    /// until the end of the grace period.
    fn note_end(&mut self, joined: Result<(Id, Attempted), JoinError>) {
        let (id, attempted) = match joined {
            Ok((id, attempted)) => (id, Some(attempted)),
            Err(error) => (error.id(), None),
        };
        self.aside.remove(&id);
        let Some(watched) = self.watched.remove(&id) else {
            return;
        };
        let terminated = self.runner.controls.end(watched.number);
        let attempted = attempted.unwrap_or_else(|| {
            let outcome = terminated.map_or(Outcome::Release, |terminated| {
                Outcome::Revoked(Revocation::Terminated(terminated.by))
            });
            super::one::say_ended_early(&watched.lease, &outcome);
            watched.ended(outcome)
        });
        self.ended.push(attempted);
    }

    pub(super) fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    pub(super) fn take_ended(&mut self) -> Vec<Attempted> {
        std::mem::take(&mut self.ended)
    }

    /// Whether anything runs that was not given up.
    pub(super) fn is_running(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Whether nothing is left to do or to tell.
    pub(super) fn is_over(&self) -> bool {
        self.watched.is_empty() && self.waiting.is_empty() && self.ended.is_empty()
    }

    /// Begins nothing more: what waits goes back, and what runs is told to come to an end.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.cancellation.cancel();
        self.let_held_back_go();
        for item in std::mem::take(&mut self.waiting) {
            self.runner.controls.end(item.number);
            self.ended.push(unbegun(item.lease, Outcome::Release));
        }
    }

    fn ahead(&self) -> usize {
        self.runner.controls.concurrency() * self.runner.settings.prefetch
    }
}

fn unbegun(lease: Arc<Lease>, outcome: Outcome) -> Attempted {
    Attempted {
        lease,
        outcome,
        took: Duration::ZERO,
    }
}

/// Waits for the future if there is one, and for ever if not.
pub(super) async fn when_some<F: Future>(future: &mut Option<Pin<Box<F>>>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
