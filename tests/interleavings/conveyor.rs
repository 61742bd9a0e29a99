//! A conveyor in memory that stands for Redis: it can lose all it knows, go back to an old
//! copy, and bring messages twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{
    Conveyor, Ended, Enqueued, Fence, Lease, PortError, Push, Pushed, Pushes, QueueCounts, Queues,
    Requeued, Settled, TaskQueue, TaskQueueAdmin, TaskRow, TaskState, Verdict, WorkerId,
};
use domain::tasks::{Envelope, OwnWork, QueueName, TaskId};
use tests::samples::START;

use super::dice::Dice;

/// Carries messages, from the first to the last of a queue.
#[derive(Default)]
pub(super) struct MemoryConveyor(Mutex<State>);

#[derive(Default)]
struct State {
    data: Data,
    /// Not among what is lost: no two leases shall have one fence.
    last_fence: i64,
}

/// What it knows, as a file on its disk would hold it.
#[derive(Clone, Default)]
pub(super) struct Data {
    waiting: Vec<Message>,
    held: BTreeMap<i64, (WorkerId, Message)>,
    living: BTreeSet<WorkerId>,
    pushes: BTreeMap<WorkerId, Pushes>,
}

#[derive(Clone)]
struct Message {
    envelope: Envelope,
    is_row: bool,
}

impl MemoryConveyor {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the life of `worker`, as its silence would.
    pub(super) fn forget(&self, worker: WorkerId) {
        self.state().data.living.remove(&worker);
    }

    /// A copy of all it knows.
    pub(super) fn copy(&self) -> Data {
        self.state().data.clone()
    }

    /// Knows from now on what is in `copy`, and nothing else.
    ///
    /// Workers notice that their connections broke, and ask for what they held then; so it waits.
    pub(super) fn restore(&self, copy: Data) {
        let mut state = self.state();
        state.data = copy;
        let held = std::mem::take(&mut state.data.held);
        let messages = held.into_values().map(|(_, message)| message);
        state.data.waiting.extend(messages);
        state.data.living.clear();
    }

    /// Brings one of its messages once more.
    pub(super) fn double(&self, dice: &mut Dice) {
        let data = &mut self.state().data;
        let held = data.held.values().map(|(_, message)| message);
        let all: Vec<Message> = data.waiting.iter().chain(held).cloned().collect();
        if !all.is_empty() {
            data.waiting.push(all[dice.place(all.len())].clone());
        }
    }

    /// Loses what waits, and not the numbers of pushes, as when a list is removed by hand.
    pub(super) fn lose_lists(&self) {
        self.state().data.waiting.clear();
    }

    /// How many messages there are, waiting or held.
    pub(super) fn len(&self) -> usize {
        let data = &self.state().data;
        data.waiting.len() + data.held.len()
    }
}

impl Data {
    fn take(&mut self, queues: &Queues) -> Option<Message> {
        let is_served = |message: &&Message| queues.names().contains(&message.envelope.queue);
        let served = self.waiting.iter().filter(is_served);
        let first = served.map(|message| message.envelope.priority).min()?;
        let place = self.waiting.iter().position(|message| {
            message.envelope.priority == first && queues.names().contains(&message.envelope.queue)
        });
        place.map(|place| self.waiting.remove(place))
    }

    fn take_back(&mut self) -> usize {
        let is_orphan = |worker: &WorkerId| !self.living.contains(worker);
        let orphans: Vec<i64> = self
            .held
            .iter()
            .filter(|(_, (worker, _))| is_orphan(worker))
            .map(|(fence, _)| *fence)
            .collect();
        for fence in &orphans {
            self.put_back(*fence);
        }
        orphans.len()
    }

    fn put_back(&mut self, fence: i64) {
        let held = self.held.remove(&fence);
        let message = held.map(|(_, message)| message);
        self.waiting.splice(0..0, message);
    }
}

#[async_trait]
impl Conveyor for MemoryConveyor {
    async fn push(
        &self,
        push: Push,
        after: u64,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> Result<Pushed, PortError> {
        let data = &mut self.state().data;
        let messages = tasks.iter().map(|task| Message {
            envelope: task.clone(),
            is_row: own.includes(task),
        });
        data.waiting.extend(messages);
        let known = data.pushes.entry(push.relay).or_default();
        let before = known.last;
        if before < after {
            known.unbroken_since = push.number;
        }
        known.last = push.number;
        Ok(Pushed {
            before,
            refused: Vec::new(),
        })
    }

    async fn pushes_of(&self, relays: &[WorkerId]) -> Result<Vec<Pushes>, PortError> {
        let pushes = &self.state().data.pushes;
        let of = |relay| pushes.get(relay).copied().unwrap_or_default();
        Ok(relays.iter().map(of).collect())
    }
}

#[async_trait]
impl TaskQueue for MemoryConveyor {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        let messages = tasks.iter().map(|task| Message {
            envelope: task.clone(),
            is_row: false,
        });
        self.state().data.waiting.extend(messages);
        Ok(vec![Enqueued::New; tasks.len()])
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        _: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let state = &mut *self.state();
        state.data.living.insert(*worker);
        let mut leases = Vec::new();
        while leases.len() < most
            && let Some(message) = state.data.take(queues)
        {
            state.last_fence += 1;
            leases.push(Lease {
                envelope: message.envelope.clone(),
                attempt: 1,
                crashes: 0,
                due_since: START,
                fence: Fence(state.last_fence),
                conveyed: message.is_row,
            });
            let held = (*worker, message);
            state.data.held.insert(state.last_fence, held);
        }
        Ok(leases)
    }

    /// Obeys what is said of messages that stand for rows; all others are done or tried again.
    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        let data = &mut self.state().data;
        let settle = |each: &Ended| {
            let Fence(fence) = each.fence;
            if !data.held.contains_key(&fence) {
                return Settled::TooLate;
            }
            match each.verdict {
                Verdict::Done(_) | Verdict::Bury(_) => drop(data.held.remove(&fence)),
                _ => data.put_back(fence),
            }
            Settled::InTime
        };
        Ok(ended.iter().map(settle).collect())
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        let data = &mut self.state().data;
        data.living.insert(*worker);
        Ok(data.take_back())
    }
}

#[async_trait]
impl TaskQueueAdmin for MemoryConveyor {
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        let data = &self.state().data;
        let mut counts: BTreeMap<QueueName, QueueCounts> = BTreeMap::new();
        let mut of = |message: &Message| {
            let queue = message.envelope.queue.clone();
            let none = || QueueCounts::none_in(message.envelope.queue.clone());
            counts.entry(queue).or_insert_with(none).waiting += 1;
        };
        data.waiting.iter().for_each(&mut of);
        data.held.values().for_each(|(_, message)| of(message));
        Ok(counts.into_values().collect())
    }

    async fn list(&self, _: TaskState, _: u32) -> Result<Vec<TaskRow>, PortError> {
        Ok(Vec::new())
    }

    async fn requeue(&self, _: &TaskId) -> Result<Requeued, PortError> {
        Ok(Requeued::NotBuried)
    }

    async fn purge(&self, _: &QueueName) -> Result<u64, PortError> {
        Ok(0)
    }
}
