//! What becomes of tasks that are enqueued, once and again.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::ports::{Enqueued, Lease, Settled, TaskState, Verdict};
use domain::tasks::{DONE_TASKS_KEPT_FOR, Due, Envelope, Payload, Priority, Reason};
use futures_util::future::join_all;
use serde_json::Value;
use tests::samples::{START, task, value};

use crate::contracts::world::{FIRST, World};

queue_laws! {
    any queue:
    an_empty_batch_is_fine,
    a_large_batch_is_queued_whole;
    stores alone:
    the_same_task_is_queued_once_and_stays_as_it_was,
    answers_come_in_the_order_of_the_tasks,
    an_id_is_known_for_as_long_as_its_task_is_kept,
    an_id_is_free_again_48_hours_after_its_task_was_done,
    a_large_batch_is_known_whole,
    of_many_who_enqueue_the_same_task_one_adds_it;
}

async fn the_same_task_is_queued_once_and_stays_as_it_was(world: &World) {
    let again = Envelope {
        name: value("samples.other"),
        payload: Payload::from_bytes(b"other".to_vec()),
        queue: value("other"),
        priority: Priority::new(5),
        due: Due::At(START + TimeDelta::days(1)),
        ..task("a")
    };

    assert_eq!(world.enqueue(&[task("a")]).await, [Enqueued::New]);
    assert_eq!(world.enqueue(&[again]).await, [Enqueued::Already]);

    let lease = world.lease_only(&FIRST).await;
    let due = lease.envelope.due;
    assert_eq!(lease.envelope, Envelope { due, ..task("a") });
}

async fn answers_come_in_the_order_of_the_tasks(world: &World) {
    world.enqueue(&[task("b"), task("d")]).await;

    let answers = world
        .enqueue(&["a", "b", "c", "c", "d", "A"].map(task))
        .await;

    let (new, already) = (Enqueued::New, Enqueued::Already);
    assert_eq!(answers, [new, already, new, already, already, new]);
    assert_eq!(world.due_ids(&FIRST).await, ["b", "d", "a", "c", "A"]);
}

async fn an_id_is_known_for_as_long_as_its_task_is_kept(world: &World) {
    world
        .enqueue(&[task("held"), task("done"), task("buried")])
        .await;
    let mut leases = world.lease(&FIRST, 9).await.into_iter();
    let _held = leases.next().unwrap();
    let done = Verdict::Done(Value::Null);
    world.settle(leases.next().unwrap(), done).await;
    let buried = Verdict::Bury(Reason::new("no hope"));
    world.settle(leases.next().unwrap(), buried).await;

    let again = world.enqueue(&["held", "done", "buried"].map(task)).await;

    assert_eq!(again, [Enqueued::Already; 3]);
    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
}

async fn an_id_is_free_again_48_hours_after_its_task_was_done(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;
    world.settle(lease, Verdict::Done(Value::Null)).await;

    world.passes(DONE_TASKS_KEPT_FOR - TimeDelta::seconds(1));
    world.housekeeping.tidy().await.unwrap();
    assert_eq!(world.enqueue(&[task("a")]).await, [Enqueued::Already]);

    world.passes(TimeDelta::seconds(2));
    world.housekeeping.tidy().await.unwrap();
    assert_eq!(world.enqueue(&[task("a")]).await, [Enqueued::New]);
    assert_eq!(world.lease_only(&FIRST).await.attempt, 1);
}

async fn an_empty_batch_is_fine(world: &World) {
    assert_eq!(world.enqueue(&[]).await, []);
    assert_eq!(world.queue.settle(&[]).await.unwrap(), []);
}

async fn a_large_batch_is_queued_whole(world: &World) {
    assert_eq!(world.enqueue(&many()).await, [Enqueued::New; 5_000]);

    assert_eq!(carry_out_all(world).await, 5_000);

    for state in [TaskState::Waiting, TaskState::Running] {
        assert_eq!(world.rows(state).await, []);
    }
}

async fn a_large_batch_is_known_whole(world: &World) {
    world.enqueue(&many()).await;

    assert_eq!(world.enqueue(&many()).await, [Enqueued::Already; 5_000]);

    carry_out_all(world).await;
    let counts = world.counts().await.unwrap();
    assert_eq!((counts.waiting, counts.running, counts.done), (0, 0, 5_000));
}

fn many() -> Vec<Envelope> {
    (0..5_000).map(|number| task(&number.to_string())).collect()
}

/// Leases and settles until there is no more; answers how many tasks that were.
async fn carry_out_all(world: &World) -> usize {
    let mut count = 0;
    loop {
        let leases = world.lease(&FIRST, 5_000).await;
        if leases.is_empty() {
            return count;
        }
        let done = |lease: Lease| lease.end(Verdict::Done(Value::Null));
        let ended: Vec<_> = leases.into_iter().map(done).collect();
        let settled = world.queue.settle(&ended).await.unwrap();
        assert!(settled.iter().all(|each| *each == Settled::InTime));
        count += settled.len();
    }
}

async fn of_many_who_enqueue_the_same_task_one_adds_it(world: &World) {
    let many = (0..16).map(|_| {
        let queue = Arc::clone(&world.queue);
        tokio::spawn(async move { queue.enqueue(&[task("a")]).await.unwrap() })
    });

    let answers = join_all(many).await.into_iter().flat_map(Result::unwrap);

    assert_eq!(answers.filter(|answer| *answer == Enqueued::New).count(), 1);
    assert_eq!(world.due_ids(&FIRST).await, ["a"]);
}
