//! The world in a database of its own, on the private server of the tests.

use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::postgres::{PostgresLimits, PostgresStore};
use tests::postgres::PostgresServer;
use tests::samples::START;
use tokio_util::sync::CancellationToken;

use super::World;

pub(crate) async fn postgres() -> World {
    let database = PostgresServer::shared().database_with_tables();
    let clock = Arc::new(ManualClock::at(START));
    let (address, limits) = (database.address(), PostgresLimits::default());
    let opened = PostgresStore::open(&address, limits, clock.clone()).await;
    let (store, writer) = opened.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(writer.run(stop.clone()));
    let keep = (stop.drop_guard(), database);
    let store = Arc::new(store);
    let mortal = store.clone();
    World {
        end: Box::new(move |worker| {
            let store = mortal.clone();
            Box::pin(async move { store.forget(&worker).await.unwrap() })
        }),
        ..World::of(store, clock, |_, _| {}, keep)
    }
}
