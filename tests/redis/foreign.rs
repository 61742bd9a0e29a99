//! What Python sends, and what becomes of it.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Queues, TaskQueue as _, TaskQueueAdmin as _, TaskState, Verdict};
use domain::tasks::{QueueName, Reason};
use redis::cmd;
use serde_json::{Value, json};
use tests::log::Log;
use tests::redis_server::RedisServer;
use tests::samples::{START, task, worker};

use super::{FIRST, Place, SECOND, ids, message};

#[tokio::test]
async fn what_python_sends_is_offered_and_carries_its_retries() {
    let place = Place::on(RedisServer::shared().await);
    place
        .send("celery", &message("a", &json!({"retries": 2})))
        .await;

    let leases = place.lease(FIRST).await;

    assert_eq!(ids(&leases), ["a"]);
    assert_eq!((leases[0].attempt, leases[0].due_since), (3, START));
}

#[tokio::test]
async fn an_eta_of_python_is_waited_for_on_redis() {
    let place = Place::on(RedisServer::shared().await);
    let in_an_hour = json!({"eta": "2026-01-01T14:00:00+01:00"});
    place.send("celery", &message("later", &in_an_hour)).await;
    place.send("celery", &message("now", &json!({}))).await;

    assert_eq!(ids(&place.lease(FIRST).await), ["now"]);
    assert_eq!(place.length("celery").await, 0);
    place.clock.advance(TimeDelta::minutes(59));
    assert_eq!(ids(&place.lease(FIRST).await), [""; 0]);

    place.clock.advance(TimeDelta::minutes(1));
    let leases = place.lease(FIRST).await;
    assert_eq!(ids(&leases), ["later"]);
    assert_eq!(leases[0].due_since, START + TimeDelta::hours(1));
    assert_eq!(leases[0].attempt, 1);
}

#[tokio::test]
async fn what_nobody_understands_is_kept_byte_for_byte_and_stops_nothing() {
    let place = Place::on(RedisServer::shared().await);
    let long = vec![b'x'; 3 * 1024 * 1024];
    let pickled = message("pickled", &json!({}));
    let pickled = String::from_utf8(pickled).unwrap();
    let pickled = pickled.replace("application/json", "application/x-python-serialize");
    for broken in [b"\xff\0no json".as_slice(), &long, pickled.as_bytes()] {
        place.send("celery", broken).await;
    }
    place.send("celery", &message("fine", &json!({}))).await;
    let listener = Log::listen();

    assert_eq!(ids(&place.lease(FIRST).await), ["fine"]);

    let lines = listener.lines_with("in the queue celery was put into quarantine");
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains("WARN"), "{lines:?}");
    assert!(
        lines[0].contains("3145728 bytes") && lines[0].contains("2097152 are read"),
        "{lines:?}"
    );

    let kept = place.queue.quarantined(9).await.unwrap();
    let lengths: Vec<usize> = kept.iter().map(|each| each.length).collect();
    assert_eq!(lengths, [pickled.len(), 9, long.len()]);
    assert!(
        kept[0].reason.contains("x-python-serialize"),
        "{:?}",
        kept[0]
    );
    assert_eq!(kept[1].beginning, b"\xff\0no json");
    assert_eq!((kept[1].queue.as_str(), kept[1].at), ("celery", START));
    assert!(
        kept[2].reason.contains("3145728 bytes long"),
        "{:?}",
        kept[2]
    );
    let mut whole = cmd("LINDEX");
    whole.arg(place.key("backbeat:quarantine")).arg(2);
    let whole: Vec<u8> = place.ask(&whole).await;
    assert!(whole.ends_with(&long));
    // What is set aside is not held by anybody.
    place.queue.forget(&FIRST).await.unwrap();
    assert_eq!(place.queue.alive(&SECOND).await.unwrap(), 1);
}

#[tokio::test]
async fn what_waits_in_our_own_keys_is_still_the_message_that_python_sent() {
    let place = Place::on(RedisServer::shared().await);
    let sent = message("a", &json!({"note": "{\"a\": \"ä\\u001f\n\"}"}));
    place.send("celery", &sent).await;
    let words = "\"no\" \\u0022 \\ \u{1f}";
    // Of what was said the line is kept.
    let line = Reason::new(Reason::new(words).as_str());
    let retry = Verdict::Retry(Duration::from_secs(1), Reason::new(words));
    let lease = place.lease(FIRST).await.remove(0);
    let body = lease.envelope.payload.clone();
    place.settle(lease, retry).await;

    let mut waiting = cmd("ZRANGE");
    waiting.arg(place.key("backbeat:due:celery")).arg(0).arg(-1);
    let records: Vec<String> = place.ask(&waiting).await;
    let mut record: Value = records[0].parse().unwrap();
    assert!(record.as_object_mut().unwrap().remove("backbeat").is_some());
    assert_eq!(record, serde_json::from_slice::<Value>(&sent).unwrap());
    assert!(records[0].as_bytes().ends_with(&sent[1..]), "{records:?}");

    let rows = place.queue.list(TaskState::Waiting, 9).await.unwrap();
    assert_eq!(rows[0].reason.as_ref(), Some(&line));
    place.clock.advance(TimeDelta::seconds(1));
    let lease = place.lease(FIRST).await.remove(0);
    assert_eq!((lease.attempt, &lease.envelope.payload), (2, &body));
    place.settle(lease, Verdict::Bury(Reason::new(words))).await;
    let rows = place.queue.list(TaskState::Buried, 9).await.unwrap();
    assert_eq!(rows[0].reason.as_ref(), Some(&line));
}

