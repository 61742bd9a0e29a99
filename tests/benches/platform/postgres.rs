//! The same on a `PostgreSQL` server of our own, every commit durable.

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::postgres::{PostgresLimits, PostgresStore};
use tempfile::TempDir;
use tests::postgres::PostgresServer;
use tokio_util::sync::CancellationToken;

use super::{albums, bare, queue};

const WHICH: &str = "PostgreSQL: ";
const DURABLE: &str = "fsync = on\nfull_page_writes = on\nautovacuum = on\nshared_buffers = 256MB";

pub(crate) async fn measure() {
    let server = PostgresServer::start(DURABLE);
    through_the_queue(server).await;

    let (database, folder) = (server.database(), TempDir::new().unwrap());
    let mut api = albums::quiet("api", folder.path());
    api.env("DATABASE_URL", database.url())
        .env("SECRET_KEY", "for a benchmark, where nobody unsubscribes");
    let mut bare = bare::command(folder.path(), bare::SERVE_ON_SERVER);
    bare.arg(database.url());
    albums::beside_the_bare_handler(api, bare, WHICH).await;
}

async fn through_the_queue(server: &'static PostgresServer) {
    let (database, limits) = (server.database(), PostgresLimits::default());
    let address = database.address();
    let opened = PostgresStore::open(&address, limits, Arc::new(SystemClock)).await;
    let (store, writer) = opened.unwrap();
    let stop = CancellationToken::new();
    let writing = tokio::spawn(writer.run(stop.clone()));

    queue::through(Arc::new(store), WHICH).await;

    stop.cancel();
    writing.await.unwrap();
}
