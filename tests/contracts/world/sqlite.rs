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
        _keep: Box::new((stop.drop_guard(), folder)),
    }
}
