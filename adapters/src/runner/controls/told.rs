//! What a runner answers when it is asked, and does when it is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{InHand, Revoked, UnknownTask, WorkerControl};
use domain::tasks::{QueueName, RateLimit, Signal, TaskId, TaskName};
use tokio::time::Instant;

use super::{Controls, Terminated};

impl WorkerControl for Controls {
    fn in_hand(&self) -> Vec<InHand> {
        let state = self.state();
        let all = state.in_hand.values().map(|hand| InHand {
            lease: Arc::clone(&hand.lease),
            running_since: hand.running.as_ref().map(|running| running.since),
        });
        let (mut running, waiting): (Vec<_>, Vec<_>) =
            all.partition(|each| each.running_since.is_some());
        running.extend(waiting);
        running
    }

    fn begun(&self) -> BTreeMap<TaskName, u64> {
        self.state().begun.clone()
    }

    fn tasks(&self) -> BTreeMap<&'static str, Option<RateLimit>> {
        let names = self.router.names();
        let state = self.state();
        let tasks = names.into_iter();
        tasks.map(|name| (name, state.rates.of(name))).collect()
    }

    fn revoke(&self, what: &Revoked, terminate: Option<Signal>) -> Vec<TaskId> {
        let mut state = self.state();
        state.revocations.add(what);
        let mut ended = Vec::new();
        for hand in state.in_hand.values_mut() {
            let task = &hand.lease.envelope;
            if let Some(by) = terminate
                && let Some(running) = &mut hand.running
                && what.includes(task)
            {
                let since = Instant::now();
                running.terminated.get_or_insert(Terminated { since, by });
                running.abort.abort();
                ended.push(task.id.clone());
            }
        }
        drop(state);
        self.told.notify_one();
        ended
    }

    fn revoked(&self) -> Vec<TaskId> {
        self.state().revocations.ids()
    }

    fn limit_rate(&self, task: &str, limit: Option<RateLimit>) -> Result<(), UnknownTask> {
        self.knows(task)?;
        self.state().rates.set(task, limit);
        self.told.notify_one();
        Ok(())
    }

    fn limit_time(
        &self,
        task: &str,
        hard: Option<Duration>,
        soft: Option<Duration>,
    ) -> Result<(), UnknownTask> {
        self.knows(task)?;
        self.state().limits.insert(task.to_owned(), (hard, soft));
        Ok(())
    }

    fn queues(&self) -> Vec<QueueName> {
        self.state().queues.clone()
    }

    fn add_queue(&self, queue: QueueName) {
        let queues = &mut self.state().queues;
        if !queues.contains(&queue) {
            queues.push(queue);
        }
        self.told.notify_one();
    }

    fn cancel_queue(&self, queue: &QueueName) {
        self.state().queues.retain(|each| each != queue);
    }

    fn concurrency(&self) -> usize {
        self.state().concurrency
    }

    fn set_concurrency(&self, concurrency: usize) -> usize {
        let concurrency = concurrency.max(1);
        self.state().concurrency = concurrency;
        self.told.notify_one();
        concurrency
    }

    fn prefetch(&self) -> usize {
        self.prefetch
    }

    fn shut_down(&self) {
        self.shut_down.cancel();
    }
}
