//! Redis goes away, falls silent, fills up, forgets: the queue carries on by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::redis::RedisQueue;
use domain::ports::{PortError, Queues, Settled, Severity, TaskQueue as _};
use domain::tasks::{Envelope, Payload, QueueName};
use redis::{Cmd, cmd};
use serde_json::json;
use tests::redis_server::RedisServer;
use tests::samples::task;
use tokio::time::{sleep, timeout};

use super::{FIRST, Place, done, ids};

/// How long an outage may go unnoticed.
const NOTICED: Duration = Duration::from_secs(30);
/// How long the queue may take to work again.
pub(super) const HEALED: Duration = Duration::from_mins(2);

/// Leases, however long it takes.
pub(super) async fn at_last(queue: &RedisQueue) -> Vec<String> {
    let queues = Queues::from(QueueName::default());
    let trying = async {
        loop {
            let answer = queue
                .lease(&FIRST, &queues, 9, Duration::from_millis(250))
                .await;
            match answer {
                Ok(leases) if !leases.is_empty() => {
                    return ids(&leases).into_iter().map(str::to_owned).collect();
                }
                Ok(_) => {}
                Err(error) => assert_eq!(error.severity, Severity::Transient, "{error:?}"),
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(HEALED, trying).await.expect("it works again")
}

/// Enqueues, however long it takes.
async fn queued_at_last(place: &Place<'_>, id: &str) {
    let trying = async {
        while let Err(error) = place.queue.enqueue(&[task(id)]).await {
            assert_eq!(error.severity, Severity::Transient, "{error:?}");
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(HEALED, trying).await.expect("it is queued");
}

/// What a worker hears that asks for work.
async fn refusal(place: &Place<'_>) -> PortError {
    let queues = Queues::from(QueueName::default());
    let long = Duration::from_mins(1);
    let asking = async {
        loop {
            if let Err(error) = place.queue.lease(&FIRST, &queues, 9, long).await {
                return error;
            }
        }
    };
    timeout(NOTICED, asking).await.expect("it is noticed")
}

pub(super) fn command(words: &[&str]) -> Cmd {
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command
}

#[tokio::test]
async fn a_server_that_crashed_is_found_again() {
    let mut server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&[task("a")]).await.unwrap();
    let lease = place.lease(FIRST).await.remove(0);
    let (queue, clock, settings) = (
        place.queue.clone(),
        place.clock.clone(),
        place.settings.clone(),
    );

    server.crash().await;
    let away = Place {
        server: &server,
        settings,
        clock,
        queue,
    };
    assert_eq!(refusal(&away).await.severity, Severity::Transient);
    let queue = Arc::clone(&away.queue);
    server.start_again().await;

    let trying = async {
        while queue.enqueue(&[task("b")]).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(HEALED, trying).await.expect("it is queued");
    assert_eq!(at_last(&queue).await, ["b"]);
    let late = queue.settle(&[lease.end(done(json!(1)))]).await.unwrap();
    assert_eq!(late, [Settled::TooLate], "the server lost what was held");
}

#[tokio::test]
async fn a_silent_server_is_noticed_and_forgiven() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&[task("a")]).await.unwrap();
    place.queue.alive(&FIRST).await.unwrap();

    server.pause();
    assert_eq!(refusal(&place).await.severity, Severity::Transient);
    let began = Instant::now();
    let heartbeat = place.queue.alive(&FIRST).await.unwrap_err();
    assert_eq!(heartbeat.severity, Severity::Transient);
    assert!(began.elapsed() < NOTICED);
    server.resume();

    assert_eq!(at_last(&place.queue).await, ["a"]);
}

#[tokio::test]
async fn a_waiting_worker_whose_connections_are_killed_is_not_deaf() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    let queue = Arc::clone(&place.queue);
    let waiting = tokio::spawn(async move { at_last(&queue).await });
    sleep(Duration::from_millis(300)).await;

    server
        .ask::<()>(&command(&[
            "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes",
        ]))
        .await
        .unwrap();
    queued_at_last(&place, "a").await;

    assert_eq!(waiting.await.unwrap(), ["a"]);
}

/// What is not drained because memory is full keeps it full.
#[tokio::test]
async fn a_full_server_takes_nothing_and_can_be_drained() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    let large = |number: u32| Envelope {
        payload: Payload::from_bytes(vec![b'x'; 100_000]),
        ..task(&number.to_string())
    };
    place.queue.enqueue(&[large(0)]).await.unwrap();
    server
        .ask::<()>(&command(&["CONFIG", "SET", "maxmemory", "4mb"]))
        .await
        .unwrap();
    let mut queued = 1;
    let full = loop {
        match place.queue.enqueue(&[large(queued)]).await {
            Ok(_) => queued += 1,
            Err(error) => break error,
        }
        assert!(queued < 1_000, "it is never full");
    };
    assert_eq!(full.severity, Severity::Transient, "{full:?}");

    let mut drained = 0;
    while drained < queued {
        let lease = place.lease(FIRST).await;
        assert!(!lease.is_empty(), "{drained} of {queued}");
        for lease in lease {
            assert_eq!(place.settle(lease, done(json!(1))).await, Settled::InTime);
            drained += 1;
        }
    }

    place.queue.enqueue(&[large(0)]).await.unwrap();
}

#[tokio::test]
async fn scripts_that_were_forgotten_are_told_again() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&["a", "b"].map(task)).await.unwrap();
    let lease = place.lease(FIRST).await.remove(0);

    server
        .ask::<()>(&command(&["SCRIPT", "FLUSH"]))
        .await
        .unwrap();

    assert_eq!(place.settle(lease, done(json!(1))).await, Settled::InTime);
    assert_eq!(place.queue.alive(&FIRST).await.unwrap(), 0);
    place.queue.enqueue(&[task("c")]).await.unwrap();
    assert_eq!(ids(&place.lease(FIRST).await), ["c"]);
}

