//! What the real Celery's monitors hear of a node and its tasks.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use domain::ports::Attempted;
use domain::tasks::{Failure, FailureKind, Outcome, Reason, Revocation};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::celery;
use tests::redis_server::RedisServer;

use super::worker::lease;
use super::{Place, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_hears_a_worker_and_its_tasks() {
    let place = Place::on(RedisServer::shared().await).await;
    place.worker.takes("a", Some(Utc::now()));
    let (broker, prefix) = (place.broker.clone(), place.prefix.clone());
    let folder = TempDir::new().unwrap();
    let hears = folder.path().join("hears");
    let file = hears.display().to_string();
    let watch = move || celery::run("watch.py", &[&broker, &prefix, "worker-offline", &file]);
    let watching = tokio::task::spawn_blocking(watch);
    until(|| hears.exists()).await;

    place.events.received(&lease("unheard"));
    let enabled = place.answers(json!([["enable_events", {}, {}]])).await;
    assert_eq!(enabled[0]["ok"], "task events enabled");
    place.events.received(&lease("a"));
    place.events.started(&lease("a"));
    for (id, outcome) in [
        ("a", Outcome::Done(json!({"x": [5]}))),
        (
            "b",
            Outcome::Retry(Duration::ZERO, Reason::new("it is away")),
        ),
        (
            "c",
            Outcome::Failed(Failure::new(FailureKind::GivenUp, "boom")),
        ),
        (
            "d",
            Outcome::Failed(Failure::new(FailureKind::Unknown, "no such")),
        ),
        ("e", Outcome::Revoked(Revocation::Expired)),
        ("f", Outcome::Release),
    ] {
        place.events.ended(&Attempted {
            lease: Arc::new(lease(id)),
            outcome,
            took: Duration::from_millis(250),
        });
    }
    let name = place.name.clone();
    place.stop().await;
    let printed = watching.await.unwrap();
    let mut lines: Vec<Value> = printed.lines().map(|line| line.parse().unwrap()).collect();

    let alive = lines.pop().unwrap();
    assert_eq!(alive, json!([]), "whoever has gone is not there");
    assert!(
        lines.iter().all(|event| event["hostname"] == name.as_str()),
        "{printed}"
    );
    let clocks: Vec<_> = lines.iter().map(|event| event["clock"].as_u64()).collect();
    assert!(clocks.is_sorted(), "{clocks:?}");
    let of = |kind: &str| -> Vec<&Value> {
        lines.iter().filter(|event| event["type"] == kind).collect()
    };
    let heartbeat = of("worker-heartbeat")[0];
    assert_eq!(heartbeat["freq"], 2.0);
    assert_eq!(
        (&heartbeat["active"], &heartbeat["processed"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(lines.last().unwrap()["type"], "worker-offline");
    let received = of("task-received");
    assert_eq!(received.len(), 1, "what nobody wanted to know is not told");
    assert_eq!(received[0]["name"], "samples.work");
    assert_eq!(
        (&received[0]["args"], &received[0]["retries"]),
        (&json!("(2, 'x')"), &json!(0))
    );
    let of = |kind: &str, id: &str| of(kind).into_iter().find(|event| event["uuid"] == id);
    assert!(of("task-started", "a").is_some());
    let succeeded = of("task-succeeded", "a").unwrap();
    assert_eq!(succeeded["result"], "{'x': [5]}");
    assert_eq!(succeeded["runtime"], 0.25);
    assert!(
        of("task-retried", "b").unwrap()["exception"]
            .to_string()
            .contains("it is away")
    );
    let failed = of("task-failed", "c").unwrap();
    assert!(failed["exception"].to_string().contains("boom"), "{failed}");
    assert!(failed["traceback"].is_string(), "{failed}");
    let unknown = of("task-failed", "d").unwrap();
    assert_eq!(unknown["exception"], "NotRegistered('samples.work')");
    let revoked = of("task-revoked", "e").unwrap();
    assert_eq!(
        (&revoked["expired"], &revoked["terminated"]),
        (&json!(true), &json!(false))
    );
    assert!(
        !printed.contains("\"f\""),
        "what was not begun has not ended"
    );
}
