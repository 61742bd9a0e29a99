//! What Python workers hold: counted, and put back when they are gone.

use std::fs;
use std::time::Duration;

use adapters::redis::{Leftovers, Restored, UnackedKeys, UnackedMessages};
use redis::cmd;
use serde_json::{Value, json};
use tests::celery::{self, PythonWorker};
use tests::redis_server::RedisServer;
use tokio::time::sleep;

use super::message;

fn held(server: &RedisServer, prefix: &str) -> UnackedMessages {
    UnackedMessages::open(&server.url(), UnackedKeys::behind(prefix)).unwrap()
}

/// Lets a Python worker hold a message since so many seconds.
async fn hold(server: &RedisServer, prefix: &str, id: &str, age: u32, kept: &str) {
    let (now, _): (u64, u64) = server.ask(&cmd("TIME")).await.unwrap();
    let mut add = cmd("ZADD");
    add.arg(format!("{prefix}unacked_index"));
    add.arg(now - u64::from(age)).arg(id);
    server.ask::<()>(&add).await.unwrap();
    let mut set = cmd("HSET");
    set.arg(format!("{prefix}unacked")).arg(id).arg(kept);
    server.ask::<()>(&set).await.unwrap();
}

fn kept(id: &str, exchange: &str, routing_key: &str) -> String {
    let message: Value = serde_json::from_slice(&message(id, &json!({}))).unwrap();
    json!([message, exchange, routing_key]).to_string()
}

/// The ids in a list, those first that are served first.
async fn ids(server: &RedisServer, list: &str) -> Vec<String> {
    let mut range = cmd("LRANGE");
    range.arg(list).arg(0).arg(-1);
    let messages: Vec<String> = server.ask(&range).await.unwrap();
    let id = |text: &String| {
        let message: Value = text.parse().unwrap();
        message["headers"]["id"].as_str().unwrap().to_owned()
    };
    messages.iter().rev().map(id).collect()
}

fn restored(queue: &str, count: u64, left: u64) -> Restored {
    Restored {
        by_queue: [(queue.to_owned(), count)].into(),
        left,
    }
}

#[tokio::test]
async fn what_is_old_goes_back_to_the_front_in_its_order() {
    let server = RedisServer::start(&[]).await;
    for (id, age) in [("young", 10), ("b", 200), ("a", 300)] {
        hold(&server, "music:", id, age, &kept(id, "", "celery")).await;
    }
    hold(&server, "music:", "odd", 250, "no json").await;
    let mut push = cmd("LPUSH");
    push.arg("music:celery").arg(message("waits", &json!({})));
    server.ask::<()>(&push).await.unwrap();
    let held = held(&server, "music:");

    let Leftovers { count, oldest } = held.count().await.unwrap();
    let (tag, age) = oldest.unwrap();
    assert_eq!((count, tag.as_str()), (4, "a"));
    assert!((300..400).contains(&age.as_secs()), "{age:?}");
    let back = held.restore_older_than(Duration::from_secs(100)).await;

    assert_eq!(back.unwrap(), Some(restored("celery", 2, 1)));
    assert_eq!(ids(&server, "music:celery").await, ["a", "b", "waits"]);
    assert_eq!(held.count().await.unwrap().count, 2);
    let free: u32 = server
        .ask(cmd("EXISTS").arg("music:unacked_mutex"))
        .await
        .unwrap();
    assert_eq!(free, 0);
    // Nothing is there that has not been put back.
    let again = held.restore_older_than(Duration::from_secs(100)).await;
    assert_eq!(again.unwrap().unwrap().by_queue.len(), 0);
}

#[tokio::test]
async fn many_go_back_in_steps_and_by_their_exchange() {
    let server = RedisServer::start(&[]).await;
    for number in 0..100 {
        let id = format!("{number:03}");
        hold(&server, "", &id, 200 - number, &kept(&id, "songs", "new")).await;
    }
    hold(&server, "", "lost", 0, &kept("lost", "nowhere", "x")).await;
    let mut bind = cmd("SADD");
    bind.arg("_kombu.binding.songs");
    bind.arg("new\u{6}\u{16}\u{6}\u{16}queue")
        .arg("old\u{6}\u{16}\u{6}\u{16}other");
    server.ask::<()>(&bind).await.unwrap();
    let held = held(&server, "");
    let by_queue = held.by_queue().await.unwrap();
    assert_eq!(
        by_queue,
        [(String::new(), 1), ("queue".to_owned(), 100)].into()
    );

    let back = held.restore_all().await.unwrap();

    assert_eq!(back, Some(restored("queue", 100, 1)));
    let expected: Vec<String> = (0..100).map(|number| format!("{number:03}")).collect();
    assert_eq!(ids(&server, "queue").await, expected);
}

#[tokio::test]
async fn nothing_goes_back_while_somebody_else_puts_back() {
    let server = RedisServer::start(&[]).await;
    hold(&server, "", "a", 300, &kept("a", "", "celery")).await;
    let mut lock = cmd("SET");
    lock.arg("unacked_mutex").arg("python");
    server.ask::<()>(&lock).await.unwrap();
    let held = held(&server, "");

    assert_eq!(held.restore_all().await.unwrap(), None);

    assert_eq!(held.count().await.unwrap().count, 1);
    let holder: String = server.ask(cmd("GET").arg("unacked_mutex")).await.unwrap();
    assert_eq!(holder, "python");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_python_worker_held_goes_back() {
    let server = RedisServer::start(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let broker = celery::broker(&server);
    let environment = [
        ("BROKER", broker.as_str()),
        ("NOTES", notes.to_str().unwrap()),
    ];
    for id in ["0", "1", "2", "3"] {
        let sent = message(id, &json!({"task": "samples.hold"}));
        let sent = String::from_utf8(sent)
            .unwrap()
            .replace("W1sxLCAyXSwge30sIHt9XQ==", "W1sxXSwge30sIHt9XQ==");
        let mut push = cmd("LPUSH");
        push.arg("celery").arg(sent);
        server.ask::<()>(&push).await.unwrap();
    }
    let worker = PythonWorker::start("holding", &["-P", "solo"], folder.path(), &environment);
    for _ in 0..600 {
        if notes.exists() {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert!(
        notes.exists(),
        "{:?}",
        fs::read_to_string(folder.path().join("python.log"))
    );
    let held = held(&server, "");
    let before = held.count().await.unwrap().count;
    assert!(0 < before, "Python holds what it works on");

    // It is ended with SIGKILL.
    drop(worker);
    let back = held.restore_all().await.unwrap();

    assert_eq!(back, Some(restored("celery", before, 0)));
    assert_eq!(ids(&server, "celery").await, ["0", "1", "2", "3"]);
    assert_eq!(held.count().await.unwrap(), Leftovers::default());
}
