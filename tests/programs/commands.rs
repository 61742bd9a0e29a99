//! The commands of an operator.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use domain::tasks::{Envelope, Payload};
use redis::cmd;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::Client;
use tests::program::command;
use tests::redis_server::RedisServer;
use tests::samples::{task, value};

use super::by_redis::folder;
use super::{artist, backbeat, enqueue, until_congratulated};

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut how = command("backbeat", folder);
    how.args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = how.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn the_demo_tells_the_story_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let output = run(folder.path(), &["demo"], "");

    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let story = [
        "POST /authentication/register/",
        "POST /artists/",
        "POST /albums/",
        "Subject: Your album “Notes on Bernoulli” is published",
        "Hello Ada & the Engines,",
        "31 days",
        "Subject: 31 days without a new album",
        "Silence costs popularity",
        "POST /unsubscribe/v1.",
        "You are unsubscribed",
        "nobody is reminded",
    ];
    let mut rest = said.as_str();
    for words in story {
        rest = rest
            .split_once(words)
            .unwrap_or_else(|| panic!("{words} in {said}"))
            .1;
    }
    assert!(!said.contains("correct horse"), "{said}");
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_approves_what_the_public_then_sees() {
    let folder = TempDir::new().unwrap();
    let (program, address) = backbeat(folder.path());
    let album = artist(address, "ada").await.publish("First").await.unwrap();
    let admin = [
        "create-admin",
        "--username",
        "root",
        "--email",
        "root@example.com",
    ];

    let weak = run(folder.path(), &admin, "short\n");
    let created = run(folder.path(), &admin, "correct horse battery\n");
    let twice = run(folder.path(), &admin, "correct horse battery\n");

    assert_eq!(weak.status.code(), Some(1), "{}", said(&weak));
    assert!(created.status.success(), "{}", said(&created));
    assert_eq!(twice.status.code(), Some(1), "{}", said(&twice));
    let mut client = Client::connect(address).await.unwrap();
    let path = format!("/albums/{album}/");
    assert_eq!(client.send("GET", &path, None).await.unwrap().status, 404);
    let credentials = json!({"username": "root", "password": "correct horse battery"});
    let logged_in = client
        .send("POST", "/authentication/login/", Some(credentials))
        .await
        .unwrap();
    let mut root = Client::connect(address)
        .await
        .unwrap()
        .with_token(logged_in.body["token"].as_str().unwrap().to_owned());
    assert_eq!(
        root.send("PATCH", &path, Some(json!({"is_approved": true})))
            .await
            .unwrap()
            .status,
        200
    );
    assert_eq!(client.send("GET", &path, None).await.unwrap().status, 200);
    program.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn inspect_shows_tasks_and_mails() {
    let folder = TempDir::new().unwrap();
    let (program, address) = backbeat(folder.path());
    let album = artist(address, "ada").await.publish("First").await.unwrap();
    until_congratulated(folder.path(), &BTreeSet::from([album])).await;
    program.stop();

    let text = run(folder.path(), &["inspect"], "");
    let document = run(folder.path(), &["inspect", "--json"], "");

    assert!(
        said(&text).contains("celery: 0 waiting, 0 running, 1 done, 0 buried"),
        "{}",
        said(&text)
    );
    assert!(said(&text).contains("1 sent"), "{}", said(&text));
    let document: Value = serde_json::from_slice(&document.stdout).unwrap();
    assert_eq!(document["queues"][0]["done"], 1);
    assert_eq!(document["mails"]["sent"], 1);
    assert_eq!(document["buried"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buried_task_is_shown_with_its_reason_and_lives_again() {
    let folder = TempDir::new().unwrap();
    let (program, _) = backbeat(folder.path());
    program.stop();
    let path = folder.path().join("var/backbeat.sqlite3");
    enqueue_unknown_task(&path).await;
    let (program, _) = backbeat(folder.path());
    let buried = until_buried(folder.path());
    program.stop();

    let id = buried["id"].as_str().unwrap();
    let requeued = run(folder.path(), &["requeue", id], "");
    let again = run(folder.path(), &["requeue", id], "");

    assert_eq!(
        buried["reason"],
        "no handler for the task name tests.nobody_knows"
    );
    assert_eq!(buried["payload"], "not even JSON");
    assert!(requeued.status.success(), "{}", said(&requeued));
    assert_eq!(again.status.code(), Some(1), "{}", said(&again));
    let no = run(folder.path(), &["purge"], "no\n");
    let yes = run(folder.path(), &["purge"], "yes\n");
    assert!(said(&no).contains("nothing was removed"), "{}", said(&no));
    assert!(
        said(&yes).contains("removed 1 waiting tasks"),
        "{}",
        said(&yes)
    );
}

#[test]
fn purge_speaks_of_the_default_queue_that_is_set() {
    let folder = TempDir::new().unwrap();
    let settings = "CELERY_CONF_TASK_DEFAULT_QUEUE=albums";
    std::fs::write(folder.path().join(".env"), settings).unwrap();

    let purged = run(folder.path(), &["purge", "--force"], "");

    let expected = "removed 0 waiting tasks of the queue albums";
    assert!(said(&purged).contains(expected), "{}", said(&purged));
}

/// Queues a task that no worker knows.
async fn enqueue_unknown_task(path: &Path) {
    let task = Envelope {
        name: value("tests.nobody_knows"),
        payload: Payload::from_bytes(b"not even JSON".to_vec()),
        ..task("1")
    };
    enqueue(path, task).await;
}

fn until_buried(folder: &Path) -> Value {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let output = run(folder, &["inspect", "--json"], "");
        let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
        if let Some(task) = document["buried"].get_mut(0) {
            return task.take();
        }
        assert!(Instant::now() < deadline, "nothing is buried: {document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_workers_left_is_put_back_after_asking() {
    let redis = RedisServer::start(&[]).await;
    let folder = folder(&redis, None);
    let message = r#"[{"body": "W10=", "headers": {"id": "a"}, "properties": {}}, "", "songs"]"#;
    let mut hold = cmd("HSET");
    hold.arg("unacked").arg("tag").arg(message);
    redis.ask::<()>(&hold).await.unwrap();
    let mut index = cmd("ZADD");
    index.arg("unacked_index").arg(1).arg("tag");
    redis.ask::<()>(&index).await.unwrap();

    let asked = run(folder.path(), &["restore-unacked"], "no\n");
    let told = said(&asked);
    assert!(told.contains("held: 1 of the queue songs"), "{told}");
    assert!(told.contains("nothing was put back"), "{told}");
    let forced = run(folder.path(), &["restore-unacked", "--force"], "");

    let told = said(&forced);
    assert!(told.contains("put back: 1 of the queue songs"), "{told}");
    let waiting: usize = redis.ask(cmd("LLEN").arg("songs")).await.unwrap();
    assert_eq!(waiting, 1);
    let again = run(folder.path(), &["restore-unacked"], "");
    assert!(said(&again).contains("hold nothing"), "{}", said(&again));
}

#[test]
fn without_redis_python_left_nothing() {
    let refused = run(TempDir::new().unwrap().path(), &["restore-unacked"], "");

    assert!(
        said(&refused).contains("REDIS_URL is not set"),
        "{}",
        said(&refused)
    );
    assert!(!refused.status.success());
}
