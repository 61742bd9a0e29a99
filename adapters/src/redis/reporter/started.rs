//! Stores that attempts are being made.

use std::sync::{Mutex, PoisonError};

use domain::ports::{Lease, PortError};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Reporter;
use crate::redis::node::Events;
use crate::redis::results::ResultStore;
use crate::redis::wire::{ResultDocument, ResultState};

/// The pause after a failure to store.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

/// Tasks of which it is not stored yet that an attempt is being made.
#[derive(Default)]
pub(super) struct Started {
    tasks: Mutex<Vec<Beginning>>,
    some: Notify,
    /// Whoever stores holds this, so that what is stored of a task stays in order.
    pub(super) storing: tokio::sync::Mutex<()>,
}

/// That an attempt at a task is being made.
struct Beginning {
    task: String,
    parent: Option<String>,
    group: Option<String>,
}

impl Beginning {
    fn document<'a>(&'a self, events: &'a Events) -> ResultDocument<'a> {
        ResultDocument {
            task_id: &self.task,
            state: ResultState::Started {
                pid: std::process::id(),
                hostname: events.node_name(),
            },
            children: &[],
            parent_id: self.parent.as_deref(),
            group_id: self.group.as_deref(),
            extended: None,
        }
    }
}

impl Started {
    fn take(&self) -> Vec<Beginning> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut tasks)
    }

    fn put_back(&self, mut earlier: Vec<Beginning>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.append(&mut tasks);
        *tasks = earlier;
    }

    /// Forgets what is not worth storing any more: these tasks have ended.
    pub(super) fn forget(&self, ended: &[&str]) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !ended.contains(&task.task.as_str()));
    }
}

impl Reporter {
    /// Stores that attempts are being made, until `stop` is cancelled.
    pub async fn run(&self, stop: CancellationToken) {
        let Some(results) = &self.results else {
            return stop.cancelled().await;
        };
        let storing = async {
            loop {
                self.started.some.notified().await;
                while let Err(error) = self.store_started(results).await {
                    say(&error);
                    sleep(PAUSE).await;
                }
            }
        };
        stop.run_until_cancelled(storing).await;
    }

    pub(super) fn note_started(&self, lease: &Lease) {
        let wishes = self.settings.wishes;
        let task = &lease.envelope;
        if !wishes.tracks_started || self.results.is_none() || !wishes.include(task) {
            return;
        }
        let beginning = Beginning {
            task: task.id.as_str().to_owned(),
            parent: task.header("parent_id").map(str::to_owned),
            group: task.header("group").map(str::to_owned),
        };
        let mut tasks = self.started.tasks.lock();
        tasks
            .as_mut()
            .unwrap_or_else(|poisoned| poisoned.get_mut())
            .push(beginning);
        drop(tasks);
        self.started.some.notify_one();
    }

    async fn store_started(&self, results: &ResultStore) -> Result<(), PortError> {
        let _turn = self.started.storing.lock().await;
        let started = self.started.take();
        let documents: Vec<_> = started
            .iter()
            .map(|each| each.document(&self.events))
            .collect();
        let stored = results.store(&documents).await;
        if stored.is_err() {
            drop(documents);
            self.started.put_back(started);
        }
        stored
    }
}

fn say(error: &PortError) {
    let error = error as &dyn std::error::Error;
    tracing::debug!(error, "that tasks are begun cannot be stored; trying again");
}
