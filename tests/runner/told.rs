//! A runner that is asked and told things while it works.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use domain::ports::{Revoked, TaskQueue as _, TaskState, WorkerControl};
use domain::tasks::{Envelope, Outcome, QueueName, Revocation, Signal};
use tests::samples::{task, value};
use tokio::time::{Instant, sleep};

use super::theatre::{Act, Theatre, Told};

#[tokio::test(start_paused = true)]
async fn what_is_revoked_is_not_begun_and_what_runs_is_terminated_if_that_is_said() {
    let theatre = Theatre::open();
    theatre.tell(0..4, Told::WaitForSignal).await;
    theatre.tell(4..6, Told::Return).await;
    let (running, controls, seen) = theatre.run_observed();
    theatre.until_begun(4).await;
    let hands = controls.in_hand();
    let id = |at: usize| hands[at].lease.envelope.id.clone();

    let revoked = Revoked::Ids(vec![id(0), id(4)]);
    assert_eq!(controls.revoke(&revoked, None), []);
    sleep(Duration::from_millis(50)).await;
    assert_eq!(
        seen.outcomes(),
        [(id(4), Outcome::Revoked(Revocation::Revoked))]
    );

    let (revoked, kill) = (Revoked::Ids(vec![id(1)]), Signal(9));
    assert_eq!(controls.revoke(&revoked, Some(kill)), [id(1)]);
    theatre.stage.signal.add_permits(10);
    theatre.until(6, TaskState::Done).await;

    theatre.stopped(running).await;
    let terminated = (id(1), Outcome::Revoked(Revocation::Terminated(kill)));
    assert!(seen.outcomes().contains(&terminated));
    assert_eq!(controls.revoked(), [id(0), id(4), id(1)]);
    assert_eq!(controls.in_hand().len(), 0);
    assert_eq!(controls.begun().values().sum::<u64>(), 5);
    assert_eq!(theatre.stage.began.lock().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_task_is_begun_no_more_often_than_its_rate_allows() {
    let theatre = Theatre::open();
    let (running, controls, _) = theatre.run_observed();
    assert!(controls.limit_rate("tests.other", None).is_err());
    controls
        .limit_rate(
            <Act as domain::tasks::Task>::NAME,
            Some("2/s".parse().unwrap()),
        )
        .unwrap();
    let began = Instant::now();
    theatre.tell(0..8, Told::Return).await;

    theatre.until(8, TaskState::Done).await;

    let took = began.elapsed().as_secs_f64();
    assert!((3.3..4.5).contains(&took), "{took} s");
    controls
        .limit_rate(<Act as domain::tasks::Task>::NAME, None)
        .unwrap();
    theatre.tell(8..100, Told::Return).await;
    theatre.until(100, TaskState::Done).await;
    assert!(began.elapsed().as_secs_f64() < 6.0);
    theatre.stopped(running).await;
}

#[tokio::test(start_paused = true)]
async fn time_limits_that_are_told_hold_for_what_is_begun_from_then_on() {
    let theatre = Theatre::open();
    let (running, controls, seen) = theatre.run_observed();
    let began = Instant::now();
    let soft = Some(Duration::from_secs(2));
    controls
        .limit_time(<Act as domain::tasks::Task>::NAME, None, soft)
        .unwrap();

    theatre.tell([1], Told::Hang).await;
    theatre.until_begun(1).await;
    theatre.until(1, TaskState::Waiting).await;

    assert!(began.elapsed() < Duration::from_secs(4));
    theatre.stopped(running).await;
    let outcomes = seen.outcomes();
    assert!(
        matches!(&outcomes[..], [(_, Outcome::Retry(_, reason))] if reason.as_str() == "it exceeded its soft time limit of 2 s")
    );
}

/// Whoever may send tasks may call them as they like, without end.
#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_not_counted() {
    let theatre = Theatre::open();
    let (running, controls, _) = theatre.run_observed();
    let unknown = Envelope {
        name: value("tests.nobody_knows"),
        ..task("unknown")
    };
    theatre.store.enqueue(&[unknown]).await.unwrap();
    theatre.tell([1, 2], Told::Return).await;

    theatre.until(1, TaskState::Buried).await;
    theatre.until(2, TaskState::Done).await;

    let known = value(<Act as domain::tasks::Task>::NAME);
    assert_eq!(controls.begun(), [(known, 2)].into());
    theatre.stopped(running).await;
}

#[tokio::test(start_paused = true)]
async fn the_pool_grows_and_shrinks() {
    let theatre = Theatre::open();
    let (running, controls, _) = theatre.run_observed();
    theatre.tell(0..10, Told::WaitForSignal).await;
    theatre.until_begun(4).await;

    assert_eq!(controls.set_concurrency(6), 6);
    theatre.until_begun(6).await;
    assert_eq!(controls.set_concurrency(0), 1);
    theatre.stage.signal.add_permits(10);
    theatre.until(10, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(theatre.stage.most_at_once.load(SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn room_is_filled_although_enough_is_at_hand_for_now() {
    let theatre = Theatre::open();
    // Four may run and eight wait.
    theatre.tell(0..10, Told::WaitForSignal).await;
    let (running, controls, _) = theatre.run_observed();
    theatre.until_begun(4).await;
    assert_eq!(controls.in_hand().len(), 10);

    theatre.tell(10..14, Told::WaitForSignal).await;
    sleep(Duration::from_secs(1)).await;

    assert_eq!(controls.in_hand().len(), 12);
    theatre.stage.signal.add_permits(14);
    theatre.until(14, TaskState::Done).await;
    theatre.stopped(running).await;
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_cancelled_is_served_no_more() {
    let theatre = Theatre::open();
    let (running, controls, _) = theatre.run_observed();
    controls.cancel_queue(&QueueName::default());
    sleep(Duration::from_secs(1)).await;

    theatre.tell([1], Told::Return).await;
    sleep(Duration::from_secs(5)).await;
    assert_eq!(theatre.tasks(TaskState::Waiting).await.len(), 1);

    controls.add_queue(QueueName::default());
    theatre.until(1, TaskState::Done).await;
    theatre.stopped(running).await;
}

#[tokio::test(start_paused = true)]
async fn told_to_shut_down_it_stops_everything_in_order() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::WaitForSignal).await;
    let (running, controls, _) = theatre.run_observed();
    theatre.until_begun(1).await;

    controls.shut_down();
    sleep(Duration::from_secs(1)).await;
    assert!(theatre.stop.is_cancelled());
    theatre.stage.signal.add_permits(1);

    theatre.stopped(running).await;
    assert_eq!(theatre.tasks(TaskState::Done).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn cut_short_it_gives_back_what_runs_at_once() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Hang).await;
    let (running, controls, _) = theatre.run_observed();
    theatre.until_begun(1).await;
    let began = Instant::now();

    theatre.stop.cancel();
    controls.cut_short();
    theatre.stopped(running).await;

    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(theatre.tasks(TaskState::Waiting).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_queue_hears_of_an_end_after_whoever_observes_and_not_before() {
    let theatre = Theatre::open();
    let (running, _, seen) = theatre.run_observed();
    seen.failures_left.store(3, SeqCst);
    theatre.tell([1], Told::Return).await;
    theatre.until_begun(1).await;

    sleep(Duration::from_millis(50)).await;
    assert_eq!(theatre.tasks(TaskState::Done).await.len(), 0);
    theatre.until(1, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(seen.outcomes().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_never_yields_ends_its_worker_which_gives_back_the_rest() {
    let theatre = Theatre::open();
    let (running, controls, seen) = theatre.run_observed();
    let told = Some(Duration::from_millis(200));
    controls
        .limit_time(<Act as domain::tasks::Task>::NAME, told, None)
        .unwrap();
    theatre.tell([1], Told::Block).await;

    running.await.unwrap();
    theatre.stage.released.store(true, SeqCst);

    assert!(!theatre.stop.is_cancelled());
    assert!(matches!(&seen.outcomes()[..], [(_, Outcome::Retry(..))]));
    assert_eq!(theatre.tasks(TaskState::Waiting).await.len(), 1);
}
