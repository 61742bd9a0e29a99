//! What the laws cannot see: the file, its writer, and several stores on one file.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod file;
mod sharing;
mod writing;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use domain::ports::{Lease, Queues, TaskQueue as _, WorkerId};
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName, TaskId, TaskName};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::SqliteStore;
use crate::clock::ManualClock;

const FIRST: WorkerId = WorkerId::new(Uuid::from_u128(1));
const SECOND: WorkerId = WorkerId::new(Uuid::from_u128(2));

/// A store whose writer runs.
struct Running {
    store: SqliteStore,
    stop: CancellationToken,
    writer: JoinHandle<()>,
}

impl Running {
    async fn on(path: &Path) -> Self {
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let (store, writer) = SqliteStore::open(path, clock).await.unwrap();
        let stop = CancellationToken::new();
        let writer = tokio::spawn(writer.run(stop.clone()));
        Self {
            store,
            stop,
            writer,
        }
    }

    /// Ends as a program does that was asked to.
    async fn ends(self) {
        self.stop.cancel();
        self.writer.await.unwrap();
    }

    async fn lease(&self, worker: &WorkerId) -> Vec<Lease> {
        let queues = Queues::from(QueueName::default());
        let leased = self.store.lease(worker, &queues, 100, Duration::ZERO);
        leased.await.unwrap()
    }
}

fn task(id: &str) -> Envelope {
    Envelope {
        id: TaskId::try_from(id.to_owned()).unwrap(),
        name: TaskName::try_from("samples.task".to_owned()).unwrap(),
        payload: Payload::from_bytes(b"[[], {}, {}]".to_vec()),
        queue: QueueName::default(),
        priority: Priority::default(),
        due: Due::Now,
        expires_at: None,
        key: None,
        headers: serde_json::Map::new(),
    }
}

fn ids(leases: &[Lease]) -> Vec<&str> {
    let ids = leases.iter().map(|lease| lease.envelope.id.as_str());
    ids.collect()
}
