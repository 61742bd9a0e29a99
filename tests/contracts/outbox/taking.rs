//! Who may run what was relayed.

use domain::ports::{Lease, Settled, Verdict};
use domain::tasks::{Reason, TaskId};
use serde_json::Value;
use tests::samples::{START, task, value};

use super::relay;
use crate::contracts::world::{FIRST, SECOND, World, ids, only};

laws! {
    rows_are_taken_in_the_order_asked_for,
    a_row_is_taken_once,
    only_what_is_on_its_way_is_taken,
    a_taken_row_is_a_lease_like_any_other,
    a_row_comes_back_when_its_worker_dies,
    attempts_are_counted_in_the_row,
}

async fn take(world: &World, worker: &domain::ports::WorkerId, ids: &[&str]) -> Vec<Lease> {
    let ids: Vec<TaskId> = ids.iter().map(|id| value(id)).collect();
    world.outbox.take(worker, &ids).await.unwrap()
}

async fn rows_are_taken_in_the_order_asked_for(world: &World) {
    world.enqueue(&["a", "b", "c"].map(task)).await;
    relay(world, 1).await;

    let taken = take(world, &FIRST, &["c", "a"]).await;

    assert_eq!(ids(&taken), ["c", "a"]);
    assert!(
        taken
            .iter()
            .all(|lease| lease.due_since == START && !lease.conveyed)
    );
    assert_eq!(ids(&take(world, &FIRST, &[]).await), [""; 0]);
}

async fn a_row_is_taken_once(world: &World) {
    world.enqueue(&["a", "b"].map(task)).await;
    relay(world, 1).await;

    assert_eq!(ids(&take(world, &FIRST, &["a"]).await), ["a"]);
    assert_eq!(ids(&take(world, &SECOND, &["a", "b", "b"]).await), ["b"]);
    assert_eq!(ids(&take(world, &FIRST, &["a", "b"]).await), [""; 0]);
}

async fn only_what_is_on_its_way_is_taken(world: &World) {
    world
        .enqueue(&["done", "buried", "running", "ready"].map(task))
        .await;
    let mut leases = world.lease(&FIRST, 3).await.into_iter();
    world
        .settle(leases.next().unwrap(), Verdict::Done(Value::Null))
        .await;
    let bury = Verdict::Bury(Reason::new("no hope"));
    world.settle(leases.next().unwrap(), bury).await;

    let ids_of_all = ["done", "buried", "running", "ready", "unknown"];
    assert_eq!(ids(&take(world, &SECOND, &ids_of_all).await), [""; 0]);
}

async fn a_taken_row_is_a_lease_like_any_other(world: &World) {
    world.enqueue(&["a", "b"].map(task)).await;
    relay(world, 1).await;
    let mut taken = take(world, &FIRST, &["a", "b"]).await.into_iter();
    let (done, back) = (taken.next().unwrap(), taken.next().unwrap());

    let settled = world.settle(done.clone(), Verdict::Done(Value::Null)).await;
    assert_eq!(settled, Settled::InTime);
    assert_eq!(world.settle(done, Verdict::Release).await, Settled::TooLate);
    world.settle(back, Verdict::Release).await;

    assert_eq!(relay(world, 2).await.len(), 1);
    assert_eq!(ids(&take(world, &SECOND, &["a", "b"]).await), ["b"]);
}

async fn a_row_comes_back_when_its_worker_dies(world: &World) {
    world.enqueue(&[task("a")]).await;
    relay(world, 1).await;
    let lost = only(take(world, &FIRST, &["a"]).await);

    world.dies(&FIRST).await;

    assert_eq!(world.alive(&SECOND).await, 1);
    assert_eq!(world.settle(lost, Verdict::Release).await, Settled::TooLate);
    assert_eq!(world.lease_only(&SECOND).await.crashes, 1);
}

async fn attempts_are_counted_in_the_row(world: &World) {
    world.enqueue(&[task("a")]).await;
    for attempt in 1..=3 {
        relay(world, attempt.into()).await;
        let lease = only(take(world, &FIRST, &["a"]).await);
        assert_eq!(lease.attempt, attempt);
        let retry = Verdict::Retry(std::time::Duration::ZERO, Reason::new("away"));
        world.settle(lease, retry).await;
    }
}
