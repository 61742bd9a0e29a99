//! The queue of tasks.

mod admin;
mod enqueue;
mod lease;
mod settle;
mod sweep;
mod take_rows;

pub(super) use enqueue::{NewTask, insert, push_insert};
pub(super) use lease::{PROMOTE, envelope, push_firsts, sorted};

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Ended, Enqueued, Lease, PortError, Queues, Settled, TaskQueue, WorkerId};
use domain::tasks::Envelope;

use super::SqliteStore;

/// How many tasks one write touches at most, so that no queue of work keeps others waiting.
const MOST_PER_WRITE: usize = 1_000;

#[async_trait]
impl TaskQueue for SqliteStore {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.enqueue_in_steps(tasks)
            .await
            .map_err(|error| error.into_port("enqueue tasks"))
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        self.lease_within(*worker, queues, most, wait)
            .await
            .map_err(|error| error.into_port("lease tasks"))
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        self.settle_in_steps(ended)
            .await
            .map_err(|error| error.into_port("settle tasks"))
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.greet_and_sweep(*worker)
            .await
            .map_err(|error| error.into_port("take back the tasks of dead workers"))
    }
}
