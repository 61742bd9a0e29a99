//! Workers that live, fall silent, and come back.

use std::time::{Duration, Instant};

use adapters::redis::RedisSettings;
use domain::ports::{Queues, Settled, Severity, TaskQueue as _, WorkerId};
use domain::tasks::QueueName;
use redis::cmd;
use serde_json::json;
use tests::redis_server::RedisServer;
use tests::samples::task;
use tokio::time::sleep;
use uuid::Uuid;

use super::{FIRST, NO_WAIT, Place, SECOND, done, ids, lease, settle};

/// As short as who is to be missed may be silent.
const LEASE: Duration = Duration::from_millis(600);
/// Longer than a busy machine is between two signs of life of who is not to be missed.
const PATIENT: Duration = Duration::from_secs(4);

fn short_lived() -> RedisSettings {
    living(LEASE)
}

/// How workers are kept that may be silent for `lease`.
fn living(lease: Duration) -> RedisSettings {
    RedisSettings {
        lease,
        ..RedisSettings::default()
    }
}

#[tokio::test]
async fn what_a_silent_worker_held_comes_back_and_it_begins_anew() {
    let place = Place::with(RedisServer::shared().await, &short_lived());
    let other = place.again();
    place.queue.enqueue(&["a", "b"].map(task)).await.unwrap();
    let began = Instant::now();
    let lost = place.lease(FIRST).await.remove(0);

    let mut taken_back = 0;
    while taken_back < 2 {
        assert!(began.elapsed() < LEASE * 100, "{taken_back}");
        taken_back += other.alive(&SECOND).await.unwrap();
        sleep(LEASE / 10).await;
    }
    assert!(LEASE <= began.elapsed(), "not before its lease ended");

    let held = lease(&other, SECOND).await.remove(0);
    assert_eq!(held.crashes, 1);
    assert_eq!(place.settle(lost, done(json!(1))).await, Settled::TooLate);
    assert_eq!(settle(&other, held, done(json!(2))).await, Settled::InTime);
    let anew = place.lease(FIRST).await;
    assert_eq!(anew.len(), 1, "{:?}", ids(&anew));
}

#[tokio::test]
async fn a_worker_that_gives_signs_of_life_keeps_what_it_holds() {
    let place = Place::with(RedisServer::shared().await, &living(PATIENT));
    let other = place.again();
    place.queue.enqueue(&[task("long")]).await.unwrap();
    let held = place.lease(FIRST).await.remove(0);

    for _ in 0..12 {
        sleep(PATIENT / 10).await;
        place.queue.alive(&FIRST).await.unwrap();
        assert_eq!(other.alive(&SECOND).await.unwrap(), 0);
    }

    assert_eq!(place.settle(held, done(json!(1))).await, Settled::InTime);
}

/// A worker that nobody took for dead meanwhile has lost nothing.
#[tokio::test]
async fn a_silence_that_nobody_noticed_costs_nothing() {
    let place = Place::with(RedisServer::shared().await, &short_lived());
    place.queue.enqueue(&[task("a")]).await.unwrap();
    let held = place.lease(FIRST).await.remove(0);
    sleep(LEASE * 2).await;

    assert_eq!(place.queue.alive(&FIRST).await.unwrap(), 0);

    assert_eq!(place.settle(held, done(json!(1))).await, Settled::InTime);
}

/// Nobody could say that they live, so nobody is dead.
#[tokio::test]
async fn an_outage_of_redis_is_nobody_s_death() {
    let server = RedisServer::start(&[]).await;
    let place = Place::with(&server, &living(PATIENT));
    let other = place.again();
    place.queue.enqueue(&[task("a")]).await.unwrap();
    let held = place.lease(FIRST).await.remove(0);
    other.alive(&SECOND).await.unwrap();

    server.pause();
    sleep(PATIENT + PATIENT / 5).await;
    server.resume();

    assert_eq!(other.alive(&SECOND).await.unwrap(), 0);
    assert_eq!(place.settle(held, done(json!(1))).await, Settled::InTime);
}

#[tokio::test]
async fn thousands_of_tasks_come_back_in_steps() {
    let place = Place::on(RedisServer::shared().await);
    let tasks: Vec<_> = (0..3_000).map(|number| task(&number.to_string())).collect();
    place.queue.enqueue(&tasks).await.unwrap();
    let mut count = 0;
    while let leased @ 1.. = place.lease(FIRST).await.len() {
        count += leased;
    }
    assert_eq!(count, 3_000);

    place.queue.forget(&FIRST).await.unwrap();

    assert_eq!(place.queue.alive(&SECOND).await.unwrap(), 3_000);
}

#[tokio::test]
async fn nothing_is_left_of_what_has_ended() {
    let place = Place::on(RedisServer::shared().await);
    let tasks: Vec<_> = (0..300).map(|number| task(&number.to_string())).collect();
    place.queue.enqueue(&tasks).await.unwrap();
    let mut leases = Vec::new();
    while leases.len() < 300 {
        leases.extend(place.lease(FIRST).await);
    }
    // Neither in the order of the claims nor all of one at once.
    leases.sort_by_key(|lease| lease.envelope.id.as_str().chars().rev().collect::<String>());

    for ended in leases.chunks(7) {
        let ended: Vec<_> = ended
            .iter()
            .cloned()
            .map(|lease| lease.end(done(json!(1))))
            .collect();
        let settled = place.queue.settle(&ended).await.unwrap();
        assert!(settled.iter().all(|each| *each == Settled::InTime));
    }

    let held = place.key("backbeat:held:*");
    let keys: Vec<String> = place.ask(cmd("KEYS").arg(held)).await;
    assert_eq!(keys, [""; 0]);
}

/// Redis did what it was asked, and nobody heard the answer.
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_handed_out_again() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.queue.enqueue(&["a", "b"].map(task)).await.unwrap();
    assert_eq!(place.queue.alive(&FIRST).await.unwrap(), 0);
    let queues = Queues::from(QueueName::default());
    place
        .queue
        .lease(&FIRST, &queues, 0, Duration::ZERO)
        .await
        .unwrap();

    server.pause();
    let unheard = place.queue.lease(&FIRST, &queues, 9, Duration::ZERO).await;
    assert_eq!(unheard.unwrap_err().severity, Severity::Transient);
    server.resume();

    let leases = loop {
        match place.queue.lease(&FIRST, &queues, 9, Duration::ZERO).await {
            Ok(leases) => break leases,
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    };
    let crashes: Vec<u32> = leases.iter().map(|lease| lease.crashes).collect();
    assert_eq!(crashes, [0, 0], "both, and nobody died");
    for lease in leases {
        assert_eq!(place.settle(lease, done(json!(1))).await, Settled::InTime);
    }
}

#[tokio::test]
async fn a_worker_that_arrives_by_two_ways_at_once_arrives_once() {
    let place = Place::on(RedisServer::shared().await);
    let queues = Queues::from(QueueName::default());

    for _ in 0..20 {
        let worker = WorkerId::new(Uuid::now_v7());
        let (leased, alive) = tokio::join!(
            place.queue.lease(&worker, &queues, 1, NO_WAIT),
            place.queue.alive(&worker)
        );
        assert_eq!((leased.unwrap().len(), alive.unwrap()), (0, 0));
        place.queue.leave(&worker, &queues).await.unwrap();
    }

    let mut living = cmd("ZCOUNT");
    living.arg(place.key("backbeat:workers")).arg(1).arg("+inf");
    let living: usize = place.ask(&living).await;
    assert_eq!(living, 0);
}
