//! What an operator sees.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{QueueCounts, TaskState, Verdict};
use domain::tasks::{Due, Envelope, Payload, QueueName, Reason};
use tests::samples::{START, task, value};

use super::{listed, one_in_each_state};
use crate::contracts::world::{FIRST, World, only};

queue_laws! {
    any queue:
    an_empty_queue_shows_nothing,
    counts_are_by_queue_and_state,
    the_oldest_due_task_is_shown_and_what_is_not_due_is_not,
    a_task_is_shown_whole_in_every_state,
    lists_begin_with_what_entered_last,
    lists_are_no_longer_than_asked_for;
    stores alone:
    what_is_done_is_counted_for_as_long_as_it_is_kept;
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
        done: counts[1].done,
        buried: 1,
        oldest_due_at: Some(START),
    };
    assert_eq!(counts, [another, usual]);
}

async fn what_is_done_is_counted_for_as_long_as_it_is_kept(world: &World) {
    one_in_each_state(world).await;

    assert_eq!(world.counts().await.unwrap().done, 1);
    assert_eq!(listed(world, TaskState::Done).await, ["done"]);
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
