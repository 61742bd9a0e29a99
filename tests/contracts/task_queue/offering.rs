//! Which tasks are offered, in which order, and what comes with them.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::TimeDelta;
use domain::ports::Queues;
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName, TaskId};
use futures_util::future::join_all;
use serde_json::json;
use tests::samples::{START, task, value, worker};

use crate::contracts::world::{FIRST, NO_WAIT, SECOND, World, ids};

queue_laws! {
    any queue:
    a_task_comes_out_as_it_went_in,
    what_is_urgent_comes_first,
    of_equally_urgent_the_longest_due_comes_first,
    of_those_due_together_the_first_enqueued_comes_first,
    the_order_holds_across_queues,
    only_the_named_queues_are_served,
    no_more_than_asked_for_are_leased,
    what_is_leased_is_not_offered_again,
    racing_workers_never_get_the_same_task;
}

async fn a_task_comes_out_as_it_went_in(world: &World) {
    let headers = json!({"lang": "rust", "näme": {"deep": [1, null, "x\n"]}, "retries": 0});
    let sealed = Envelope {
        name: value("albums.tasks.ångström"),
        payload: Payload::from_bytes(vec![0, 159, 146, 150, b'"', b'\n', 255]),
        priority: Priority::new(7),
        expires_at: Some(START + TimeDelta::microseconds(123_456_789)),
        key: Some(value("work:1")),
        headers: headers.as_object().unwrap().clone(),
        ..task("an id of a stranger / 1")
    };
    world.enqueue(std::slice::from_ref(&sealed)).await;
    world.passes(TimeDelta::minutes(1));

    let lease = world.lease_only(&FIRST).await;

    // When it is due has become `due_since`, by the clock of the store.
    let due = lease.envelope.due;
    assert_eq!(Envelope { due, ..sealed }, lease.envelope);
    assert_eq!((lease.attempt, lease.crashes), (1, 0));
    assert_eq!(lease.due_since, START);
}

async fn what_is_urgent_comes_first(world: &World) {
    let urgency = |id, number| Envelope {
        priority: Priority::new(number),
        ..task(id)
    };
    world
        .enqueue(&[urgency("idle", 9), urgency("usual", 3)])
        .await;
    world.passes(TimeDelta::hours(1));
    world.enqueue(&[urgency("urgent", 0)]).await;

    assert_eq!(world.due_ids(&FIRST).await, ["urgent", "usual", "idle"]);
}

async fn of_equally_urgent_the_longest_due_comes_first(world: &World) {
    let at = |id, seconds| Envelope {
        due: Due::At(START + TimeDelta::seconds(seconds)),
        ..task(id)
    };
    let tasks = [
        at("second", 20),
        at("third", 30),
        at("first", 10),
        at("far", 90),
    ];
    world.enqueue(&tasks).await;
    world.passes(TimeDelta::minutes(1));

    assert_eq!(world.due_ids(&FIRST).await, ["first", "second", "third"]);
}

async fn of_those_due_together_the_first_enqueued_comes_first(world: &World) {
    world.enqueue(&[task("z"), task("a")]).await;
    world.enqueue(&[task("m")]).await;

    assert_eq!(world.due_ids(&FIRST).await, ["z", "a", "m"]);
}

async fn the_order_holds_across_queues(world: &World) {
    let on = |queue, id, seconds| Envelope {
        queue: value(queue),
        due: Due::At(START + TimeDelta::seconds(seconds)),
        ..task(id)
    };
    let tasks = [
        on("b", "2", 2),
        on("a", "3", 3),
        on("b", "4", 4),
        on("a", "1", 1),
    ];
    world.enqueue(&tasks).await;
    world.passes(TimeDelta::minutes(1));

    let both = Queues::new([value("a"), value("b")]).unwrap();
    let leases = world.queue.lease(&FIRST, &both, 9, NO_WAIT).await.unwrap();

    assert_eq!(ids(&leases), ["1", "2", "3", "4"]);
}

async fn only_the_named_queues_are_served(world: &World) {
    let on = |queue, id| Envelope {
        queue: value(queue),
        ..task(id)
    };
    world
        .enqueue(&[on("a", "1"), on("b", "2"), on("A", "3")])
        .await;
    let lease = async |queues: Queues| {
        let leases = world.queue.lease(&FIRST, &queues, 9, NO_WAIT).await;
        ids(&leases.unwrap())
    };

    assert_eq!(lease(Queues::new([value("c")]).unwrap()).await, [""; 0]);
    assert_eq!(
        lease(Queues::new([value("a"), value("c")]).unwrap()).await,
        ["1"]
    );
    assert_eq!(
        lease(Queues::new([value("b"), value("A")]).unwrap()).await,
        ["2", "3"]
    );
}

async fn no_more_than_asked_for_are_leased(world: &World) {
    world.enqueue(&[task("a"), task("b"), task("c")]).await;

    assert_eq!(ids(&world.lease(&FIRST, 0).await), [""; 0]);
    assert_eq!(ids(&world.lease(&FIRST, 2).await), ["a", "b"]);
    assert_eq!(ids(&world.lease(&FIRST, 2).await), ["c"]);
}

async fn what_is_leased_is_not_offered_again(world: &World) {
    world.enqueue(&[task("a")]).await;
    world.lease_only(&FIRST).await;

    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
    assert_eq!(world.due_ids(&SECOND).await, [""; 0]);
}

async fn racing_workers_never_get_the_same_task(world: &World) {
    let tasks: Vec<_> = (0..300).map(|number| task(&number.to_string())).collect();
    world.enqueue(&tasks).await;
    let workers = (1..=8).map(|number| {
        let queue = Arc::clone(&world.queue);
        tokio::spawn(async move {
            let mut mine: Vec<TaskId> = Vec::new();
            loop {
                let queues = Queues::from(QueueName::default());
                let leases = queue.lease(&worker(number), &queues, 7, NO_WAIT).await;
                let leases = leases.unwrap();
                if leases.is_empty() {
                    return mine;
                }
                mine.extend(leases.into_iter().map(|lease| lease.envelope.id));
            }
        })
    });

    let leased: Vec<TaskId> = join_all(workers)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    let distinct: HashSet<&TaskId> = leased.iter().collect();

    assert_eq!((leased.len(), distinct.len()), (300, 300));
}
