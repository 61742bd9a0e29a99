//! What verdicts do.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Ended, Fence, Settled, TaskState, Verdict};
use domain::tasks::{Envelope, Payload, Reason};
use serde_json::json;
use tests::samples::{START, task, value};

use crate::contracts::world::{FIRST, SECOND, World, only};

queue_laws! {
    any queue:
    what_is_done_is_not_offered_again,
    a_retried_task_waits_and_the_attempt_counts,
    a_postponed_task_waits_and_the_attempt_does_not_count,
    a_crashed_task_waits_and_the_crash_counts,
    a_released_task_is_due_at_once_and_nothing_counts,
    a_buried_task_is_kept_byte_for_byte_and_not_offered_again,
    when_a_task_was_first_due_survives_every_return,
    a_verdict_given_twice_counts_once,
    a_verdict_counts_for_its_own_lease_alone,
    answers_come_in_the_order_of_the_verdicts,
    a_wait_without_end_does_no_harm;
    stores alone:
    what_is_done_is_kept;
}

const MINUTE: Duration = Duration::from_mins(1);

async fn what_is_done_is_not_offered_again(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;
    let result = json!({"sent": true});

    assert_eq!(
        world.settle(lease, Verdict::Done(result)).await,
        Settled::InTime
    );

    world.passes(TimeDelta::days(1));
    assert_eq!(world.alive(&SECOND).await, 0);
    assert_eq!(world.due_ids(&SECOND).await, [""; 0]);
}

async fn what_is_done_is_kept(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;

    world.settle(lease, Verdict::Done(json!("well"))).await;

    world.passes(TimeDelta::days(1));
    let row = only(world.rows(TaskState::Done).await);
    assert_eq!((row.attempts, row.ended_at), (0, Some(START)));
}

async fn a_retried_task_waits_and_the_attempt_counts(world: &World) {
    returns(world, Verdict::Retry(MINUTE, Reason::new("away"))).await;

    let lease = world.lease_only(&SECOND).await;

    assert_eq!((lease.attempt, lease.crashes), (2, 0));
    let row = only(world.rows(TaskState::Running).await);
    assert_eq!((row.attempts, row.reason), (1, Some(Reason::new("away"))));
}

async fn a_postponed_task_waits_and_the_attempt_does_not_count(world: &World) {
    returns(world, Verdict::Postpone(MINUTE, Reason::new("out"))).await;

    let lease = world.lease_only(&SECOND).await;

    assert_eq!((lease.attempt, lease.crashes), (1, 0));
    let row = only(world.rows(TaskState::Running).await);
    assert_eq!(row.reason, Some(Reason::new("out")));
}

async fn a_crashed_task_waits_and_the_crash_counts(world: &World) {
    returns(world, Verdict::Crashed(MINUTE, Reason::new("boom"))).await;

    let lease = world.lease_only(&SECOND).await;

    assert_eq!((lease.attempt, lease.crashes), (1, 1));
    let row = only(world.rows(TaskState::Running).await);
    assert_eq!(row.reason, Some(Reason::new("boom")));
}

/// Leases a task, ends the lease with `verdict`, and lets the minute pass that it says.
async fn returns(world: &World, verdict: Verdict) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;
    assert_eq!(world.settle(lease, verdict).await, Settled::InTime);

    world.passes(TimeDelta::minutes(1) - TimeDelta::microseconds(1));
    assert_eq!(world.due_ids(&SECOND).await, [""; 0], "before its time");
    world.passes(TimeDelta::microseconds(1));
}

async fn a_released_task_is_due_at_once_and_nothing_counts(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;

    assert_eq!(world.settle(lease, Verdict::Release).await, Settled::InTime);

    let lease = world.lease_only(&SECOND).await;
    assert_eq!((lease.attempt, lease.crashes), (1, 0));
}

