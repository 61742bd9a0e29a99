//! Worlds whose tasks are rows of a store and travel by Redis.

use std::sync::Arc;
use std::time::Duration;

use adapters::redis::{RedisQueue, RedisSettings};
use async_trait::async_trait;
use domain::ports::{Ended, Enqueued, Lease, PortError, Queues, Settled, TaskQueue, WorkerId};
use domain::relay::{Relay, RelayedQueue};
use domain::tasks::{Envelope, OwnWork, Task as _};
use domain::use_cases::CongratulateArtist;
use tests::redis_server::RedisServer;
use tests::samples::{task, value, worker};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{NO_WAIT, World};

/// How long a lease waits before the relay makes the next step.
const STEP: Duration = Duration::from_millis(20);

pub(crate) async fn sqlite_by_redis() -> World {
    by_redis(super::sqlite().await).await
}

pub(crate) async fn postgres_by_redis() -> World {
    by_redis(super::postgres().await).await
}

/// The world of a store, whose tasks travel by Redis.
async fn by_redis(store: World) -> World {
    let settings = RedisSettings {
        prefix: format!("{}:", Uuid::now_v7()),
        ..RedisSettings::default()
    };
    let url = RedisServer::shared().await.url();
    let conveyor = Arc::new(RedisQueue::open(&url, store.clock.clone(), settings).unwrap());
    let queue = RelayedQueue::new(store.queue.clone(), store.outbox.clone(), conveyor.clone());
    let relay = Relay::new(
        store.queue.clone(),
        store.outbox.clone(),
        conveyor.clone(),
        worker(77),
        own_work(),
    );
    let relayed = Relayed {
        queue,
        relay: Mutex::new(relay),
    };
    let end = store.end;
    World {
        queue: Arc::new(relayed),
        end: Box::new(move |worker| {
            let (row, message) = (end(worker), conveyor.clone());
            Box::pin(async move {
                row.await;
                message.forget(&worker).await.unwrap();
            })
        }),
        ..store
    }
}

/// Everything that is enqueued in the laws.
fn own_work() -> OwnWork {
    OwnWork {
        names: vec![
            task("any").name,
            value("albums.tasks.ångström"),
            value("samples.shown"),
            value(CongratulateArtist::NAME),
        ],
        ..OwnWork::default()
    }
}

/// A queue whose relay makes its steps when somebody leases.
struct Relayed {
    queue: RelayedQueue,
    relay: Mutex<Relay>,
}

#[async_trait]
impl TaskQueue for Relayed {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.queue.enqueue(tasks).await
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let mut left = wait;
        loop {
            while 0 < self.relay.lock().await.step(NO_WAIT).await? {}
            let leases = self
                .queue
                .lease(worker, queues, most, left.min(STEP))
                .await?;
            left = left.saturating_sub(STEP);
            if !leases.is_empty() || left.is_zero() {
                return Ok(leases);
            }
        }
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        self.queue.settle(ended).await
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.queue.alive(worker).await
    }
}
