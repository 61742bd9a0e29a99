//! The queue of tasks.

mod admin;
mod enqueue;
mod lease;
mod lost;
mod settle;
mod sweep;
mod take;
mod take_rows;

pub(super) use enqueue::{NewTask, TaskColumns, inserting};
pub(super) use lost::Lost;
pub(super) use take::{PROMOTE, envelope, place};

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Ended, Enqueued, Lease, PortError, Queues, Settled, TaskQueue, WorkerId};
use domain::tasks::Envelope;

use super::PostgresStore;

/// How many tasks one statement touches at most, so that none takes long.
const MOST_AT_ONCE: usize = 1_000;

#[async_trait]
impl TaskQueue for PostgresStore {
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
        self.renew_and_sweep(*worker)
            .await
            .map_err(|error| error.into_port("take back the tasks of dead workers"))
    }
}
