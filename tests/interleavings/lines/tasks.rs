//! The tasks of the store, by a line that may be cut off.

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{
    Ended, Enqueued, Lease, Lost, OnTheirWay, Outbox, PortError, Push, Queues, Settled, TaskQueue,
    WorkerId,
};
use domain::tasks::{Envelope, OwnWork, TaskId};

use super::{StoreLine, in_time};

impl StoreLine {
    /// Gives back what was leased unheard, then leases by `leasing`.
    async fn leases(
        &self,
        what: &'static str,
        leasing: impl Future<Output = Result<Vec<Lease>, PortError>>,
    ) -> Result<Vec<Lease>, PortError> {
        let asked = async {
            let back = self.unheard.give_back(self.store.as_ref()).await?;
            let leases = leasing.await?;
            let mut pages = self.ledger.pages();
            for each in &back {
                pages.settles(&each.id, each.fence);
            }
            for lease in &leases {
                pages.takes(self.process, &lease.envelope.id, lease.fence);
            }
            drop(pages);
            self.unheard.granted(&leases);
            Ok(leases)
        };
        let leases = self.stage.call(what, asked).await?;
        self.unheard.heard();
        Ok(leases)
    }
}

#[async_trait]
impl TaskQueue for StoreLine {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.stage
            .call("enqueue tasks", self.store.enqueue(tasks))
            .await
    }

    /// Never waits: who finds nothing rests on the stage.
    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        _: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let leasing = TaskQueue::lease(self.store.as_ref(), worker, queues, most, Duration::ZERO);
        self.leases("lease tasks", leasing).await
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        let settling = async {
            let settled = self.store.settle(ended).await?;
            let mut pages = self.ledger.pages();
            for each in in_time(ended, &settled) {
                pages.settles(&each.id, each.fence);
            }
            drop(pages);
            Ok(settled)
        };
        self.stage.call("settle tasks", settling).await
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.stage
            .call("say that it lives", self.store.alive(worker))
            .await
    }
}

#[async_trait]
impl Outbox for StoreLine {
    async fn relay(
        &self,
        push: Push,
        most: usize,
        _: Duration,
    ) -> Result<Vec<Envelope>, PortError> {
        let marking = self.store.relay(push, most, Duration::ZERO);
        self.stage.call("mark tasks as relayed", marking).await
    }

    async fn hand_over(
        &self,
        relay: &WorkerId,
        pushes: RangeInclusive<u64>,
        own: &OwnWork,
    ) -> Result<u64, PortError> {
        let handing = self.store.hand_over(relay, pushes, own);
        self.stage.call("hand tasks over", handing).await
    }

    async fn call_back(&self, lost: &Lost) -> Result<u64, PortError> {
        self.stage
            .call("call tasks back", self.store.call_back(lost))
            .await
    }

    async fn on_their_way(&self) -> Result<Vec<OnTheirWay>, PortError> {
        self.stage
            .call("see what is on its way", self.store.on_their_way())
            .await
    }

    async fn take(&self, worker: &WorkerId, ids: &[TaskId]) -> Result<Vec<Lease>, PortError> {
        self.leases("take rows", self.store.take(worker, ids)).await
    }

    async fn take_suspect(
        &self,
        worker: &WorkerId,
        queues: &Queues,
    ) -> Result<Option<Lease>, PortError> {
        let taking = async {
            let taken = self.store.take_suspect(worker, queues).await?;
            Ok(taken.into_iter().collect())
        };
        let mut taken = self.leases("take a suspect", taking).await?;
        Ok(taken.pop())
    }
}
