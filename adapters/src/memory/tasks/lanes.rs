//! The order in which waiting tasks are served.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ports::Queues;
use domain::tasks::{Priority, QueueName, TaskId};

use super::Kept;

/// Waiting tasks in lanes; within a lane by when they are due, then by when they were enqueued.
#[derive(Default)]
pub(super) struct Lanes(BTreeMap<Lane, BTreeMap<Turn, TaskId>>);

/// What tasks have in common that are served strictly one after another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Lane {
    priority: Priority,
    queue: QueueName,
    crashes: u32,
}

/// The place of a task in its lane: when it is due, and when it was enqueued.
type Turn = (DateTime<Utc>, i64);

impl Lanes {
    pub(super) fn insert(&mut self, kept: &Kept) {
        let lane = self.0.entry(lane(kept)).or_default();
        lane.insert(turn(kept), kept.envelope.id.clone());
    }

    pub(super) fn remove(&mut self, kept: &Kept) {
        let key = lane(kept);
        let Some(turns) = self.0.get_mut(&key) else {
            return;
        };
        turns.remove(&turn(kept));
        if turns.is_empty() {
            self.0.remove(&key);
        }
    }

    /// The queues with waiting tasks.
    pub(super) fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.0.keys().map(|lane| &lane.queue)
    }

    /// The suspect of `queues` that is served next at `now`.
    pub(super) fn first_suspect(&self, queues: &Queues, now: DateTime<Utc>) -> Option<TaskId> {
        self.of(queues)
            .filter(|(lane, _)| 0 < lane.crashes)
            .filter_map(|(lane, turns)| Some((lane, turns.first_key_value()?)))
            .filter(|(_, ((due_at, _), _))| *due_at <= now)
            .min_by_key(|(lane, (turn, _))| (lane.crashes, lane.priority, *turn))
            .map(|(_, (_, id))| id.clone())
    }

    /// The task of `queues` that is served next at `now`; of suspects only those with the
    /// fewest crashes are considered, and none unless they are welcome.
    pub(super) fn first_due(
        &self,
        queues: &Queues,
        bears_suspect: bool,
        now: DateTime<Utc>,
    ) -> Option<TaskId> {
        let (fresh, suspects): (Vec<_>, Vec<_>) = self
            .of(queues)
            .filter_map(|(lane, turns)| Some((lane, turns.first_key_value()?)))
            .filter(|(_, ((due_at, _), _))| *due_at <= now)
            .partition(|(lane, _)| lane.crashes == 0);
        let suspect = suspects
            .into_iter()
            .filter(|_| bears_suspect)
            .min_by_key(|(lane, (turn, _))| (lane.crashes, lane.priority, *turn));
        fresh
            .into_iter()
            .chain(suspect)
            .min_by_key(|(lane, (turn, _))| (lane.priority, *turn))
            .map(|(_, (_, id))| id.clone())
    }

    /// When the next task of `queues` after `now` is due.
    pub(super) fn next_due(&self, queues: &Queues, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.of(queues)
            .filter_map(|(_, turns)| turns.range((now, i64::MAX)..).next())
            .map(|((due_at, _), _)| *due_at)
            .min()
    }

    fn of(&self, queues: &Queues) -> impl Iterator<Item = (&Lane, &BTreeMap<Turn, TaskId>)> {
        let lanes = self.0.iter();
        lanes.filter(|(lane, _)| queues.names().contains(&lane.queue))
    }
}

fn lane(kept: &Kept) -> Lane {
    Lane {
        priority: kept.envelope.priority,
        queue: kept.envelope.queue.clone(),
        crashes: kept.crashes,
    }
}

fn turn(kept: &Kept) -> Turn {
    (kept.due_at, kept.order)
}
