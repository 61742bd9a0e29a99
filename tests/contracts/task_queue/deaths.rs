//! Whose a task is, and what becomes of it when its worker dies.

use chrono::TimeDelta;
use domain::ports::{Settled, TaskState, Verdict};
use domain::tasks::Reason;
use serde_json::Value;
use tests::samples::{START, task, worker};

use crate::contracts::world::{FIRST, SECOND, THIRD, World, only};

queue_laws! {
    any queue:
    a_lease_lasts_as_long_as_its_worker_lives,
    what_a_dead_worker_held_comes_back_with_a_crash_counted,
    what_the_living_hold_does_not_come_back,
    every_death_counts,
    a_verdict_on_a_lost_lease_changes_nothing,
    what_was_settled_before_its_worker_died_stays_settled,
    a_worker_that_held_nothing_leaves_nothing;
}

async fn a_lease_lasts_as_long_as_its_worker_lives(world: &World) {
    world.enqueue(&[task("long")]).await;
    let lease = world.lease_only(&FIRST).await;

    world.passes(TimeDelta::days(30));

    assert_eq!(world.alive(&SECOND).await, 0);
    assert_eq!(world.due_ids(&SECOND).await, [""; 0]);
    let settled = world.settle(lease, Verdict::Done(Value::Null)).await;
    assert_eq!(settled, Settled::InTime);
}

async fn what_a_dead_worker_held_comes_back_with_a_crash_counted(world: &World) {
    world.enqueue(&[task("a"), task("b")]).await;
    world.lease(&FIRST, 9).await;

    world.dies(&FIRST).await;

    assert_eq!(world.alive(&SECOND).await, 2);
    assert_eq!(world.alive(&SECOND).await, 0);
    let rows = world.rows(TaskState::Waiting).await;
    assert!(rows.iter().all(|row| (row.attempts, row.crashes) == (0, 1)));
    assert!(rows.iter().all(|row| row.due_at <= START), "due at once");
    let lease = only(world.lease(&SECOND, 1).await);
    assert_eq!((lease.attempt, lease.crashes), (1, 1));
}

async fn what_the_living_hold_does_not_come_back(world: &World) {
    world.enqueue(&[task("a"), task("b")]).await;
    let dead = only(world.lease(&FIRST, 1).await);
    let living = only(world.lease(&SECOND, 1).await);

    world.dies(&FIRST).await;

    assert_eq!(world.alive(&THIRD).await, 1);
    let back = world.lease_only(&THIRD).await;
    assert_eq!(back.envelope.id, dead.envelope.id);
    assert_eq!(
        world.settle(living, Verdict::Release).await,
        Settled::InTime
    );
}

async fn every_death_counts(world: &World) {
    world.enqueue(&[task("poison")]).await;
    for (crashes, victim) in [FIRST, SECOND, THIRD].iter().enumerate() {
        let lease = world.lease_only(victim).await;
        assert_eq!(lease.crashes as usize, crashes);
        world.dies(victim).await;
        world.alive(&worker(9)).await;
    }

    let lease = world.lease_only(&worker(9)).await;

    assert_eq!((lease.attempt, lease.crashes), (1, 3));
}

async fn a_verdict_on_a_lost_lease_changes_nothing(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lost = world.lease_only(&FIRST).await;
    world.dies(&FIRST).await;
    world.alive(&SECOND).await;
    let held = world.lease_only(&SECOND).await;
    let before = only(world.rows(TaskState::Running).await);

    let verdicts = [
        Verdict::Done(Value::Null),
        Verdict::Release,
        Verdict::Bury(Reason::new("late")),
    ];
    for verdict in verdicts {
        assert_eq!(world.settle(lost.clone(), verdict).await, Settled::TooLate);
    }

    assert_eq!(only(world.rows(TaskState::Running).await), before);
    let settled = world.settle(held, Verdict::Done(Value::Null)).await;
    assert_eq!(settled, Settled::InTime);
    let late = world.settle(lost, Verdict::Release).await;
    assert_eq!(late, Settled::TooLate);
    assert_eq!(world.due_ids(&SECOND).await, [""; 0]);
}

async fn what_was_settled_before_its_worker_died_stays_settled(world: &World) {
    world
        .enqueue(&[task("done"), task("back"), task("held")])
        .await;
    let mut leases = world.lease(&FIRST, 9).await.into_iter();
    let done = Verdict::Done(Value::Null);
    world.settle(leases.next().unwrap(), done).await;
    world.settle(leases.next().unwrap(), Verdict::Release).await;

    world.dies(&FIRST).await;

    assert_eq!(world.alive(&SECOND).await, 1);
    let mut crashes: Vec<_> = world
        .lease(&SECOND, 9)
        .await
        .into_iter()
        .map(|lease| (lease.envelope.id.to_string(), lease.crashes))
        .collect();
    crashes.sort();
    assert_eq!(crashes, [("back".to_owned(), 0), ("held".to_owned(), 1)]);
}

async fn a_worker_that_held_nothing_leaves_nothing(world: &World) {
    world.enqueue(&[task("a")]).await;
    world.alive(&FIRST).await;

    world.dies(&FIRST).await;
    world.dies(&THIRD).await;

    assert_eq!(world.alive(&SECOND).await, 0);
    assert_eq!(world.lease_only(&SECOND).await.crashes, 0);
}
