//! What an operator does.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Enqueued, Requeued, TaskState, Verdict};
use domain::tasks::{Due, Envelope, QueueName, Reason};
use tests::samples::{START, task, value};

use super::{listed, one_in_each_state};
use crate::contracts::world::{FIRST, SECOND, World, only};

queue_laws! {
    any queue:
    a_buried_task_is_given_another_life,
    only_buried_tasks_are_given_another_life,
    a_purge_takes_what_waits_and_nothing_else,
    a_purged_task_may_be_queued_again;
    stores alone:
    what_is_done_is_left_alone;
}

async fn a_buried_task_is_given_another_life(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;
    let away = Verdict::Retry(Duration::ZERO, Reason::new("away"));
    world.settle(lease, away).await;
    world.lease_only(&FIRST).await;
    world.dies(&FIRST).await;
    world.alive(&SECOND).await;
    let lease = world.lease_only(&SECOND).await;
    assert_eq!((lease.attempt, lease.crashes), (2, 1));
    world
        .settle(lease, Verdict::Bury(Reason::new("enough")))
        .await;
    world.passes(TimeDelta::days(100));
    let now = START + TimeDelta::days(100);

    let requeued = world.admin.requeue(&value("a")).await.unwrap();

    assert_eq!(requeued, Requeued::Yes);
    assert_eq!(world.rows(TaskState::Buried).await, []);
    let row = only(world.rows(TaskState::Waiting).await);
    assert_eq!((row.attempts, row.crashes, row.reason), (0, 0, None));
    assert_eq!((row.due_at, row.ended_at), (now, None));
    let lease = world.lease_only(&SECOND).await;
    assert_eq!((lease.attempt, lease.crashes), (1, 0));
    assert_eq!(lease.due_since, now, "a new life has a new deadline");
}

async fn only_buried_tasks_are_given_another_life(world: &World) {
    one_in_each_state(world).await;

    for id in ["waiting", "running", "done", "nobody's"] {
        let requeued = world.admin.requeue(&value(id)).await.unwrap();
        assert_eq!(requeued, Requeued::NotBuried, "{id}");
    }
    let requeue = async || world.admin.requeue(&value("buried")).await.unwrap();
    assert_eq!(requeue().await, Requeued::Yes);
    assert_eq!(requeue().await, Requeued::NotBuried);
    assert_eq!(listed(world, TaskState::Running).await, ["running"]);
}

async fn what_is_done_is_left_alone(world: &World) {
    one_in_each_state(world).await;

    world.admin.requeue(&value("done")).await.unwrap();
    world.admin.purge(&QueueName::default()).await.unwrap();

    assert_eq!(listed(world, TaskState::Done).await, ["done"]);
}

async fn a_purge_takes_what_waits_and_nothing_else(world: &World) {
    one_in_each_state(world).await;
    let later = Envelope {
        due: Due::After(Duration::from_hours(1)),
        ..task("later")
    };
    let elsewhere = Envelope {
        queue: value("another"),
        ..task("elsewhere")
    };
    world.enqueue(&[later, elsewhere]).await;
    let usual = QueueName::default();

    assert_eq!(world.admin.purge(&usual).await.unwrap(), 2);
    assert_eq!(world.admin.purge(&usual).await.unwrap(), 0);
    assert_eq!(world.admin.purge(&value("unknown")).await.unwrap(), 0);

    assert_eq!(listed(world, TaskState::Waiting).await, ["elsewhere"]);
    assert_eq!(listed(world, TaskState::Running).await, ["running"]);
    assert_eq!(listed(world, TaskState::Buried).await, ["buried"]);
}

async fn a_purged_task_may_be_queued_again(world: &World) {
    world.enqueue(&[task("a")]).await;
    world.admin.purge(&QueueName::default()).await.unwrap();

    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
    assert_eq!(world.enqueue(&[task("a")]).await, [Enqueued::New]);
    assert_eq!(world.due_ids(&FIRST).await, ["a"]);
}
