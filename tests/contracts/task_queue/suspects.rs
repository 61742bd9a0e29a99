//! Tasks whose worker died: one at a time, so that the one that kills is found.

use std::time::Duration;

use domain::ports::Verdict;
use domain::tasks::Reason;
use serde_json::Value;
use tests::samples::task;

use crate::contracts::world::{FIRST, SECOND, THIRD, World, ids};

queue_laws! {
    any queue:
    a_worker_gets_one_suspect_at_a_time,
    suspects_do_not_keep_others_back,
    workers_bear_a_suspect_each,
    the_suspect_with_the_fewest_crashes_goes_first,
    a_task_that_panicked_is_a_suspect_too;
}

async fn a_worker_gets_one_suspect_at_a_time(world: &World) {
    three_suspects(world).await;

    let first = world.lease_only(&SECOND).await;
    assert_eq!(ids(&world.lease(&SECOND, 9).await), [""; 0]);

    world.settle(first, Verdict::Done(Value::Null)).await;
    let second = world.lease_only(&SECOND).await;
    world.settle(second, Verdict::Done(Value::Null)).await;
    let third = world.lease_only(&SECOND).await;
    assert_eq!(third.crashes, 1);
}

async fn suspects_do_not_keep_others_back(world: &World) {
    three_suspects(world).await;
    world.enqueue(&[task("x"), task("y")]).await;

    let leases = world.lease(&SECOND, 9).await;
    assert_eq!(ids(&leases)[1..], ["x", "y"]);
    assert_eq!(leases[0].crashes, 1);

    world.enqueue(&[task("z")]).await;
    assert_eq!(ids(&world.lease(&SECOND, 9).await), ["z"]);
}

async fn workers_bear_a_suspect_each(world: &World) {
    three_suspects(world).await;

    let one = world.lease_only(&SECOND).await;
    let other = world.lease_only(&THIRD).await;

    assert_ne!(one.envelope.id, other.envelope.id);
    assert_eq!((one.crashes, other.crashes), (1, 1));
}

/// Or the first in line would bear every crash of a worker that is killed again and again.
async fn the_suspect_with_the_fewest_crashes_goes_first(world: &World) {
    three_suspects(world).await;
    let twice = world.lease_only(&SECOND).await.envelope.id;
    world.dies(&SECOND).await;
    assert_eq!(world.alive(&THIRD).await, 1);

    let mut order = Vec::new();
    for _ in 0..3 {
        let lease = world.lease_only(&THIRD).await;
        order.push((lease.envelope.id.clone(), lease.crashes));
        world.settle(lease, Verdict::Done(Value::Null)).await;
    }

    let crashes: Vec<_> = order.iter().map(|(_, crashes)| *crashes).collect();
    assert_eq!(crashes, [1, 1, 2]);
    assert_eq!(order[2].0, twice);
}

async fn a_task_that_panicked_is_a_suspect_too(world: &World) {
    world.enqueue(&[task("a"), task("b")]).await;
    for lease in world.lease(&FIRST, 9).await {
        let crashed = Verdict::Crashed(Duration::ZERO, Reason::new("boom"));
        world.settle(lease, crashed).await;
    }

    assert_eq!(world.due_ids(&FIRST).await, ["a"]);
    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
    assert_eq!(world.due_ids(&SECOND).await, ["b"]);
}

/// Three tasks whose worker died.
async fn three_suspects(world: &World) {
    world.enqueue(&["a", "b", "c"].map(task)).await;
    world.lease(&FIRST, 9).await;
    world.dies(&FIRST).await;
    assert_eq!(world.alive(&SECOND).await, 3);
}
