//! The conveyor, by a line that may be cut off.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{
    Conveyor, Ended, Enqueued, Lease, PortError, Push, Pushed, Pushes, QueueCounts, Queues,
    Requeued, Settled, TaskQueue, TaskQueueAdmin, TaskRow, TaskState, WorkerId,
};
use domain::tasks::{Envelope, OwnWork, QueueName, TaskId};

use super::ConveyorLine;

#[async_trait]
impl Conveyor for ConveyorLine {
    async fn push(
        &self,
        push: Push,
        after: u64,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> Result<Pushed, PortError> {
        let pushing = self.conveyor.push(push, after, tasks, own);
        self.stage.call("push messages", pushing).await
    }

    async fn pushes_of(&self, relays: &[WorkerId]) -> Result<Vec<Pushes>, PortError> {
        let asking = self.conveyor.pushes_of(relays);
        self.stage.call("ask for the last pushes", asking).await
    }
}

#[async_trait]
impl TaskQueue for ConveyorLine {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        let enqueuing = self.conveyor.enqueue(tasks);
        self.stage.call("enqueue messages", enqueuing).await
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let claiming = async {
            self.unheard.give_back(self.conveyor.as_ref()).await?;
            let leases = self.conveyor.lease(worker, queues, most, wait).await?;
            self.unheard.granted(&leases);
            Ok(leases)
        };
        let leases = self.stage.call("claim messages", claiming).await?;
        self.unheard.heard();
        Ok(leases)
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        let settling = self.conveyor.settle(ended);
        self.stage.call("drop messages", settling).await
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        let saying = self.conveyor.alive(worker);
        self.stage
            .call("say to the conveyor that it lives", saying)
            .await
    }
}

#[async_trait]
impl TaskQueueAdmin for ConveyorLine {
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        self.stage
            .call("count messages", self.conveyor.counts())
            .await
    }

    async fn list(&self, state: TaskState, most: u32) -> Result<Vec<TaskRow>, PortError> {
        self.conveyor.list(state, most).await
    }

    async fn requeue(&self, id: &TaskId) -> Result<Requeued, PortError> {
        self.conveyor.requeue(id).await
    }

    async fn purge(&self, queue: &QueueName) -> Result<u64, PortError> {
        self.conveyor.purge(queue).await
    }
}
