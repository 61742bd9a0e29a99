//! The client: what it leaves in Redis, and how it hears of results.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::wire::Signature;
use adapters::redis::{CeleryClient, ClientSettings, ResultSettings};
use domain::ports::Severity;
use redis::cmd;
use serde_json::{Value, json};
use tests::patience::once_within;
use tests::redis_server::RedisServer;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// A client whose keys are its own, and what they begin with.
async fn client() -> (&'static RedisServer, CeleryClient, String) {
    let server = RedisServer::shared().await;
    let prefix = format!("{}:", Uuid::now_v7());
    let settings = ClientSettings {
        prefix: prefix.clone(),
        results: ResultSettings {
            prefix: prefix.clone(),
            ..ResultSettings::default()
        },
        ..ClientSettings::default()
    };
    let url = server.url();
    let client = CeleryClient::open(&url, Some(&url), Arc::new(SystemClock), settings).unwrap();
    (server, client, prefix)
}

async fn store(server: &RedisServer, key: &str, status: &str) {
    let document = json!({"status": status, "result": 5, "task_id": "a"}).to_string();
    let mut set = cmd("SET");
    server.ask::<()>(set.arg(key).arg(&document)).await.unwrap();
    let mut publish = cmd("PUBLISH");
    let publish = publish.arg(key).arg(&document);
    server.ask::<()>(publish).await.unwrap();
}

const LONG: Duration = Duration::from_mins(2);

#[tokio::test]
async fn a_task_is_in_its_list_and_its_queue_is_declared() {
    let (server, client, prefix) = client().await;
    let task = Signature::new("t")
        .with_option("queue", "q")
        .with_option("priority", 5);

    let id = client.send(task.clone()).await.unwrap();
    client.send(task).await.unwrap();

    let list = format!("{prefix}q\u{6}\u{16}3");
    let messages: Vec<Vec<u8>> = server
        .ask(cmd("LRANGE").arg(&list).arg(0).arg(-1))
        .await
        .unwrap();
    assert_eq!(messages.len(), 2);
    let first: Value = serde_json::from_slice(&messages[1]).unwrap();
    assert_eq!(first["headers"]["id"], Value::from(id));
    for set in ["_kombu.binding", "_kombu.binding_permanent"] {
        let key = format!("{prefix}{set}.q");
        let members: Vec<String> = server.ask(cmd("SMEMBERS").arg(&key)).await.unwrap();
        assert_eq!(members, ["q\u{6}\u{16}\u{6}\u{16}q"]);
    }
}

#[tokio::test]
async fn a_chord_is_known_before_its_parts_are() {
    let (server, client, prefix) = client().await;
    let header = vec![Signature::new("t"), Signature::new("t")];
    let chord = Signature::chord(header, Signature::new("body"));

    client.send(chord).await.unwrap();

    let message: Vec<u8> = server
        .ask(cmd("LINDEX").arg(format!("{prefix}celery")).arg(0))
        .await
        .unwrap();
    let message: Value = serde_json::from_slice(&message).unwrap();
    let group = message["headers"]["group"].as_str().unwrap();
    let key = format!("{prefix}celery-taskset-meta-{group}.s");
    let size: usize = server.ask(cmd("GET").arg(&key)).await.unwrap();
    assert_eq!(size, 2);
    let seconds: i64 = server.ask(cmd("TTL").arg(&key)).await.unwrap();
    assert!(0 < seconds);
}

#[tokio::test]
async fn a_result_that_is_there_is_not_waited_for() {
    let (server, client, prefix) = client().await;
    store(server, &format!("{prefix}celery-task-meta-a"), "FAILURE").await;

    let document = client.wait("a", LONG).await.unwrap().unwrap();

    assert_eq!(document["status"], "FAILURE");
}

/// As Python packs what is long: `{"status": "SUCCESS", "result": 5}`.
#[tokio::test]
async fn a_result_that_python_packed_is_read() {
    let (server, client, prefix) = client().await;
    let packed = b"\0celery-compressed\0application/x-gzip\0"
        .iter()
        .chain(b"x\xda\xabV*.I,)-V\xb2RP\x0a\x0euvv\x0d\x0eV\xd2QP*J-.\xcd)\x01\x0a\x9a\xd6\x02\x00\xbal\x0aV");
    let packed: Vec<u8> = packed.copied().collect();
    let mut set = cmd("SET");
    set.arg(format!("{prefix}celery-task-meta-a")).arg(packed);
    server.ask::<()>(&set).await.unwrap();

    let document = client.result("a").await.unwrap().unwrap();

    assert_eq!(document, json!({"status": "SUCCESS", "result": 5}));
    assert_eq!(client.wait("a", LONG).await.unwrap(), Some(document));
}

#[tokio::test]
async fn a_result_is_heard_of_when_it_is_told() {
    let (server, client, prefix) = client().await;
    // Who does not listen looks every five seconds.
    once_within(Duration::from_secs(4), async |number| {
        let id = number.to_string();
        let key = format!("{prefix}celery-task-meta-{id}");
        let telling = async {
            // Long enough for the other to listen; if it does not yet, it looks.
            sleep(Duration::from_millis(300)).await;
            store(server, &key, "STARTED").await;
            sleep(Duration::from_millis(50)).await;
            store(server, &key, "SUCCESS").await;
        };

        let begin = Instant::now();
        let (document, ()) = tokio::join!(client.wait(&id, LONG), telling);

        assert_eq!(document.unwrap().unwrap()["result"], 5);
        begin.elapsed()
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_in_vain_is_told_so() {
    let (_, client, _) = client().await;

    let within = Duration::from_millis(100);
    assert_eq!(client.wait("nobody", within).await.unwrap(), None);
    assert_eq!(client.result("nobody").await.unwrap(), None);
}

#[tokio::test]
async fn an_outage_is_waited_out() {
    let mut server = RedisServer::start(&["--appendonly", "yes"]).await;
    let url = server.url();
    let settings = ClientSettings::default();
    let client = CeleryClient::open(&url, Some(&url), Arc::new(SystemClock), settings).unwrap();
    let outage = async {
        sleep(Duration::from_millis(300)).await;
        server.crash().await;
        server.start_again().await;
        store(&server, "celery-task-meta-a", "SUCCESS").await;
    };

    let (document, ()) = tokio::join!(client.wait("a", LONG), outage);

    assert_eq!(document.unwrap().unwrap()["status"], "SUCCESS");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_for_good() {
    let (_, client, _) = client().await;
    let url = RedisServer::shared().await.url();
    let settings = ClientSettings::default();
    let without = CeleryClient::open(&url, None, Arc::new(SystemClock), settings).unwrap();

    let nonsense = Signature::new("t").with_option("countdown", json!(["soon"]));
    let chord = Signature::chord(vec![Signature::new("t")], Signature::new("body"));

    for refused in [
        client.send(nonsense).await,
        client.send(Signature::chain(Vec::new())).await,
        without.send(chord).await,
    ] {
        assert_eq!(refused.unwrap_err().severity, Severity::Permanent);
    }
}
