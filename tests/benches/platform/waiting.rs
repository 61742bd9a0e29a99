//! How long new albums take while a million tasks wait in the database, and what the worker takes
//! that does them.

use std::time::Duration;

use tempfile::TempDir;
use tests::client::Client;
use tests::postgres::PostgresServer;
use tests::program::Program;

use super::albums::quiet;
use super::idle::resident;
use super::load::{Pace, artists, publish};
use super::{postgres, report};

const ALBUMS_A_SECOND: u32 = 50;
const WATCHED: Duration = Duration::from_secs(20);

/// Tasks like the one there is, each with an id of its own and without a key.
const A_MILLION: &str = "
    INSERT INTO tasks (id, name, payload, queue, priority, state, due_at, due_since)
    SELECT gen_random_uuid()::text, name, payload, queue, priority, 'ready', now(), now()
    FROM tasks, generate_series(1, 1000000)";

pub(crate) async fn measure() {
    let database = PostgresServer::start(postgres::DURABLE).database();
    let folder = TempDir::new().unwrap();
    let start = |name: &str| {
        let mut how = quiet(name, folder.path());
        how.env("DATABASE_URL", database.url())
            .env("SECRET_KEY", "for a benchmark, where nobody unsubscribes");
        Program::start(how)
    };
    let mut api = start("api");
    let address = api.address();
    let first = Client::connect(address).await.unwrap();
    let mut first = first.become_artist("first").await.unwrap();
    first.publish("The first").await.unwrap();
    database.query(A_MILLION);
    let artists = artists(address, 8).await;
    let mut worker = start("worker");
    worker.line_with("ready");

    let outcome = publish(artists, Pace::PerSecond(ALBUMS_A_SECOND), WATCHED).await;

    let ms = |per_mille| outcome.wait(per_mille).as_secs_f64() * 1000.0;
    report::line(
        "1,000,000 tasks in PostgreSQL: ms of a POST at 50/s, p50 / p99",
        &format!("{:.1} / {:.1}", ms(500), ms(990)),
        "p99 ≤ 100",
    );
    report::line(
        "the worker that does them: MiB resident",
        &format!("{:.1}", resident(worker.id())),
        "≤ 64",
    );
}
