//! The laws of looking into a task queue and mending it.

mod looking;
mod mending;

use domain::ports::{TaskState, Verdict};
use domain::tasks::Reason;
use serde_json::json;
use tests::samples::task;

use super::world::{FIRST, World};

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