#[tokio::test]
async fn a_server_that_forgot_everything_is_served_anew() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&["a", "b"].map(task)).await.unwrap();
    let lost = place.lease(FIRST).await.remove(0);

    server.ask::<()>(&command(&["FLUSHALL"])).await.unwrap();

    assert_eq!(place.settle(lost, done(json!(1))).await, Settled::TooLate);
    place.queue.enqueue(&[task("c")]).await.unwrap();
    assert_eq!(at_last(&place.queue).await, ["c"]);
    assert_eq!(place.queue.alive(&FIRST).await.unwrap(), 0);
}

#[tokio::test]
async fn a_demoted_server_is_waited_for() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&[task("a")]).await.unwrap();
    place.queue.alive(&FIRST).await.unwrap();

    server
        .ask::<()>(&command(&["REPLICAOF", "127.0.0.1", "1"]))
        .await
        .unwrap();
    assert_eq!(refusal(&place).await.severity, Severity::Transient);
    server
        .ask::<()>(&command(&["REPLICAOF", "NO", "ONE"]))
        .await
        .unwrap();

    assert_eq!(at_last(&place.queue).await, ["a"]);
}

#[tokio::test]
async fn a_new_password_is_no_reason_to_give_up() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&[task("a")]).await.unwrap();
    place.queue.alive(&FIRST).await.unwrap();
    let admin = redis::Client::open(format!(
        "unix://{}",
        server.folder().join("redis.sock").display()
    ));
    let mut admin = admin
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap();
    let mut tell = async |words: &[&str]| {
        let told = command(words).query_async::<redis::Value>(&mut admin).await;
        told.unwrap();
    };

    tell(&["CONFIG", "SET", "requirepass", "another"]).await;
    tell(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
    assert_eq!(refusal(&place).await.severity, Severity::Transient);
    tell(&["CONFIG", "SET", "requirepass", ""]).await;

    assert_eq!(at_last(&place.queue).await, ["a"]);
}
