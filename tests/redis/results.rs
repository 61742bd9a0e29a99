//! Results, as Celery's `AsyncResult` reads them.

use std::time::Duration;

use adapters::redis::RedisSettings;
use domain::ports::{TaskQueue as _, Verdict};
use domain::tasks::Reason;
use redis::cmd;
use serde_json::{Value, json};
use tests::redis_server::RedisServer;
use tests::samples::task;

use super::{FIRST, Place, done, message};

async fn place() -> Place<'static> {
    let settings = RedisSettings {
        results_kept_for: Some(Duration::from_secs(90)),
        ..RedisSettings::default()
    };
    Place::with(RedisServer::shared().await, &settings)
}

async fn result(place: &Place<'_>, id: &str) -> Option<Value> {
    let key = place.key(&format!("celery-task-meta-{id}"));
    let text: Option<String> = place.ask(cmd("GET").arg(&key)).await;
    if text.is_some() {
        let seconds: i64 = place.ask(cmd("TTL").arg(&key)).await;
        assert!((1..=90).contains(&seconds), "{seconds} s");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}

async fn carry_out(place: &Place<'_>, id: &str, headers: &Value, verdict: Verdict) {
    place.send("celery", &message(id, headers)).await;
    let lease = place.lease(FIRST).await.remove(0);
    place.settle(lease, verdict).await;
}

#[tokio::test]
async fn a_success_is_stored_with_its_result() {
    let place = place().await;
    let headers = json!({"parent_id": "p", "group": "g", "ignore_result": false});

    carry_out(&place, "a", &headers, done(json!({"sent": ["ä"]}))).await;

    let stored = result(&place, "a").await.unwrap();
    let expected = json!({
        "status": "SUCCESS", "result": {"sent": ["ä"]}, "traceback": null, "children": [],
        "date_done": "2026-01-01T12:00:00+00:00", "task_id": "a", "parent_id": "p", "group_id": "g",
    });
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn a_failure_is_stored_as_an_error_that_python_can_raise() {
    let place = place().await;

    carry_out(
        &place,
        "a",
        &json!({}),
        Verdict::Bury(Reason::new("no hope")),
    )
    .await;

    let stored = result(&place, "a").await.unwrap();
    assert_eq!(stored["status"], "FAILURE");
    let error =
        json!({"exc_type": "TaskBuried", "exc_message": ["no hope"], "exc_module": "backbeat"});
    assert_eq!(stored["result"], error);
}

#[tokio::test]
async fn a_late_failure_does_not_overwrite_a_success() {
    let place = place().await;
    carry_out(&place, "a", &json!({}), done(json!(1))).await;

    carry_out(&place, "a", &json!({}), Verdict::Bury(Reason::new("late"))).await;

    assert_eq!(result(&place, "a").await.unwrap()["status"], "SUCCESS");
}

#[tokio::test]
async fn nothing_is_stored_that_nobody_waits_for() {
    let place = place().await;
    carry_out(&place, "a", &json!({"ignore_result": true}), done(json!(1))).await;
    let again = Verdict::Retry(Duration::from_secs(9), Reason::new("away"));
    carry_out(&place, "b", &json!({}), again).await;
    place.queue.enqueue(&[task("ours")]).await.unwrap();
    let lease = place.lease(FIRST).await.remove(0);
    place.settle(lease, done(json!(1))).await;

    for id in ["a", "b", "ours"] {
        assert_eq!(result(&place, id).await, None, "{id}");
    }
}

#[tokio::test]
async fn whoever_waits_for_a_result_hears_of_it() {
    let place = place().await;
    let mut url = String::from("unix://");
    url.push_str(place.server.folder().join("redis.sock").to_str().unwrap());
    let client = redis::Client::open(url).unwrap();
    let mut waiting = client.get_async_pubsub().await.unwrap();
    waiting
        .subscribe(place.key("celery-task-meta-a"))
        .await
        .unwrap();

    carry_out(&place, "a", &json!({}), done(json!("sent"))).await;

    let heard = futures_util::StreamExt::next(&mut waiting.on_message())
        .await
        .unwrap();
    let heard: Value = serde_json::from_slice(heard.get_payload_bytes()).unwrap();
    assert_eq!(heard, result(&place, "a").await.unwrap());
}
