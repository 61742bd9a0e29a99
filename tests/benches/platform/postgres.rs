//! `POST /albums/` on a `PostgreSQL` server of our own, every commit durable.

use tempfile::TempDir;
use tests::postgres::PostgresServer;

use super::{albums, bare};

const WHICH: &str = "PostgreSQL: ";
pub(crate) const DURABLE: &str =
    "fsync = on\nfull_page_writes = on\nautovacuum = on\nshared_buffers = 256MB";

pub(crate) async fn measure() {
    let server = PostgresServer::start(DURABLE);
    let (database, folder) = (server.database(), TempDir::new().unwrap());
    let mut api = albums::quiet("api", folder.path());
    api.env("DATABASE_URL", database.url())
        .env("SECRET_KEY", "for a benchmark, where nobody unsubscribes");
    let mut bare = bare::command(folder.path(), bare::SERVE_ON_SERVER);
    bare.arg(database.url());
    albums::beside_the_bare_handler(api, bare, WHICH).await;
}
