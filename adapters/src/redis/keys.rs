//! What our keys on Redis are called.

use domain::tasks::QueueName;

use super::wire::{STEPS, list_of};

/// The names of all keys, behind the prefix that they share with Celery's.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
    ours: String,
}

impl Keys {
    pub(super) fn new(prefix: String) -> Self {
        let ours = format!("{prefix}backbeat:");
        Self { prefix, ours }
    }

    /// What the names of Celery's lists begin with.
    pub(super) fn lists(&self) -> &str {
        &self.prefix
    }

    /// What the names of our own keys begin with.
    pub(super) fn ours(&self) -> &str {
        &self.ours
    }

    /// When each worker last gave a sign of life, by the clock of Redis.
    pub(super) fn living(&self) -> String {
        self.own("workers")
    }

    /// The workers whose claims are being taken back.
    pub(super) fn taken_back(&self) -> String {
        self.own("taken-back")
    }

    /// The records a worker holds, by fence.
    pub(super) fn held(&self, worker: &str) -> String {
        self.own(&format!("held:{worker}"))
    }

    /// The last number given in the order of claims.
    pub(super) fn order(&self) -> String {
        self.own("order")
    }

    /// The number of the last push of a relay.
    pub(super) fn last_push(&self, relay: &str) -> String {
        self.own(&format!("last-push:{relay}"))
    }

    /// Since which number the pushes of a relay are unbroken; none when they always were.
    pub(super) fn unbroken_since(&self, relay: &str) -> String {
        self.own(&format!("unbroken-since:{relay}"))
    }

    /// Every queue that was ever used.
    pub(super) fn queues(&self) -> String {
        self.own("queues")
    }

    /// Messages that nobody understands.
    pub(super) fn quarantine(&self) -> String {
        self.own("quarantine")
    }

    /// How many bytes these are.
    pub(super) fn quarantine_size(&self) -> String {
        self.own("quarantine-size")
    }

    /// The records of buried tasks, by id.
    pub(super) fn buried(&self) -> String {
        self.own("buried")
    }

    /// The ids of buried tasks, by when they were buried.
    pub(super) fn buried_at(&self) -> String {
        self.own("buried-at")
    }

    /// How many bytes these records are.
    pub(super) fn buried_size(&self) -> String {
        self.own("buried-size")
    }

    /// The list of `queue` for tasks of `step`.
    pub(super) fn list(&self, queue: &QueueName, step: u8) -> String {
        format!("{}{}", self.prefix, list_of(queue, step))
    }

    /// What waits for its instant in `queue`.
    pub(super) fn due(&self, queue: &QueueName) -> String {
        self.own(&format!("due:{queue}"))
    }

    /// The ids of revoked tasks, by when Redis heard of them.
    pub(super) fn revoked(&self) -> String {
        self.own("revoked")
    }

    /// What stands for our own nodes among those that hear commands.
    pub(super) fn nodes(&self) -> String {
        self.own("nodes")
    }

    /// A key or a channel of Celery's.
    pub(super) fn celerys(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Which queues are bound to an exchange of Celery's.
    pub(super) fn bindings(&self, exchange: &str) -> String {
        self.celerys(&format!("_kombu.binding.{exchange}"))
    }

    /// What is ready in `queue` but must not get into the lists.
    pub(super) fn ready(&self, queue: &QueueName) -> String {
        self.own(&format!("ready:{queue}"))
    }

    /// All keys of what waits in `queue`, in the order in which the scripts want them.
    pub(super) fn of_queue(&self, queue: &QueueName) -> Vec<String> {
        let ours = [self.due(queue), self.ready(queue)].into_iter();
        let lists = STEPS.iter().map(|step| self.list(queue, *step));
        ours.chain(lists).collect()
    }

    fn own(&self, name: &str) -> String {
        format!("{}{name}", self.ours)
    }
}
