//! The world in memory.

use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use tests::samples::START;

use super::World;

pub(crate) async fn memory() -> World {
    let clock = Arc::new(ManualClock::at(START));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let mortal = store.clone();
    World {
        queue: store.clone(),
        admin: store.clone(),
        albums: store.clone(),
        artists: store.clone(),
        accounts: store.clone(),
        tokens: store.clone(),
        mails: store.clone(),
        housekeeping: store,
        clock,
        end: Box::new(move |worker| {
            mortal.forget(&worker);
            Box::pin(async {})
        }),
        _keep: Box::new(()),
    }
}
