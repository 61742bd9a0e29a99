//! Albums through the whole fleet: POST → `PostgreSQL` → relay → Redis → worker → mail server,
//! with a process for each of them on the same cores.

mod sink;

use std::collections::HashMap;
use std::time::Duration;

use tempfile::TempDir;
use tests::client::Client;
use tests::postgres::PostgresServer;
use tests::program::Program;
use tests::redis_server::RedisServer;
use tokio::time::{Instant, interval, sleep};
use uuid::Uuid;

use super::albums::{quiet, shown};
use super::load::{Pace, artists, publish};
use super::{postgres, report};
use sink::Sink;

const HALF_A_MINUTE: Duration = Duration::from_secs(30);
const CONNECTIONS: u32 = 64;
const ALBUMS_A_SECOND: u32 = 1_050;

pub(crate) async fn measure() {
    let redis = RedisServer::start(&[]).await;
    let database = PostgresServer::start(postgres::DURABLE).database();
    let sink = Sink::start().await;
    let folder = TempDir::new().unwrap();
    let start = |name: &str| {
        let mut how = quiet(name, folder.path());
        how.env("DATABASE_URL", database.url())
            .env("SECRET_KEY", "for a benchmark, where nobody unsubscribes")
            .env("REDIS_URL", redis.url().to_string())
            .env("EMAIL_URL", format!("smtp://{}", sink.address()))
            .env("DEFAULT_FROM_EMAIL", "backbeat@music.example")
            .env("MAIL_CONCURRENCY", "8");
        Program::start(how)
    };
    let mut api = start("api");
    let address = api.address();
    let mut worker = start("worker");
    worker.line_with("ready");
    let mut beat = start("beat");
    beat.line_with("ready");

    let [artist] = artists(address, 1).await.try_into().ok().unwrap();
    let (p50, p99) = at_fifty_a_second(artist, &sink).await;
    report::line(
        "fleet: ms from POST to the mail server's 250 at 50/s, p50 / p99",
        &format!("{p50:.1} / {p99:.1}"),
        "p99 ≤ 100",
    );

    let mut crowd = Vec::new();
    for number in 0..CONNECTIONS {
        let client = Client::connect(address).await.unwrap();
        crowd.push(
            client
                .become_artist(&format!("crowd{number}"))
                .await
                .unwrap(),
        );
    }
    let before = sink.count();
    let began = Instant::now();
    let outcome = publish(crowd, Pace::PerSecond(ALBUMS_A_SECOND), HALF_A_MINUTE).await;
    let answered = Instant::now();
    while sink.count() - before < outcome.count {
        assert!(began.elapsed() < 10 * HALF_A_MINUTE, "mails are missing");
        sleep(Duration::from_millis(5)).await;
    }
    let late = answered.elapsed().as_secs_f64();
    report::line("fleet: albums/s for 30 s", &shown(&outcome), "≥ 1,000");
    report::line(
        "fleet: the last of their mails taken after the last answer",
        &format!("{late:.2} s"),
        "",
    );
}

/// Milliseconds from the request to the mail server's answer, p50 and p99.
async fn at_fifty_a_second(mut artist: Client, sink: &Sink) -> (f64, f64) {
    let mut posted: HashMap<Uuid, Instant> = HashMap::new();
    let mut ticks = interval(Duration::from_millis(20));
    for number in 0..1_000 {
        ticks.tick().await;
        let began = Instant::now();
        let album = artist.publish(&format!("Album {number}")).await.unwrap();
        posted.insert(album, began);
    }
    while sink.count() < posted.len() {
        sleep(Duration::from_millis(5)).await;
    }
    let taken = sink.taken();
    let waits = posted.iter().map(|(album, began)| taken[album] - *began);
    let mut waits: Vec<Duration> = waits.collect();
    waits.sort_unstable();
    let at = |hundredth: usize| waits[waits.len() * hundredth / 100].as_secs_f64() * 1000.0;
    (at(50), at(99))
}
