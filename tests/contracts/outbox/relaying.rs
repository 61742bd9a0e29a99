//! What is relayed, and in which order.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Push, Queues, TaskState};
use domain::tasks::{Due, Envelope, Priority, QueueName};
use tests::samples::{START, task, value};
use tokio::time::timeout;

use super::{OTHER_RELAY, RELAY, names, relay};
use crate::contracts::world::{FIRST, NO_WAIT, SECOND, World, ids, only};

laws! {
    what_is_due_is_relayed_as_it_went_in,
    the_most_urgent_goes_first,
    what_is_not_due_waits_in_the_store,
    what_was_relayed_is_offered_to_nobody_else,
    no_more_than_asked_for_is_relayed,
    a_queue_that_nobody_serves_leaves_room_for_others,
    what_may_bring_a_worker_down_is_not_relayed,
    an_operator_sees_what_is_on_its_way_as_waiting,
    what_is_purged_takes_no_row,
    a_waiting_relay_is_woken_by_a_task,
}

async fn what_is_due_is_relayed_as_it_went_in(world: &World) {
    let sealed = Envelope {
        key: Some(value("work:1")),
        priority: Priority::new(4),
        expires_at: Some(START + TimeDelta::hours(1)),
        ..task("a")
    };
    world.enqueue(std::slice::from_ref(&sealed)).await;

    let relayed = only(relay(world, 1).await);

    let due = Due::At(START);
    assert_eq!(relayed, Envelope { due, ..sealed });
}

async fn the_most_urgent_goes_first(world: &World) {
    let on = |queue, id, priority| Envelope {
        queue: value(queue),
        priority: Priority::new(priority),
        ..task(id)
    };
    let tasks = [
        on("a", "3", 5),
        on("b", "1", 0),
        on("c", "4", 9),
        on("a", "2", 1),
    ];
    world.enqueue(&tasks).await;

    assert_eq!(names(&relay(world, 1).await), ["1", "2", "3", "4"]);
}

async fn what_is_not_due_waits_in_the_store(world: &World) {
    let at = |id, seconds| Envelope {
        due: Due::After(Duration::from_secs(seconds)),
        ..task(id)
    };
    world.enqueue(&[at("later", 20), at("soon", 10)]).await;
    assert_eq!(names(&relay(world, 1).await), [""; 0]);

    world.passes(TimeDelta::seconds(10));
    assert_eq!(names(&relay(world, 2).await), ["soon"]);

    world.passes(TimeDelta::seconds(10));
    assert_eq!(names(&relay(world, 3).await), ["later"]);
}

async fn what_was_relayed_is_offered_to_nobody_else(world: &World) {
    world.enqueue(&[task("a")]).await;
    relay(world, 1).await;

    assert_eq!(names(&relay(world, 2).await), [""; 0]);
    let push = Push {
        relay: OTHER_RELAY,
        number: 1,
    };
    let other = world.outbox.relay(push, 9, NO_WAIT).await.unwrap();
    assert_eq!(names(&other), [""; 0]);
    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
}

async fn no_more_than_asked_for_is_relayed(world: &World) {
    world.enqueue(&["a", "b", "c"].map(task)).await;
    let most = async |number, most| {
        let push = Push {
            relay: RELAY,
            number,
        };
        world.outbox.relay(push, most, NO_WAIT).await.unwrap()
    };

    assert_eq!(names(&most(1, 0).await), [""; 0]);
    assert_eq!(names(&most(2, 2).await), ["a", "b"]);
    assert_eq!(names(&most(3, 2).await), ["c"]);
}

async fn a_queue_that_nobody_serves_leaves_room_for_others(world: &World) {
    let deserted: Vec<Envelope> = (0..5_100)
        .map(|number| Envelope {
            queue: value("deserted"),
            ..task(&format!("deserted {number}"))
        })
        .collect();
    world.enqueue(&deserted).await;
    let push = |number| Push {
        relay: RELAY,
        number,
    };
    let relay = async |number| world.outbox.relay(push(number), 9_999, NO_WAIT).await;

    assert_eq!(relay(1).await.unwrap().len(), 5_000);
    assert_eq!(relay(2).await.unwrap().len(), 0);
    world.enqueue(&[task("of another queue")]).await;
    assert_eq!(names(&relay(3).await.unwrap()), ["of another queue"]);
}

async fn what_may_bring_a_worker_down_is_not_relayed(world: &World) {
    world.enqueue(&["a", "b"].map(task)).await;
    world.lease(&FIRST, 9).await;
    world.dies(&FIRST).await;
    world.alive(&SECOND).await;

    assert_eq!(names(&relay(world, 1).await), [""; 0]);
    let queues = Queues::from(QueueName::default());
    let suspect = async || world.outbox.take_suspect(&SECOND, &queues).await.unwrap();
    assert_eq!(ids(&[suspect().await.unwrap()]), ["a"]);
    assert!(suspect().await.is_none(), "it holds one");
}

async fn an_operator_sees_what_is_on_its_way_as_waiting(world: &World) {
    world.enqueue(&["a", "b"].map(task)).await;
    relay(world, 1).await;

    let counts = world.counts().await.unwrap();
    assert_eq!((counts.waiting, counts.running), (2, 0));
    assert_eq!(counts.oldest_due_at, Some(START));
    assert_eq!(world.rows(TaskState::Waiting).await.len(), 2);
}

async fn what_is_purged_takes_no_row(world: &World) {
    world.enqueue(&[task("a")]).await;
    let relayed = only(relay(world, 1).await);

    assert_eq!(world.admin.purge(&QueueName::default()).await.unwrap(), 1);

    let taken = world.outbox.take(&FIRST, &[relayed.id]).await.unwrap();
    assert_eq!(ids(&taken), [""; 0]);
}

async fn a_waiting_relay_is_woken_by_a_task(world: &World) {
    const LONG: Duration = Duration::from_mins(2);
    let outbox = Arc::clone(&world.outbox);
    let waiting = tokio::spawn(async move {
        let push = Push {
            relay: RELAY,
            number: 1,
        };
        outbox.relay(push, 9, LONG).await.unwrap()
    });
    tokio::time::sleep(Duration::from_millis(20)).await;

    world.enqueue(&[task("a")]).await;

    let relayed = timeout(LONG / 2, waiting).await.expect("a task soon");
    assert_eq!(names(&relayed.unwrap()), ["a"]);
}