async fn a_buried_task_is_kept_byte_for_byte_and_not_offered_again(world: &World) {
    let payload = Payload::from_bytes((0..=255).collect());
    let poison = Envelope {
        payload: payload.clone(),
        queue: value("celery"),
        ..task("poison")
    };
    world.enqueue(&[poison]).await;
    let lease = world.lease_only(&FIRST).await;
    world.passes(TimeDelta::minutes(5));
    let reason = Reason::new("it is “poison”");

    let settled = world.settle(lease, Verdict::Bury(reason.clone())).await;

    assert_eq!(settled, Settled::InTime);
    world.passes(TimeDelta::days(365));
    assert_eq!(world.alive(&SECOND).await, 0);
    assert_eq!(world.due_ids(&SECOND).await, [""; 0]);
    let row = only(world.rows(TaskState::Buried).await);
    assert_eq!((row.payload, row.reason), (payload, Some(reason)));
    assert_eq!(row.ended_at, Some(START + TimeDelta::minutes(5)));
}

async fn when_a_task_was_first_due_survives_every_return(world: &World) {
    world.enqueue(&[task("a")]).await;
    let verdicts = [
        Verdict::Retry(MINUTE, Reason::new("away")),
        Verdict::Postpone(MINUTE, Reason::new("out")),
        Verdict::Crashed(MINUTE, Reason::new("boom")),
        Verdict::Release,
    ];
    for verdict in verdicts {
        let lease = world.lease_only(&FIRST).await;
        assert_eq!(lease.due_since, START, "before {verdict:?}");
        world.settle(lease, verdict).await;
        world.passes(TimeDelta::hours(1));
    }
    world.lease_only(&FIRST).await;
    world.dies(&FIRST).await;
    world.alive(&SECOND).await;

    assert_eq!(world.lease_only(&SECOND).await.due_since, START);
}

async fn a_verdict_given_twice_counts_once(world: &World) {
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;
    let ended = [lease.end(Verdict::Retry(Duration::ZERO, Reason::new("away")))];
    let once = world.queue.settle(&ended).await.unwrap();

    // The answer got lost, so it is asked again: whatever is said, nothing more happens.
    world.queue.settle(&ended).await.unwrap();

    assert_eq!(once, [Settled::InTime]);
    assert_eq!(world.lease_only(&SECOND).await.attempt, 2);
}

async fn a_verdict_counts_for_its_own_lease_alone(world: &World) {
    world.enqueue(&[task("a")]).await;
    let first = world.lease_only(&FIRST).await;
    let late = first.clone().end(Verdict::Bury(Reason::new("late")));
    world.settle(first, Verdict::Release).await;
    let second = world.lease_only(&FIRST).await;

    assert_ne!(second.fence, late.fence);
    assert_eq!(
        world.queue.settle(&[late]).await.unwrap(),
        [Settled::TooLate]
    );
    assert_eq!(
        world.settle(second, Verdict::Release).await,
        Settled::InTime
    );
}

async fn answers_come_in_the_order_of_the_verdicts(world: &World) {
    world.enqueue(&["a", "b", "c"].map(task)).await;
    let leases = world.lease(&FIRST, 9).await;
    let mut ended: Vec<Ended> = leases
        .into_iter()
        .map(|lease| lease.end(Verdict::Done(json!(null))))
        .collect();
    let lost = ended[1].clone();
    world
        .queue
        .settle(&[Ended {
            verdict: Verdict::Release,
            ..lost
        }])
        .await
        .unwrap();
    let held = world.lease_only(&SECOND).await;
    let stranger = Ended {
        id: value("nobody's"),
        fence: Fence(1),
        verdict: Verdict::Release,
    };
    ended.push(stranger);

    let answers = world.queue.settle(&ended).await.unwrap();

    let (in_time, too_late) = (Settled::InTime, Settled::TooLate);
    assert_eq!(answers, [in_time, too_late, in_time, too_late]);
    assert_eq!(world.settle(held, Verdict::Release).await, in_time);
}

async fn a_wait_without_end_does_no_harm(world: &World) {
    let verdict = Verdict::Retry(Duration::MAX, Reason::new("never"));
    world.enqueue(&[task("a")]).await;
    let lease = world.lease_only(&FIRST).await;

    assert_eq!(world.settle(lease, verdict).await, Settled::InTime);
    assert_eq!(world.due_ids(&FIRST).await, [""; 0]);
}
