//! The tasks themselves: where each stands, and how it moves on.

mod kept;
mod lanes;
mod relayed;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::ports::{Ended, Enqueued, Fence, Lease, Queues, Settled, TaskState, Verdict, WorkerId};
use domain::tasks::{Due, Envelope, Reason, TaskId};

pub(super) use self::kept::{Kept, Stage};
use self::lanes::Lanes;

/// Every task that is known, and the ways to find it.
#[derive(Default)]
pub(super) struct Tasks {
    known: HashMap<TaskId, Kept>,
    /// Those in each state, by when they entered it.
    entered: HashMap<TaskState, BTreeMap<i64, TaskId>>,
    /// Those that wait, in the order in which they are served.
    lanes: Lanes,
    /// Those that each worker holds.
    held: HashMap<WorkerId, HashSet<TaskId>>,
    last_number: i64,
}

impl Tasks {
    /// Queues a task, unless its id is known.
    pub(super) fn add(&mut self, envelope: &Envelope, now: DateTime<Utc>) -> Enqueued {
        if self.known.contains_key(&envelope.id) {
            return Enqueued::Already;
        }
        let order = self.next_number();
        self.file(Kept::new(envelope.clone(), order, now));
        Enqueued::New
    }

    /// Leases up to `most` due tasks to `worker`, at most one suspect among all it holds.
    pub(super) fn take(
        &mut self,
        worker: WorkerId,
        queues: &Queues,
        most: usize,
        now: DateTime<Utc>,
    ) -> Vec<Lease> {
        let mut bears_suspect = !self.holds_suspect(worker);
        let mut leases = Vec::new();
        while leases.len() < most {
            let Some(id) = self.lanes.first_due(queues, bears_suspect, now) else {
                break;
            };
            let lease = self.lease(&id, worker);
            bears_suspect &= lease.as_ref().is_none_or(|lease| lease.crashes == 0);
            leases.extend(lease);
        }
        leases
    }

    fn lease(&mut self, id: &TaskId, worker: WorkerId) -> Option<Lease> {
        let fence = Fence(self.next_number());
        self.change(id, |kept| {
            kept.stage = Stage::Running { worker, fence };
            kept.lease(fence)
        })
    }

    /// Obeys a verdict, unless the lease it ends was lost.
    pub(super) fn end(&mut self, ended: &Ended, now: DateTime<Utc>) -> Settled {
        let fence = self.known.get(&ended.id).and_then(Kept::fence);
        if fence != Some(ended.fence) {
            return Settled::TooLate;
        }
        self.change(&ended.id, |kept| obey(kept, &ended.verdict, now));
        Settled::InTime
    }

    /// Takes back what workers hold that are not among the living; answers how many tasks.
    pub(super) fn take_back(&mut self, living: &HashSet<WorkerId>, now: DateTime<Utc>) -> usize {
        let orphans: Vec<TaskId> = self
            .held
            .iter()
            .filter(|(worker, _)| !living.contains(worker))
            .flat_map(|(_, ids)| ids.iter().cloned())
            .collect();
        for id in &orphans {
            self.change(id, |kept| {
                kept.crashes += 1;
                kept.wait_no_longer(now);
            });
        }
        orphans.len()
    }

    /// Makes due what waits to be tried again for exactly this reason.
    pub(super) fn wait_no_longer(&mut self, reason: &Reason, now: DateTime<Utc>) {
        let waiting = self.in_state(TaskState::Waiting);
        let held_back: Vec<TaskId> = waiting
            .filter(|kept| kept.reason.as_ref() == Some(reason))
            .map(|kept| kept.envelope.id.clone())
            .collect();
        for id in &held_back {
            self.change(id, |kept| kept.wait_no_longer(now));
        }
    }

    /// When the next task of `queues` after `now` is due.
    pub(super) fn next_due(&self, queues: &Queues, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.lanes.next_due(queues, now)
    }

    /// The task with this id.
    pub(super) fn get(&self, id: &TaskId) -> Option<&Kept> {
        self.known.get(id)
    }

    /// Every task, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Kept> {
        self.known.values()
    }

    /// The tasks in `state`, by when they entered it.
    pub(super) fn in_state(&self, state: TaskState) -> impl DoubleEndedIterator<Item = &Kept> {
        let ids = self
            .entered
            .get(&state)
            .into_iter()
            .flat_map(BTreeMap::values);
        ids.filter_map(|id| self.known.get(id))
    }

    /// Does something to a task that may move it to another state.
    pub(super) fn change<T>(
        &mut self,
        id: &TaskId,
        change: impl FnOnce(&mut Kept) -> T,
    ) -> Option<T> {
        let mut kept = self.remove(id)?;
        let answer = change(&mut kept);
        self.file(kept);
        Some(answer)
    }

    /// Forgets a task.
    pub(super) fn remove(&mut self, id: &TaskId) -> Option<Kept> {
        let kept = self.known.remove(id)?;
        if let Some(state) = self.entered.get_mut(&kept.state()) {
            state.remove(&kept.entered);
        }
        match kept.stage {
            Stage::Waiting => self.lanes.remove(&kept),
            Stage::Running { worker, .. } => {
                if let Some(ids) = self.held.get_mut(&worker) {
                    ids.remove(id);
                }
                self.held.retain(|_, ids| !ids.is_empty());
            }
            Stage::Relayed { .. } | Stage::Done(_) | Stage::Buried(_) => {}
        }
        Some(kept)
    }

    fn file(&mut self, mut kept: Kept) {
        let id = kept.envelope.id.clone();
        kept.entered = self.next_number();
        let state = self.entered.entry(kept.state()).or_default();
        state.insert(kept.entered, id.clone());
        match kept.stage {
            Stage::Waiting => self.lanes.insert(&kept),
            Stage::Running { worker, .. } => {
                self.held.entry(worker).or_default().insert(id.clone());
            }
            Stage::Relayed { .. } | Stage::Done(_) | Stage::Buried(_) => {}
        }
        self.known.insert(id, kept);
    }

    fn holds_suspect(&self, worker: WorkerId) -> bool {
        let mut held = self.held.get(&worker).into_iter().flatten();
        held.any(|id| self.known.get(id).is_some_and(Kept::is_suspect))
    }

    fn next_number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }
}

fn obey(kept: &mut Kept, verdict: &Verdict, now: DateTime<Utc>) {
    let mut again = |wait, reason: &Reason| {
        kept.stage = Stage::Waiting;
        kept.due_at = Due::After(wait).from(now);
        kept.reason = Some(reason.clone());
    };
    match verdict {
        Verdict::Done(_) => kept.stage = Stage::Done(now),
        Verdict::Retry(wait, reason) => {
            again(*wait, reason);
            kept.attempts += 1;
        }
        Verdict::Postpone(wait, reason) => again(*wait, reason),
        Verdict::Crashed(wait, reason) => {
            again(*wait, reason);
            kept.crashes += 1;
        }
        Verdict::Bury(reason) => {
            kept.stage = Stage::Buried(now);
            kept.reason = Some(reason.clone());
        }
        Verdict::Release => kept.wait_no_longer(now),
    }
}
