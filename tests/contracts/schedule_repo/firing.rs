//! How entries are moved on, and what is queued by it.

use chrono::TimeDelta;
use domain::ports::{Fired, Firing, Skipped, TaskState, Verdict};
use serde_json::Value;
use tests::samples::schedule_entry;

use super::{at, fire, firing, register, skipping};
use crate::contracts::world::{FIRST, World, only};

laws! {
    what_is_fired_is_queued_and_remembered,
    a_task_fired_late_is_due_since_its_occurrence,
    what_is_skipped_is_recorded_as_one_gap,
    what_is_only_skipped_queues_nothing,
    an_entry_that_stands_elsewhere_is_left_alone,
    an_unknown_entry_is_nowhere,
    an_occurrence_is_fired_once_even_when_its_entry_begins_anew,
    many_are_fired_at_once_each_with_its_own_verdict,
    of_several_firings_of_one_entry_the_first_counts,
}

async fn what_is_fired_is_queued_and_remembered(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(1));

    assert_eq!(fire(world, firing(&entry, 0, 1)).await, Fired::Now);

    let lease = world.lease_only(&FIRST).await;
    assert_eq!(lease.envelope, entry.seal(at(1), at(1)));
    let row = only(world.schedules.list().await.unwrap());
    assert_eq!((row.fired, row.last_fired_at), (1, Some(at(1))));
    assert_eq!((row.standing.anchor, row.standing.last_due), (at(0), at(1)));
    assert_eq!((row.skipped, row.last_skipped), (0, None));
}

async fn a_task_fired_late_is_due_since_its_occurrence(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::hours(3));

    fire(world, firing(&entry, 0, 1)).await;

    assert_eq!(world.lease_only(&FIRST).await.due_since, at(1));
}

async fn what_is_skipped_is_recorded_as_one_gap(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(9));

    fire(world, skipping(firing(&entry, 0, 5), 1, 4)).await;
    fire(world, skipping(firing(&entry, 5, 9), 6, 8)).await;

    let row = only(world.schedules.list().await.unwrap());
    assert_eq!((row.fired, row.skipped), (2, 7));
    let last = Skipped {
        from: at(6),
        to: at(8),
        count: 3,
    };
    assert_eq!(row.last_skipped, Some(last));
    assert_eq!(world.lease(&FIRST, 9).await.len(), 2);
}

async fn what_is_only_skipped_queues_nothing(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(9));
    let skips = Firing {
        occurrence: None,
        ..skipping(firing(&entry, 0, 9), 1, 9)
    };

    assert_eq!(fire(world, skips).await, Fired::Now);

    let row = only(world.schedules.list().await.unwrap());
    assert_eq!((row.fired, row.skipped), (0, 9));
    assert_eq!(row.standing.last_due, at(9));
    assert_eq!(world.counts().await, None);
}

async fn an_entry_that_stands_elsewhere_is_left_alone(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(3));
    fire(world, firing(&entry, 0, 1)).await;

    let again = fire(world, firing(&entry, 0, 1)).await;
    let early = fire(world, skipping(firing(&entry, 0, 3), 1, 2)).await;

    let row = only(world.schedules.list().await.unwrap());
    assert_eq!(
        (row.standing.last_due, row.fired, row.skipped),
        (at(1), 1, 0)
    );
    let elsewhere = Fired::Elsewhere(Some(row.standing));
    assert_eq!((&again, &early), (&elsewhere, &elsewhere));
    assert_eq!(world.lease(&FIRST, 9).await.len(), 1);
}

async fn an_unknown_entry_is_nowhere(world: &World) {
    let fired = fire(world, firing(&schedule_entry("a", 60), 0, 1)).await;

    assert_eq!(fired, Fired::Elsewhere(None));
    assert_eq!(world.counts().await, None);
}

async fn an_occurrence_is_fired_once_even_when_its_entry_begins_anew(world: &World) {
    let (entry, other) = (schedule_entry("a", 60), schedule_entry("a", 120));
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(1));
    fire(world, firing(&entry, 0, 1)).await;
    let lease = world.lease_only(&FIRST).await;
    world.settle(lease, Verdict::Done(Value::Null)).await;
    // The clock goes back, and the entry begins before what was fired.
    world.passes(-TimeDelta::minutes(1));
    register(world, &[&other]).await;
    register(world, &[&entry]).await;

    assert_eq!(fire(world, firing(&entry, 0, 1)).await, Fired::Now);

    let row = only(world.schedules.list().await.unwrap());
    assert_eq!((row.standing.last_due, row.fired), (at(1), 1));
    assert_eq!(world.rows(TaskState::Waiting).await, []);
}

async fn many_are_fired_at_once_each_with_its_own_verdict(world: &World) {
    let entries: Vec<_> = (0..2_500)
        .map(|number| schedule_entry(&number.to_string(), 60))
        .collect();
    register(world, &entries.iter().collect::<Vec<_>>()).await;
    fire(world, firing(&entries[7], 0, 1)).await;
    world.passes(TimeDelta::minutes(1));

    let firings: Vec<_> = entries.iter().map(|entry| firing(entry, 0, 1)).collect();
    let fired = world.schedules.fire(&firings).await.unwrap();

    let late: Vec<_> = (0..2_500).filter(|n| fired[*n] != Fired::Now).collect();
    assert_eq!(late, [7]);
    assert_eq!(world.counts().await.unwrap().waiting, 2_500);
}

async fn of_several_firings_of_one_entry_the_first_counts(world: &World) {
    let entry = schedule_entry("a", 60);
    let standing = only(register(world, &[&entry]).await);

    let firings = [firing(&entry, 0, 1), firing(&entry, 1, 2)];
    let fired = world.schedules.fire(&firings).await.unwrap();

    let moved = domain::ports::Standing {
        last_due: at(1),
        ..standing
    };
    assert_eq!(fired, [Fired::Now, Fired::Elsewhere(Some(moved))]);
}
