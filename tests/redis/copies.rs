//! What ours hold while Python's workers live: copied, so that nothing waits for us to come back.

use std::time::Duration;

use adapters::redis::{RedisSettings, UnackedKeys, UnackedMessages};
use chrono::TimeDelta;
use domain::ports::{TaskQueue as _, TaskQueueAdmin as _, Verdict};
use domain::tasks::{QueueName, Reason};
use redis::cmd;
use serde_json::{Value, json};
use tests::redis_server::RedisServer;
use tests::samples::{START, task};
use tokio::time::sleep;

use super::{FIRST, Place, SECOND, done, ids, lease, message, settle};

const LEASE: Duration = Duration::from_millis(600);

/// A queue that Python's workers serve, too.
async fn mixed(server: &RedisServer) -> Place<'_> {
    let short_lived = RedisSettings {
        lease: LEASE,
        ..RedisSettings::default()
    };
    let place = Place::with(server, &short_lived);
    let mut bind = cmd("SADD");
    bind.arg(place.key("_kombu.binding.celery.pidbox"));
    bind.arg("\x06\x16\x06\x16python@host.celery.pidbox");
    place.ask::<()>(&bind).await;
    place
}

/// What lies in `unacked`: the id of each message, and where it is to go.
async fn copies(place: &Place<'_>) -> Vec<(String, Value)> {
    let kept: Vec<String> = place.ask(cmd("HVALS").arg(place.key("unacked"))).await;
    let mut copies: Vec<_> = kept
        .iter()
        .map(|text| {
            let [message, exchange, queue]: [Value; 3] = serde_json::from_str(text).unwrap();
            let id = message["headers"]["id"].as_str().unwrap().to_owned();
            (id, json!([exchange, queue]))
        })
        .collect();
    copies.sort_by(|one, other| one.0.cmp(&other.0));
    copies
}

async fn ids_of_copies(place: &Place<'_>) -> Vec<String> {
    let copies = copies(place).await.into_iter();
    copies.map(|(id, _)| id).collect()
}

/// When each copy was received, by the words of the sorted set.
async fn received(place: &Place<'_>) -> Vec<f64> {
    let mut range = cmd("ZRANGE");
    range.arg(place.key("unacked_index")).arg(0).arg(-1);
    let scores: Vec<(String, f64)> = place.ask(range.arg("WITHSCORES")).await;
    scores.into_iter().map(|(_, score)| score).collect()
}

async fn send(place: &Place<'_>, id: &str) {
    place.send("celery", &message(id, &json!({}))).await;
}

/// Puts all copies into their queue, as a Python worker does after its visibility timeout.
async fn put_back(place: &Place<'_>) {
    let kept: Vec<String> = place.ask(cmd("HVALS").arg(place.key("unacked"))).await;
    for text in kept {
        let [message, ..]: [Value; 3] = serde_json::from_str(&text).unwrap();
        place.send("celery", message.to_string().as_bytes()).await;
    }
    let both = [place.key("unacked"), place.key("unacked_index")];
    place.ask::<()>(cmd("DEL").arg(&both)).await;
}

async fn is_nothing_left(place: &Place<'_>) -> bool {
    let names = ["unacked", "unacked_index", "backbeat:copies"];
    let keys = names.map(|name| place.key(name));
    place.ask::<u32>(cmd("EXISTS").arg(&keys)).await == 0
}

#[tokio::test]
async fn what_is_held_is_copied_until_it_ends() {
    let place = mixed(RedisServer::shared().await).await;
    for id in ["a", "b", "c", "d", "e"] {
        send(&place, id).await;
    }
    place.queue.enqueue(&[task("ours")]).await.unwrap();

    let mut held = place.lease(FIRST).await;

    assert_eq!(ids(&held), ["a", "b", "c", "d", "e", "ours"]);
    let there = copies(&place).await;
    assert_eq!(there[0], ("a".to_owned(), json!(["", "celery"])));
    assert_eq!(there.len(), 5, "what only we know is ours alone: {there:?}");
    let reason = || Reason::new("because");
    for verdict in [
        done(json!(1)),
        Verdict::Bury(reason()),
        Verdict::Release,
        Verdict::Retry(Duration::ZERO, reason()),
        done(json!(1)),
    ] {
        place.settle(held.remove(0), verdict).await;
    }
    assert_eq!(ids_of_copies(&place).await, ["d"]);
    let again = place.lease(FIRST).await;
    assert_eq!(ids(&again), ["d", "c"]);
    for lease in again {
        place.settle(lease, done(json!(1))).await;
    }
    assert!(is_nothing_left(&place).await);
}

#[tokio::test]
async fn nothing_is_copied_where_no_python_worker_lives() {
    let place = Place::on(RedisServer::shared().await);
    for (exchange, member) in [("pidbox", "one"), ("pidbox", "other")] {
        for set in [
            "backbeat:nodes".to_owned(),
            format!("_kombu.binding.celery.{exchange}"),
        ] {
            let mut bind = cmd("SADD");
            bind.arg(place.key(&set)).arg(member);
            place.ask::<()>(&bind).await;
        }
    }
    send(&place, "a").await;
    assert_eq!(ids(&place.lease(FIRST).await), ["a"]);
    assert!(is_nothing_left(&place).await, "our own nodes are no reason");

    let place = mixed(RedisServer::shared().await).await;
    let mut past = cmd("ZADD");
    past.arg(place.key("_kombu.binding_deadlines"));
    past.arg(1_700_000_000_000_u64).arg("celery.pidbox");
    place.ask::<()>(&past).await;
    send(&place, "a").await;
    assert_eq!(ids(&place.lease(FIRST).await), ["a"]);
    assert!(is_nothing_left(&place).await, "they are gone since long");
}

