//! Programs that share a `PostgreSQL` server: as many as wanted, killed and restarted at will,
//! while the server is restarted under them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use tests::client::Client;
use tests::postgres::{Database, PostgresServer};
use tests::program::{Program, command};
use tokio::time::sleep;

use super::deaths::{Load, assert_settled, until_done};
use super::{artist, until_congratulated};

const SECOND: Duration = Duration::from_secs(1);

/// A folder whose programs find `database`, and miss the dead sooner than usual.
fn folder(database: &Database) -> TempDir {
    let folder = TempDir::new().unwrap();
    let settings = [
        format!("DATABASE_URL={}", database.url()),
        "WORKER_LEASE=3s".to_owned(),
        "SECRET_KEY=the same on every machine, and long enough".to_owned(),
    ];
    fs::write(folder.path().join(".env"), settings.join("\n")).unwrap();
    folder
}

pub(crate) fn ready(name: &str, folder: &Path) -> Program {
    let mut program = Program::start(command(name, folder));
    program.line_with("ready");
    program
}

pub(crate) fn ends_well(programs: impl IntoIterator<Item = Program>) {
    for program in programs {
        let ended = program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_three_workers_and_two_beats_share_one_database() {
    let database = PostgresServer::shared().database();
    let folder = folder(&database);
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let others = ["worker", "worker", "worker", "beat", "beat"];
    let others: Vec<_> = others.map(|name| ready(name, folder.path())).into();
    let mut ada = artist(address, "ada").await;

    let mut albums = BTreeSet::new();
    for number in 0..30 {
        albums.insert(ada.publish(&format!("Album {number}")).await.unwrap());
    }
    until_congratulated(folder.path(), &albums).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &albums);
    ends_well(others.into_iter().chain([api]));
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_on_a_server_may_be_killed_and_started_at_will() {
    let database = PostgresServer::shared().database();
    let folder = folder(&database);
    let mut api = Program::start(command("api", folder.path()));
    let load = Load::begin(api.address(), 0).await;
    let mut workers = vec![ready("worker", folder.path())];
    for round in 1..=4 {
        workers.push(ready("worker", folder.path()));
        load.until(60 * round).await;
        workers.remove(0).kill();
    }
    workers.push(ready("worker", folder.path()));
    ends_well([api]);

    let acknowledged = load.end().await;
    until_congratulated(folder.path(), &acknowledged).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &acknowledged);
    ends_well(workers);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_program_outlives_a_restart_of_the_server() {
    let server = PostgresServer::start("");
    let database = server.database();
    let folder = folder(&database);
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let (worker, beat) = (ready("worker", folder.path()), ready("beat", folder.path()));
    let mut ada = artist(address, "ada").await;
    let mut albums = BTreeSet::from([ada.publish("Before").await.unwrap()]);
    until_congratulated(folder.path(), &albums).await;

    server.stop();
    let start = Instant::now();
    let refused = ada
        .send("POST", "/albums/", Some(json!({"name": "While"})))
        .await;
    assert_eq!(refused.unwrap().status, 503);
    assert!(start.elapsed() < 30 * SECOND, "after {:?}", start.elapsed());
    assert_eq!(ready_is(address).await, 503);
    server.go_on();

    let start = Instant::now();
    while ready_is(address).await != 200 {
        assert!(start.elapsed() < 60 * SECOND, "not ready again");
        sleep(Duration::from_millis(100)).await;
    }
    albums.insert(ada.publish("After").await.unwrap());
    until_congratulated(folder.path(), &albums).await;

    until_done(folder.path()).await;
    assert_settled(folder.path(), &albums);
    ends_well([api, worker, beat]);
}

async fn ready_is(address: std::net::SocketAddr) -> u16 {
    let mut client = Client::connect(address).await.unwrap();
    client.send("GET", "/readyz", None).await.unwrap().status
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_on_a_server_and_show_no_password() {
    let database = PostgresServer::shared().database();
    let folder = folder(&database);
    let url = database.url().replace("backbeat@", "backbeat:hunter2@");
    let run = |arguments: &[&str]| {
        let output = command("backbeat", folder.path())
            .env("DATABASE_URL", &url)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments:?}: {said}");
        assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
        said
    };

    let migrated = run(&["migrate"]);
    assert!(migrated.contains("postgres://backbeat:**@/"), "{migrated}");
    assert!(run(&["inspect"]).contains("Tasks"));
    assert!(run(&["purge", "--force"]).contains("removed 0"));
}
