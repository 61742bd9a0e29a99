//! The laws of looking into a task queue and mending it.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Enqueued, QueueCounts, Requeued, TaskState, Verdict};
use domain::tasks::{Due, Envelope, Payload, QueueName, Reason};
use serde_json::json;
use tests::samples::{START, task, value};

use crate::contracts::world::{FIRST, SECOND, World, only};

laws! {
    an_empty_queue_shows_nothing,
    counts_are_by_queue_and_state,
    the_oldest_due_task_is_shown_and_what_is_not_due_is_not,
    a_task_is_shown_whole_in_every_state,
    lists_begin_with_what_entered_last,
    lists_are_no_longer_than_asked_for,
    a_buried_task_is_given_another_life,
    only_buried_tasks_are_given_another_life,
    a_purge_takes_what_waits_and_nothing_else,
    a_purged_task_may_be_queued_again,
}

async fn an_empty_queue_shows_nothing(world: &World) {
    assert_eq!(world.admin.counts().await.unwrap(), []);
    for state in TaskState::ALL {
        assert_eq!(world.rows(state).await, []);
    }
}

async fn counts_are_by_queue_and_state(world: &World) {
    one_in_each_state(world).await;
    let elsewhere = |id| Envelope {
        queue: value("another"),
        ..task(id)
    };
    world.enqueue(&[elsewhere("1"), elsewhere("2")]).await;

    let counts = world.admin.counts().await.unwrap();

    let another = QueueCounts {
        queue: value("another"),
        waiting: 2,
        running: 0,
        done: 0,
        buried: 0,
        oldest_due_at: Some(START),
    };
    let usual = QueueCounts {
        queue: QueueName::default(),
        waiting: 1,
        running: 1,
        done: 1,
        buried: 1,
        oldest_due_at: Some(START),
    };
    assert_eq!(counts, [another, usual]);
}

async fn the_oldest_due_task_is_shown_and_what_is_not_due_is_not(world: &World) {
    let at = |id, minutes| Envelope {
        due: Due::At(START + TimeDelta::minutes(minutes)),
        ..task(id)
    };
    world.enqueue(&[at("b", 20), at("a", 10)]).await;
    assert_eq!(world.counts().await.unwrap().oldest_due_at, None);
    assert_eq!(world.counts().await.unwrap().waiting, 2);

    world.passes(TimeDelta::minutes(30));
    let oldest = world.counts().await.unwrap().oldest_due_at;
    assert_eq!(oldest, Some(START + TimeDelta::minutes(10)));

    world.lease(&FIRST, 1).await;
    let oldest = world.counts().await.unwrap().oldest_due_at;
    assert_eq!(oldest, Some(START + TimeDelta::minutes(20)));

    world.lease(&FIRST, 1).await;
    assert_eq!(world.counts().await.unwrap().oldest_due_at, None);
}

async fn a_task_is_shown_whole_in_every_state(world: &World) {
    let sealed = Envelope {
        name: value("samples.shown"),
        payload: Payload::from_bytes(vec![0, 255, b'x']),
        ..task("a")
    };
    world.enqueue(std::slice::from_ref(&sealed)).await;
    let mut expected = only(world.rows(TaskState::Waiting).await);
    assert_eq!(expected.id, sealed.id);
    assert_eq!(expected.name, sealed.name);
    assert_eq!(expected.queue, sealed.queue);
    assert_eq!(expected.payload, sealed.payload);
    assert_eq!((expected.attempts, expected.crashes), (0, 0));
    assert_eq!((expected.due_at, expected.ended_at), (START, None));
    assert_eq!(expected.reason, None);

    let lease = world.lease_only(&FIRST).await;
    expected.state = TaskState::Running;
    assert_eq!(only(world.rows(TaskState::Running).await), expected);

    let again = Verdict::Retry(Duration::from_mins(1), Reason::new("away"));
    world.settle(lease, again).await;
    expected.state = TaskState::Waiting;
    expected.attempts = 1;
    expected.due_at = START + TimeDelta::minutes(1);
    expected.reason = Some(Reason::new("away"));
    assert_eq!(only(world.rows(TaskState::Waiting).await), expected);

    world.passes(TimeDelta::minutes(1));
    let lease = world.lease_only(&FIRST).await;
    world
        .settle(lease, Verdict::Bury(Reason::new("enough")))
        .await;
    expected.state = TaskState::Buried;
    expected.reason = Some(Reason::new("enough"));
    expected.ended_at = Some(START + TimeDelta::minutes(1));
    assert_eq!(only(world.rows(TaskState::Buried).await), expected);
}

async fn lists_begin_with_what_entered_last(world: &World) {
    for id in ["a", "b", "c"] {
        world.enqueue(&[task(id)]).await;
        world.passes(TimeDelta::seconds(1));
    }
    assert_eq!(listed(world, TaskState::Waiting).await, ["c", "b", "a"]);

    let mut leases = Vec::new();
    for _ in 0..3 {
        leases.extend(world.lease(&FIRST, 1).await);
        world.passes(TimeDelta::seconds(1));
    }
    assert_eq!(listed(world, TaskState::Running).await, ["c", "b", "a"]);

    leases.rotate_left(1);
    for lease in leases {
        world.settle(lease, Verdict::Bury(Reason::new("no"))).await;
        world.passes(TimeDelta::seconds(1));
    }
    assert_eq!(listed(world, TaskState::Buried).await, ["a", "c", "b"]);
}

async fn lists_are_no_longer_than_asked_for(world: &World) {
    for id in ["a", "b", "c"] {
        world.enqueue(&[task(id)]).await;
        world.passes(TimeDelta::seconds(1));
    }
    let length = async |most| {
        let rows = world.admin.list(TaskState::Waiting, most).await.unwrap();
        rows.len()
    };

    assert_eq!(
        (length(0).await, length(2).await, length(9).await),
        (0, 2, 3)
    );
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
    assert_eq!((row.attempts, row.crashes), (0, 0));
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
    assert_eq!(listed(world, TaskState::Done).await, ["done"]);
    assert_eq!(listed(world, TaskState::Buried).await, ["buried"]);
}

async fn a_purged_task_may_be_queued_again(world: &World) {
    world.enqueue(&[task("a")]).await;
    world.admin.purge(&QueueName::default()).await.unwrap();

    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
    assert_eq!(world.enqueue(&[task("a")]).await, [Enqueued::New]);
    assert_eq!(world.due_ids(&FIRST).await, ["a"]);
}

/// Tasks that are called what they are: `running`, `done`, `buried`, `waiting`.
async fn one_in_each_state(world: &World) {
    world
        .enqueue(&["running", "done", "buried"].map(task))
        .await;
    let mut leases = world.lease(&FIRST, 9).await.into_iter().skip(1);
    let done = Verdict::Done(json!("well"));
    world.settle(leases.next().unwrap(), done).await;
    let buried = Verdict::Bury(Reason::new("no hope"));
    world.settle(leases.next().unwrap(), buried).await;
    world.enqueue(&[task("waiting")]).await;
}

async fn listed(world: &World, state: TaskState) -> Vec<String> {
    let rows = world.rows(state).await.into_iter();
    let ids = rows.map(|row| {
        assert_eq!(row.state, state);
        row.id.to_string()
    });
    ids.collect()
}
