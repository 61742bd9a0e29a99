//! Programs whose tasks travel by Redis: as many as wanted, killed and restarted at will, while
//! Redis forgets, falls silent or is restarted under them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use redis::cmd;
use tempfile::TempDir;
use tests::postgres::{Database, PostgresServer};
use tests::program::{Program, command};
use tests::redis_server::RedisServer;
use tokio::time::sleep;

use super::deaths::{Load, assert_settled, until_done};
use super::fleet::{ends_well, ready};
use super::{artist, inspected, until_congratulated, until_congratulated_within};

const SECOND: Duration = Duration::from_secs(1);

/// A folder whose programs find Redis, and miss the dead sooner than usual.
pub(crate) fn folder(redis: &RedisServer, database: Option<&Database>) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut settings = vec![
        format!("REDIS_URL={}", redis.url()),
        "WORKER_LEASE=3s".to_owned(),
        "SECRET_KEY=the same on every machine, and long enough".to_owned(),
    ];
    settings.extend(database.map(|database| format!("DATABASE_URL={}", database.url())));
    fs::write(folder.path().join(".env"), settings.join("\n")).unwrap();
    folder
}

/// How often each task was begun, by the logs of all workers.
fn runs(folder: &Path) -> BTreeMap<String, u32> {
    let log = fs::read_to_string(folder.join("worker.log")).unwrap();
    let mut runs = BTreeMap::new();
    for line in log.lines().filter(|line| line.ends_with("received")) {
        let id = line.rsplit_once('[').unwrap().1;
        *runs.entry(id.to_owned()).or_default() += 1;
    }
    runs
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_and_nothing_else_a_worker_and_a_beat_do_the_work() {
    let redis = RedisServer::start(&[]).await;
    let folder = folder(&redis, None);
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let (worker, beat) = (ready("worker", folder.path()), ready("beat", folder.path()));
    let mut ada = artist(address, "ada").await;

    let mut albums = BTreeSet::new();
    for number in 0..20 {
        albums.insert(ada.publish(&format!("Album {number}")).await.unwrap());
    }
    until_congratulated(folder.path(), &albums).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &albums);
    assert!(folder.path().join("var/backbeat.sqlite3").exists());
    let found = inspected(folder.path());
    assert_eq!(
        found["redis"]["quarantined"],
        serde_json::json!([]),
        "{found}"
    );
    ends_well([worker, beat, api]);
    let pushes: Vec<String> = redis
        .ask(cmd("KEYS").arg("backbeat:last-push:*"))
        .await
        .unwrap();
    assert!(!pushes.is_empty(), "nothing went by Redis");
}

#[tokio::test(flavor = "multi_thread")]
async fn three_workers_and_two_beats_may_be_killed_and_started_at_will() {
    let redis = RedisServer::start(&[]).await;
    let database = PostgresServer::shared().database();
    let folder = folder(&redis, Some(&database));
    let mut api = Program::start(command("api", folder.path()));
    let load = Load::begin(api.address(), 0).await;
    let start = |name: &'static str| ready(name, folder.path());
    let mut workers: Vec<_> = ["worker"; 3].map(start).into();
    let mut beats: Vec<_> = ["beat"; 2].map(start).into();
    for round in 1..=4 {
        load.until(80 * round).await;
        workers.remove(0).kill();
        if round % 2 == 0 {
            beats.remove(0).kill();
            beats.push(start("beat"));
        }
        workers.push(start("worker"));
    }
    ends_well([api]);

    let acknowledged = load.end().await;
    until_congratulated(folder.path(), &acknowledged).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &acknowledged);
    ends_well(workers.into_iter().chain(beats));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_forgets_under_load_is_done_once_all_the_same() {
    let redis = RedisServer::start(&[]).await;
    let database = PostgresServer::shared().database();
    let folder = folder(&redis, Some(&database));
    let mut api = Program::start(command("api", folder.path()));
    let load = Load::begin(api.address(), 0).await;
    let workers = ["worker"; 2].map(|name| ready(name, folder.path()));
    for round in 1..=4 {
        load.until(60 * round).await;
        redis.ask::<()>(&cmd("FLUSHALL")).await.unwrap();
    }
    ends_well([api]);

    let acknowledged = load.end().await;
    // Sooner than rows are missed for being old.
    let soon = Duration::from_secs(45);
    until_congratulated_within(soon, folder.path(), &acknowledged).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &acknowledged);
    ends_well(workers);
    let runs = runs(folder.path());
    assert!(acknowledged.len() <= runs.len());
    assert!(runs.values().all(|count| *count == 1), "{runs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn albums_are_accepted_while_redis_is_away_and_their_mails_follow() {
    let mut redis = RedisServer::start(&[]).await;
    let folder = folder(&redis, None);
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let (worker, beat) = (ready("worker", folder.path()), ready("beat", folder.path()));
    let mut ada = artist(address, "ada").await;
    let mut albums = BTreeSet::from([ada.publish("Before").await.unwrap()]);
    until_congratulated(folder.path(), &albums).await;

    redis.crash().await;
    albums.insert(ada.publish("While it is down").await.unwrap());
    sleep(2 * SECOND).await;
    redis.start_again().await;
    until_congratulated(folder.path(), &albums).await;

    redis.pause();
    albums.insert(ada.publish("While it is silent").await.unwrap());
    sleep(4 * SECOND).await;
    redis.resume();
    until_congratulated(folder.path(), &albums).await;

    until_done(folder.path()).await;
    assert_settled(folder.path(), &albums);
    ends_well([worker, beat, api]);
}