#[tokio::test]
async fn the_last_worker_hands_back_what_waits_for_its_time() {
    let place = Place::on(RedisServer::shared().await);
    let queues = Queues::from(QueueName::default());
    let at = (START + TimeDelta::hours(1)).to_rfc3339();
    place
        .send("celery", &message("a", &json!({"eta": at})))
        .await;
    let tried = json!({"retries": 1, "stamped_headers": [], "stamps": {}});
    place.send("celery", &message("tried", &tried)).await;
    place.queue.enqueue(&[task("ours")]).await.unwrap();
    let retry = Verdict::Retry(Duration::from_hours(1), Reason::new("away"));
    for lease in place.lease(FIRST).await {
        place.settle(lease, retry.clone()).await;
    }
    let waiting = async || -> Vec<Vec<u8>> {
        let mut range = cmd("LRANGE");
        range.arg(place.key("celery")).arg(0).arg(-1);
        place.ask(&range).await
    };
    let looks_on = worker(3);
    place.queue.alive(&looks_on).await.unwrap();
    assert_eq!(ids(&place.lease(SECOND).await), [""; 0]);
    assert_eq!(waiting().await.len(), 0);

    assert_eq!(place.queue.leave(&FIRST, &queues).await.unwrap(), 0);
    assert_eq!(waiting().await.len(), 0, "another worker sees to it");
    assert_eq!(place.queue.leave(&SECOND, &queues).await.unwrap(), 2);

    let mut back = waiting().await;
    back.sort();
    let retried = json!({
        "retries": 2, "stamped_headers": [], "stamps": {}, "eta": "2026-01-01T13:00:00.000000+00:00",
    });
    assert_eq!(
        back.iter().map(|each| json_of(each)).collect::<Vec<_>>(),
        [
            redelivered("a", json!({"eta": at})),
            redelivered("tried", retried)
        ]
    );
    assert_eq!(place.queue.leave(&SECOND, &queues).await.unwrap(), 0);
    place.clock.advance(TimeDelta::hours(1));
    let leases = place.lease(FIRST).await;
    let mut back: Vec<_> = leases
        .iter()
        .map(|lease| (lease.envelope.id.as_str(), lease.attempt))
        .collect();
    back.sort_unstable();
    assert_eq!(back, [("a", 1), ("ours", 2), ("tried", 3)]);
}

/// The message that [`message`] makes, handed back.
fn redelivered(id: &str, mut headers: Value) -> Value {
    headers["redelivered"] = true.into();
    let mut message = json_of(&message(id, &headers));
    message["properties"]["delivery_info"]["redelivered"] = true.into();
    message
}

fn json_of(message: &[u8]) -> Value {
    serde_json::from_slice(message).unwrap()
}

#[tokio::test]
async fn what_goes_back_says_that_it_was_delivered_and_is_else_as_it_was() {
    let place = Place::on(RedisServer::shared().await);
    let tricky = json!({"none": {}, "list": [], "says": "\"headers\": {", "deep": {"headers": {}}});
    place.send("celery", &message("a", &tricky)).await;
    for _ in 0..2 {
        let lease = place.lease(FIRST).await.remove(0);
        place.settle(lease, Verdict::Release).await;

        let mut first = cmd("LINDEX");
        first.arg(place.key("celery")).arg(0);
        let back: Vec<u8> = place.ask(&first).await;
        assert_eq!(json_of(&back), redelivered("a", tricky.clone()));
    }
}

#[tokio::test]
async fn the_quarantine_is_bounded_and_the_oldest_make_room() {
    let place = Place::on(RedisServer::shared().await);
    let filler = vec![b'x'; 30 * 1024 * 1024];
    for mark in [b"1", b"2", b"3"] {
        place.send("celery", &[mark, &filler[..]].concat()).await;
        place.lease(FIRST).await;
    }

    let kept = place.queue.quarantined(9).await.unwrap();

    let marks: Vec<u8> = kept.iter().map(|each| each.beginning[0]).collect();
    assert_eq!(marks, b"32");
}

#[tokio::test]
async fn a_retry_waits_in_keys_of_our_own_and_counts() {
    let place = Place::on(RedisServer::shared().await);
    place.send("celery", &message("a", &json!({}))).await;
    let lease = place.lease(FIRST).await.remove(0);
    let away = Verdict::Retry(Duration::from_mins(1), Reason::new("away"));
    place.settle(lease, away).await;

    assert_eq!(place.length("celery").await, 0);
    let rows = place.queue.list(TaskState::Waiting, 9).await.unwrap();
    assert_eq!(
        (rows[0].attempts, rows[0].due_at),
        (1, START + TimeDelta::minutes(1))
    );
    place.clock.advance(TimeDelta::minutes(1));
    let lease = place.lease(SECOND).await.remove(0);
    assert_eq!((lease.attempt, lease.due_since), (2, START));
}
