//! The world in memory.

use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use tests::samples::START;

use super::World;

pub(crate) async fn memory() -> World {
    let clock = Arc::new(ManualClock::at(START));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    World::of(store, clock, MemoryStore::forget, ())
}