#[tokio::test]
async fn a_living_worker_says_of_its_copies_that_it_has_them() {
    let place = mixed(RedisServer::shared().await).await;
    send(&place, "a").await;
    let held = place.lease(FIRST).await.remove(0);
    let before = received(&place).await;
    sleep(Duration::from_millis(20)).await;
    place.queue.alive(&FIRST).await.unwrap();

    let after = received(&place).await;
    assert!(before[0] < after[0], "{before:?} {after:?}");

    let reason = Reason::new("later");
    let later = Verdict::Retry(Duration::from_hours(1), reason);
    place.settle(held, later).await;
    let due = (START + TimeDelta::hours(1)).timestamp();
    let mut in_an_hour = cmd("ZCOUNT");
    in_an_hour.arg(place.key("unacked_index")).arg(due).arg(due);
    assert_eq!(place.ask::<u32>(&in_an_hour).await, 1);
}

#[tokio::test]
async fn what_a_worker_holds_is_copied_when_python_comes_later() {
    let place = Place::on(RedisServer::shared().await);
    send(&place, "a").await;
    let held = place.lease(FIRST).await.remove(0);
    assert!(is_nothing_left(&place).await);

    let mut bind = cmd("SADD");
    bind.arg(place.key("_kombu.binding.celery.pidbox")).arg("p");
    place.ask::<()>(&bind).await;
    place.queue.alive(&FIRST).await.unwrap();

    assert_eq!(ids_of_copies(&place).await, ["a"]);
    place.settle(held, done(json!(1))).await;
    assert!(is_nothing_left(&place).await);
}

#[tokio::test]
async fn what_python_put_back_is_not_done_by_ours_too() {
    let place = mixed(RedisServer::shared().await).await;
    let other = place.again();
    for id in ["held", "waits"] {
        send(&place, id).await;
    }
    let mut held = place.lease(FIRST).await;
    let reason = Reason::new("later");
    let waits = Verdict::Retry(Duration::from_hours(1), reason);
    place.settle(held.remove(1), waits).await;

    // Its process is killed, and Python is the first to see that.
    sleep(LEASE * 2).await;
    put_back(&place).await;
    place.clock.advance(TimeDelta::hours(2));
    while other.alive(&SECOND).await.unwrap() == 0 {
        sleep(LEASE / 10).await;
    }

    let mut again = lease(&other, SECOND).await;
    again.extend(lease(&other, SECOND).await);
    let mut found = ids(&again);
    found.sort_unstable();
    assert_eq!(found, ["held", "waits"], "once each");
    for lease in again {
        settle(&other, lease, done(json!(1))).await;
    }
    assert_eq!(ids(&lease(&other, SECOND).await), [""; 0]);
    assert!(is_nothing_left(&place).await);
}

#[tokio::test]
async fn what_was_put_back_while_it_was_held_has_no_second_life() {
    let place = mixed(RedisServer::shared().await).await;
    send(&place, "a").await;
    let held = place.lease(FIRST).await.remove(0);
    put_back(&place).await;

    let reason = Reason::new("again");
    place
        .settle(held, Verdict::Retry(Duration::ZERO, reason))
        .await;

    let again = place.lease(FIRST).await;
    assert_eq!(ids(&again), ["a"], "that of the list");
    assert_eq!(again[0].attempt, 1);
}

#[tokio::test]
async fn whoever_leaves_or_purges_takes_the_copies_along() {
    let place = mixed(RedisServer::shared().await).await;
    let in_an_hour = json!({"eta": "2026-01-01T14:00:00+01:00"});
    place.send("celery", &message("eta", &in_an_hour)).await;
    assert_eq!(ids(&place.lease(FIRST).await), [""; 0]);
    assert_eq!(ids_of_copies(&place).await, ["eta"]);

    let queues = QueueName::default().into();
    assert_eq!(place.queue.leave(&FIRST, &queues).await.unwrap(), 1);
    assert_eq!(place.length("celery").await, 1);
    assert!(is_nothing_left(&place).await);

    assert_eq!(ids(&place.lease(SECOND).await), [""; 0]);
    assert_eq!(ids_of_copies(&place).await, ["eta"]);
    assert_eq!(place.queue.purge(&QueueName::default()).await.unwrap(), 1);
    assert!(is_nothing_left(&place).await);
}

#[tokio::test]
async fn copies_are_not_what_python_workers_left() {
    let place = mixed(RedisServer::shared().await).await;
    send(&place, "a").await;
    let _held = place.lease(FIRST).await;
    let url = place.server.url();
    let left = UnackedMessages::open(&url, UnackedKeys::behind(place.key(""))).unwrap();

    assert_eq!(left.count().await.unwrap().count, 0);
    assert_eq!(left.by_queue().await.unwrap(), [].into());
    let restored = left.restore_all().await.unwrap().unwrap();
    assert_eq!(restored.by_queue, [].into());
    assert_eq!(place.length("celery").await, 0);
}
