//! When a task is due: judged by the clock of the store.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::tasks::{Due, Envelope};
use tests::samples::{START, task};

use crate::contracts::world::{FIRST, World, ids};

queue_laws! {
    any queue:
    a_task_waits_for_its_instant_and_no_longer,
    a_task_waits_so_long_by_the_clock_of_the_store,
    what_was_due_before_it_was_queued_is_due_at_once,
    what_is_due_at_the_end_of_time_waits;
    stores alone:
    what_was_due_before_it_was_queued_goes_first;
}

/// A day before it all begins.
const YESTERDAY: DateTime<Utc> =
    DateTime::from_timestamp(START.timestamp() - 86_400, 0).expect("an instant");

async fn a_task_waits_for_its_instant_and_no_longer(world: &World) {
    let instant = START + TimeDelta::hours(1);
    let later = Envelope {
        due: Due::At(instant),
        ..task("later")
    };
    world.enqueue(&[later]).await;

    world.passes(TimeDelta::hours(1) - TimeDelta::microseconds(1));
    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);

    world.passes(TimeDelta::microseconds(1));
    assert_eq!(world.lease_only(&FIRST).await.due_since, instant);
}

async fn a_task_waits_so_long_by_the_clock_of_the_store(world: &World) {
    world.passes(TimeDelta::days(3));
    let later = Envelope {
        due: Due::After(Duration::from_secs(90)),
        ..task("later")
    };
    world.enqueue(&[later]).await;

    world.passes(TimeDelta::seconds(89));
    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);

    world.passes(TimeDelta::seconds(1));
    let due_since = world.lease_only(&FIRST).await.due_since;
    assert_eq!(
        due_since,
        START + TimeDelta::days(3) + TimeDelta::seconds(90)
    );
}

async fn what_was_due_before_it_was_queued_is_due_at_once(world: &World) {
    world.enqueue(&[late()]).await;

    let lease = world.lease_only(&FIRST).await;

    assert_eq!(lease.due_since, YESTERDAY);
}

async fn what_was_due_before_it_was_queued_goes_first(world: &World) {
    world.enqueue(&[task("now"), late()]).await;

    let leases = world.lease(&FIRST, 9).await;

    assert_eq!(ids(&leases), ["late", "now"]);
    assert_eq!(leases[1].due_since, START);
}

/// A task that was due the day before.
fn late() -> Envelope {
    Envelope {
        due: Due::At(YESTERDAY),
        ..task("late")
    }
}

async fn what_is_due_at_the_end_of_time_waits(world: &World) {
    let never = Envelope {
        due: Due::After(Duration::MAX),
        ..task("never")
    };
    world.enqueue(&[never]).await;
    world.passes(TimeDelta::days(36_500));

    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
    assert_eq!(world.counts().await.unwrap().waiting, 1);
}
