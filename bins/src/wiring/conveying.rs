//! How tasks get from the store to workers.

use std::sync::Arc;

use adapters::redis::{RedisQueue, RedisSettings, UnackedKeys, UnackedMessages};
use domain::ports::{Clock, TaskQueue, WorkerId};
use domain::relay::{Relay, RelayedQueue};
use domain::tasks::{OwnWork, TaskName};

use super::Platform;
use super::schedules::TASKS;
use super::store::Store;
use crate::program::Failure;
use crate::relaying::Relaying;
use crate::settings::{ConveyorSettings, Settings};

/// What carries tasks, if it is set. It need not be there yet.
pub(super) fn open(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<RedisQueue>>, Failure> {
    let Some(conveyor) = &settings.conveyor else {
        return Ok(None);
    };
    let ConveyorSettings { url, prefix, .. } = conveyor;
    let how = RedisSettings {
        prefix: prefix.clone(),
        lease: settings.worker.lease,
        tells_sent: settings.sending.tells_sent,
    };
    let queue = RedisQueue::open(url, Arc::clone(clock), how)?;
    Ok(Some(Arc::new(queue)))
}

/// Where workers find their tasks: in the store, or where they are carried to.
pub(super) fn queue(
    store: &Arc<dyn Store>,
    conveyor: Option<&Arc<RedisQueue>>,
) -> Arc<dyn TaskQueue> {
    match conveyor {
        Some(conveyor) => Arc::new(RelayedQueue::new(
            store.clone(),
            store.clone(),
            conveyor.clone(),
        )),
        None => store.clone(),
    }
}

/// What Python workers hold.
pub(super) fn unacked(conveyor: &ConveyorSettings) -> Result<UnackedMessages, Failure> {
    let keys = UnackedKeys::behind(&conveyor.prefix);
    Ok(UnackedMessages::open(&conveyor.url, keys)?)
}

impl Platform {
    /// What carries tasks, if anything does, for an operator to look into.
    pub(crate) fn conveyor(&self) -> Option<&RedisQueue> {
        self.conveyor.as_deref()
    }

    /// Carries tasks to where workers find them, if they are not found in the store.
    pub(crate) fn relaying(&self, identity: WorkerId) -> Option<Relaying> {
        let conveyor = self.conveyor.clone()?;
        let python_queues = self.settings.conveyor.as_ref()?.python_queues.clone();
        let names = TASKS.map(|name| {
            TaskName::try_from(name.to_owned()).expect("what a task is called is a name")
        });
        let own = OwnWork {
            names: names.into(),
            python_queues,
        };
        let (store, outbox) = (self.store.clone(), self.store.clone());
        let relay = Relay::new(store, outbox, conveyor.clone(), identity, own);
        Some(Relaying {
            relay,
            redis: conveyor,
        })
    }
}
