//! What the laws cannot see of `PostgreSQL`: the way to it, opening it, several processes that
//! share it, and a server that is away, silent or restarted.

mod line;
mod network;
mod opening;
mod outages;
mod sharing;
mod tls;
mod urls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::clock::SystemClock;
use adapters::postgres::{PostgresAddress, PostgresLimits, PostgresStore};
use domain::ports::{Lease, PortError, Queues, TaskQueue as _, WorkerId};
use domain::tasks::QueueName;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A store of a process of its own, whose writer runs.
struct Process {
    store: PostgresStore,
    _stop: DropGuard,
}

impl Process {
    async fn at(address: &PostgresAddress) -> Self {
        Self::with_lease(address, PostgresLimits::default().lease).await
    }

    /// One that takes others for dead when they have been silent for `lease`.
    async fn with_lease(address: &PostgresAddress, lease: Duration) -> Self {
        let limits = PostgresLimits {
            lease,
            ..PostgresLimits::default()
        };
        let opened = PostgresStore::open(address, limits, Arc::new(SystemClock)).await;
        let (store, writer) = opened.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(writer.run(stop.clone()));
        Self {
            store,
            _stop: stop.drop_guard(),
        }
    }

    async fn lease(&self, worker: &WorkerId, wait: Duration) -> Result<Vec<Lease>, PortError> {
        let queues = Queues::from(QueueName::default());
        self.store.lease(worker, &queues, 100, wait).await
    }
}

/// Asks again and again until `answer` is something.
async fn soon<T, F>(mut answer: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(answer) = answer().await {
            return answer;
        }
        let waited = start.elapsed();
        assert!(waited < Duration::from_mins(1), "nothing for {waited:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
