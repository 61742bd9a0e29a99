//! Lends its rows to whoever conveys them.

mod mark;
mod on_their_way;

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Lease, Lost, OnTheirWay, Outbox, PortError, Push, Queues, WorkerId};
use domain::tasks::{Envelope, OwnWork, TaskId};

use super::SqliteStore;

#[async_trait]
impl Outbox for SqliteStore {
    async fn relay(
        &self,
        push: Push,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        self.mark_within(push, most, wait)
            .await
            .map_err(|error| error.into_port("mark tasks as relayed"))
    }

    async fn hand_over(
        &self,
        relay: &WorkerId,
        pushes: RangeInclusive<u64>,
        own: &OwnWork,
    ) -> Result<u64, PortError> {
        self.end_foreign(*relay, &pushes, own)
            .await
            .map_err(|error| error.into_port("hand tasks over"))
    }

    async fn call_back(&self, lost: &Lost) -> Result<u64, PortError> {
        self.make_ready_again(lost)
            .await
            .map_err(|error| error.into_port("call tasks back"))
    }

    async fn on_their_way(&self) -> Result<Vec<OnTheirWay>, PortError> {
        self.list_on_their_way()
            .await
            .map_err(|error| error.into_port("tell which tasks are on their way"))
    }

    async fn take(&self, worker: &WorkerId, ids: &[TaskId]) -> Result<Vec<Lease>, PortError> {
        self.take_rows(*worker, ids)
            .await
            .map_err(|error| error.into_port("lease tasks"))
    }

    async fn take_suspect(
        &self,
        worker: &WorkerId,
        queues: &Queues,
    ) -> Result<Option<Lease>, PortError> {
        self.take_one_suspect(*worker, queues)
            .await
            .map_err(|error| error.into_port("lease tasks"))
    }
}
