//! Tasks on their way to workers by a conveyor.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use domain::ports::{Lease, Lost, OnTheirWay, Push, Queues, TaskState, WorkerId, room_on_conveyor};
use domain::tasks::{Due, Envelope, OwnWork, QueueName, TaskId};
use tokio::time::Instant;

use super::{Kept, Stage, Tasks};

impl Tasks {
    /// Marks up to `most` due tasks as relayed by `push`.
    pub(in crate::memory) fn relay(
        &mut self,
        push: Push,
        most: usize,
        now: DateTime<Utc>,
    ) -> Vec<Envelope> {
        let mut tasks = Vec::new();
        let mut relayed: HashMap<QueueName, u64> = HashMap::new();
        for (kept, ..) in self.relayed() {
            *relayed.entry(kept.envelope.queue.clone()).or_default() += 1;
        }
        while tasks.len() < most {
            let queues = Queues::new(self.queues_with_room(&relayed));
            let next = queues.and_then(|queues| self.lanes.first_due(&queues, false, now));
            let Some(id) = next else {
                break;
            };
            let since = Instant::now();
            let task = self.change(&id, |kept| {
                kept.stage = Stage::Relayed { push, since };
                Envelope {
                    due: Due::At(kept.due_at),
                    ..kept.envelope.clone()
                }
            });
            if let Some(task) = &task {
                *relayed.entry(task.queue.clone()).or_default() += 1;
            }
            tasks.extend(task);
        }
        tasks
    }

    fn queues_with_room(&self, relayed: &HashMap<QueueName, u64>) -> Vec<QueueName> {
        let all: u64 = relayed.values().sum();
        let own = |queue: &QueueName| relayed.get(queue).copied().unwrap_or(0);
        let queues = self.lanes.queues();
        let with_room = queues.filter(|queue| 0 < room_on_conveyor(own(queue), all));
        with_room.cloned().collect()
    }

    /// Ends what `relay` has pushed in `pushes` and what is not our `own` work.
    pub(in crate::memory) fn hand_over(
        &mut self,
        relay: WorkerId,
        pushes: &RangeInclusive<u64>,
        own: &OwnWork,
        now: DateTime<Utc>,
    ) -> u64 {
        let is_foreign = |kept: &Kept, push: Push| {
            push.relay == relay && pushes.contains(&push.number) && !own.includes(&kept.envelope)
        };
        let ids: Vec<TaskId> = self
            .relayed()
            .filter(|(kept, push, _)| is_foreign(kept, *push))
            .map(|(kept, ..)| kept.envelope.id.clone())
            .collect();
        for id in &ids {
            self.change(id, |kept| kept.stage = Stage::Done(now));
        }
        ids.len() as u64
    }

    /// Makes ready again what is lost.
    pub(in crate::memory) fn call_back(&mut self, lost: &Lost) -> u64 {
        let is_lost = |kept: &Kept, push: Push, since: Instant| {
            lost.relay.is_none_or(|relay| relay == push.relay)
                && lost
                    .queue
                    .as_ref()
                    .is_none_or(|queue| *queue == kept.envelope.queue)
                && lost.pushes.contains(&push.number)
                && lost.for_at_least <= since.elapsed()
        };
        let ids: Vec<TaskId> = self
            .relayed()
            .filter(|(kept, push, since)| is_lost(kept, *push, *since))
            .map(|(kept, ..)| kept.envelope.id.clone())
            .collect();
        for id in &ids {
            self.change(id, |kept| kept.stage = Stage::Waiting);
        }
        ids.len() as u64
    }

    /// What was relayed and not taken yet.
    pub(in crate::memory) fn on_their_way(&self) -> Vec<OnTheirWay> {
        let mut found: BTreeMap<(&QueueName, WorkerId), OnTheirWay> = BTreeMap::new();
        for (kept, push, since) in self.relayed() {
            let queue = &kept.envelope.queue;
            let new = || OnTheirWay {
                queue: queue.clone(),
                relay: push.relay,
                tasks: 0,
                last_push: 0,
                oldest: since.elapsed(),
            };
            let entry = found.entry((queue, push.relay)).or_insert_with(new);
            entry.tasks += 1;
            entry.last_push = entry.last_push.max(push.number);
            entry.oldest = entry.oldest.max(since.elapsed());
        }
        found.into_values().collect()
    }

    /// Leases to `worker` those of `ids` that are on their way.
    pub(in crate::memory) fn take_relayed(
        &mut self,
        worker: WorkerId,
        ids: &[TaskId],
    ) -> Vec<Lease> {
        let mut leases = Vec::new();
        for id in ids {
            let stage = self.get(id).map(|kept| kept.stage);
            if matches!(stage, Some(Stage::Relayed { .. })) {
                leases.extend(self.lease(id, worker));
            }
        }
        leases
    }

    /// Leases to `worker` a suspect, unless it holds one.
    pub(in crate::memory) fn take_suspect(
        &mut self,
        worker: WorkerId,
        queues: &Queues,
        now: DateTime<Utc>,
    ) -> Option<Lease> {
        if self.holds_suspect(worker) {
            return None;
        }
        let id = self.lanes.first_suspect(queues, now)?;
        self.lease(&id, worker)
    }

    fn relayed(&self) -> impl Iterator<Item = (&Kept, Push, Instant)> {
        self.in_state(TaskState::Waiting)
            .filter_map(|kept| match kept.stage {
                Stage::Relayed { push, since } => Some((kept, push, since)),
                _ => None,
            })
    }
}
