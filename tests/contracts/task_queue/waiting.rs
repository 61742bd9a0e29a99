//! Workers that wait for a task.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::ports::{Lease, Queues, Verdict};
use domain::tasks::{Due, Envelope, QueueName};
use tests::patience::once_within;
use tests::samples::{album, task};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::contracts::world::{FIRST, SECOND, THIRD, World, ids, only};

queue_laws! {
    any queue:
    a_wait_ends_without_a_task,
    a_waiting_worker_is_woken_by_a_task,
    a_waiting_worker_gets_what_another_gives_back,
    a_waiting_worker_gets_what_a_dead_one_held,
    a_waiting_worker_sees_the_clock_jump,
    a_worker_does_not_wait_when_there_is_work;
    stores alone:
    a_waiting_worker_is_woken_by_a_new_album;
}

/// Longer than any law may take, so that who waits to its end has failed.
const LONG: Duration = Duration::from_mins(2);
/// As soon as it gets: a bell, or a look every half second, on a machine with much to do.
const SOON: Duration = Duration::from_mins(1);
/// Sooner than a look every half second would be.
const AT_ONCE: Duration = Duration::from_millis(250);

async fn a_wait_ends_without_a_task(world: &World) {
    let queues = Queues::from(QueueName::default());
    let wait = Duration::from_millis(30);
    let start = Instant::now();

    let leases = world.queue.lease(&FIRST, &queues, 9, wait).await.unwrap();

    assert_eq!(ids(&leases), [""; 0]);
    assert!(wait <= start.elapsed(), "waited {:?}", start.elapsed());
}

async fn a_waiting_worker_is_woken_by_a_task(world: &World) {
    once_within(AT_ONCE, async |number| {
        let id = number.to_string();
        let waiting = waits(world);
        begun().await;
        let start = Instant::now();

        world.enqueue(&[task(&id)]).await;

        assert_eq!(ids(&soon(waiting).await), [id]);
        start.elapsed()
    })
    .await;
}

async fn a_waiting_worker_is_woken_by_a_new_album(world: &World) {
    let artist = world.artist(1).await;
    once_within(AT_ONCE, async |number| {
        let waiting = waits(world);
        begun().await;
        let start = Instant::now();

        world.album(album(&artist, 1 + number)).await;

        assert_eq!(soon(waiting).await.len(), 1);
        start.elapsed()
    })
    .await;
}

async fn a_waiting_worker_gets_what_another_gives_back(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&SECOND).await;
    let waiting = waits(world);
    begun().await;

    world.settle(lease, Verdict::Release).await;

    assert_eq!(ids(&soon(waiting).await), ["a"]);
}

async fn a_waiting_worker_gets_what_a_dead_one_held(world: &World) {
    world.enqueue(&[task("a")]).await;
    world.lease_only(&SECOND).await;
    let waiting = waits(world);
    begun().await;

    world.dies(&SECOND).await;
    world.alive(&THIRD).await;

    assert_eq!(only(soon(waiting).await).crashes, 1);
}

async fn a_waiting_worker_sees_the_clock_jump(world: &World) {
    let later = Envelope {
        due: Due::After(Duration::from_hours(1)),
        ..task("later")
    };
    world.enqueue(&[later]).await;
    let waiting = waits(world);
    begun().await;

    world.passes(TimeDelta::hours(1));

    assert_eq!(ids(&soon(waiting).await), ["later"]);
}

async fn a_worker_does_not_wait_when_there_is_work(world: &World) {
    world.enqueue(&[task("a")]).await;

    assert_eq!(ids(&soon(waits(world)).await), ["a"]);
}

fn waits(world: &World) -> JoinHandle<Vec<Lease>> {
    let queue = Arc::clone(&world.queue);
    tokio::spawn(async move {
        let queues = Queues::from(QueueName::default());
        queue.lease(&FIRST, &queues, 9, LONG).await.unwrap()
    })
}

/// Gives what was spawned the time to begin; the law holds whether or not it did.
async fn begun() {
    sleep(Duration::from_millis(20)).await;
}

async fn soon(waiting: JoinHandle<Vec<Lease>>) -> Vec<Lease> {
    let leases = tokio::time::timeout(SOON, waiting).await;
    leases.expect("a task soon").unwrap()
}
