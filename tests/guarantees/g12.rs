//! G12, Celery may stay: a producer in Python that has never heard of us, and a worker in Python
//! that does our tasks, share Redis with our programs.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::celery::{self, PythonWorker};
use tests::postgres::PostgresServer;
use tests::program::{Program, command};
use tests::redis_server::RedisServer;
use tokio::time::sleep;
use uuid::Uuid;

use crate::programs::by_redis::folder;
use crate::programs::fleet::{ends_well, ready};
use crate::programs::{artist, congratulated, until_inspected};

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_celery_script_has_an_album_congratulated_once() {
    let redis = RedisServer::start(&[]).await;
    let database = PostgresServer::shared().database();
    let folder = folder(&redis, Some(&database));
    let mut api = Program::start(command("api", folder.path()));
    let worker = ready("worker", folder.path());
    artist(api.address(), "ada").await;
    let artist = database.query("SELECT id FROM artists");
    let album = Uuid::now_v7();
    database.query(&format!(
        "INSERT INTO albums (id, artist_id, name, name_folded, is_approved, created_at)
         VALUES ('{album}', '{}', 'By hand', 'by hand', false, now())",
        artist.trim()
    ));
    let keywords = json!({"artist_id": artist.trim(), "album_id": album}).to_string();
    let send = || {
        let broker = celery::broker(&redis);
        let task = "albums.tasks.congratulate_artist";
        celery::run("send.py", &[&broker, task, "celery", &keywords])
    };

    assert_eq!(send().trim(), r#"SUCCESS "sent""#);
    assert_eq!(congratulated(folder.path()), BTreeSet::from([album]));
    assert_eq!(send().trim(), r#"SUCCESS "already sent""#);

    assert_eq!(database.query("SELECT count(*) FROM tasks").trim(), "0");
    ends_well([api, worker]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_worker_does_what_was_routed_to_its_queue() {
    let redis = RedisServer::start(&[]).await;
    let folder = folder(&redis, None);
    let notes = folder.path().join("notes");
    let broker = celery::broker(&redis);
    let environment = [
        ("BROKER", broker.as_str()),
        ("NOTES", notes.to_str().unwrap()),
    ];
    let _python = PythonWorker::start(
        "legacy",
        &["-Q", "legacy", "-P", "solo"],
        folder.path(),
        &environment,
    );
    let start = |name: &str| {
        let routes = r#"{"albums.tasks.congratulate_artist": {"queue": "legacy"}}"#;
        let mut how = command(name, folder.path());
        how.env("CELERY_CONF_TASK_ROUTES", routes);
        how.env("PYTHON_QUEUES", "legacy");
        Program::start(how)
    };
    let mut api = start("api");
    let mut worker = start("worker");
    worker.line_with("ready");
    let mut ada = artist(api.address(), "ada").await;

    let album = ada.publish("For Python").await.unwrap();

    let lines = until_noted(&folder, "notes").await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0][1], json!(album));
    until_inspected(folder.path(), |found| found["queues"][0]["done"] == 1).await;
    assert_eq!(congratulated(folder.path()), BTreeSet::new());
    ends_well([api, worker]);
}

/// The lines of the file `name`, once there is one.
async fn until_noted(folder: &TempDir, name: &str) -> Vec<Value> {
    for _ in 0..600 {
        if let Ok(notes) = fs::read_to_string(folder.path().join(name))
            && notes.ends_with('\n')
        {
            return notes.lines().map(|line| line.parse().unwrap()).collect();
        }
        sleep(Duration::from_millis(50)).await;
    }
    let log = fs::read_to_string(folder.path().join("python.log"));
    panic!("Python noted nothing: {log:?}");
}
