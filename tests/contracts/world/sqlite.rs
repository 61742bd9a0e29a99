//! The world in one file.

use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::sqlite::SqliteStore;
use tests::samples::START;
use tokio_util::sync::CancellationToken;

use super::World;

pub(crate) async fn sqlite() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let opened = SqliteStore::open(&folder.path().join("store.db"), clock.clone()).await;
    let (store, writer) = opened.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(writer.run(stop.clone()));
    let store = Arc::new(store);
    let keep = (stop.drop_guard(), folder);
    World::of(store, clock, SqliteStore::forget, keep)
}
