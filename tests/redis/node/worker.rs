//! A worker that only pretends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{Fence, InHand, Lease, Revoked, UnknownTask, WorkerControl};
use domain::tasks::{Envelope, Payload, QueueName, RateLimit, Signal, TaskId, TaskName};
use tests::samples::{START, task, value};

/// What it was told, and what it says.
#[derive(Default)]
pub(super) struct Worker(Mutex<Told>);

#[derive(Default)]
pub(super) struct Told {
    pub(super) in_hand: Vec<InHand>,
    pub(super) revoked: Vec<TaskId>,
    pub(super) stamps: Vec<Revoked>,
    pub(super) rate: Option<RateLimit>,
    pub(super) limits: (Option<Duration>, Option<Duration>),
    pub(super) queues: Vec<QueueName>,
    pub(super) concurrency: Option<usize>,
    pub(super) is_shut_down: bool,
}

impl Worker {
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap()
    }

    /// Puts a task into its hands.
    pub(super) fn takes(&self, id: &str, running_since: Option<DateTime<Utc>>) {
        let lease = Arc::new(lease(id));
        self.told().in_hand.push(InHand {
            lease,
            running_since,
        });
    }
}

/// A task of a foreign producer, under its lease.
pub(super) fn lease(id: &str) -> Lease {
    let payload = r#"[[2, "x"], {"k": null}, {}]"#;
    Lease {
        envelope: Envelope {
            payload: Payload::from_bytes(payload.into()),
            ..task(id)
        },
        attempt: 1,
        crashes: 0,
        due_since: START,
        fence: Fence(1),
        conveyed: false,
    }
}

impl WorkerControl for Worker {
    fn in_hand(&self) -> Vec<InHand> {
        self.told().in_hand.clone()
    }

    fn begun(&self) -> BTreeMap<TaskName, u64> {
        BTreeMap::from([(value("samples.work"), 3)])
    }

    fn tasks(&self) -> BTreeMap<&'static str, Option<RateLimit>> {
        let rate = self.told().rate.clone();
        BTreeMap::from([
            ("celery.starmap", None),
            ("samples.rest", None),
            ("samples.work", rate),
        ])
    }

    fn revoke(&self, what: &Revoked, terminate: Option<Signal>) -> Vec<TaskId> {
        let mut told = self.told();
        match what {
            Revoked::Ids(ids) => told.revoked.extend(ids.iter().cloned()),
            stamp @ Revoked::Stamp { .. } => told.stamps.push(stamp.clone()),
        }
        let running = told.in_hand.iter().filter(|each| {
            each.running_since.is_some()
                && terminate.is_some()
                && what.includes(&each.lease.envelope)
        });
        running.map(|each| each.lease.envelope.id.clone()).collect()
    }

    fn revoked(&self) -> Vec<TaskId> {
        self.told().revoked.clone()
    }

    fn limit_rate(&self, task: &str, limit: Option<RateLimit>) -> Result<(), UnknownTask> {
        known(task)?;
        self.told().rate = limit;
        Ok(())
    }

    fn limit_time(
        &self,
        task: &str,
        hard: Option<Duration>,
        soft: Option<Duration>,
    ) -> Result<(), UnknownTask> {
        known(task)?;
        self.told().limits = (hard, soft);
        Ok(())
    }

    fn queues(&self) -> Vec<QueueName> {
        let added = self.told().queues.clone();
        [QueueName::default()].into_iter().chain(added).collect()
    }

    fn add_queue(&self, queue: QueueName) {
        self.told().queues.push(queue);
    }

    fn cancel_queue(&self, queue: &QueueName) {
        self.told().queues.retain(|each| each != queue);
    }

    fn concurrency(&self) -> usize {
        self.told().concurrency.unwrap_or(2)
    }

    fn set_concurrency(&self, concurrency: usize) -> usize {
        self.told().concurrency = Some(concurrency);
        concurrency
    }

    fn prefetch(&self) -> usize {
        3
    }

    fn shut_down(&self) {
        self.told().is_shut_down = true;
    }
}

fn known(task: &str) -> Result<(), UnknownTask> {
    task.starts_with("samples.")
        .then_some(())
        .ok_or(UnknownTask)
}
