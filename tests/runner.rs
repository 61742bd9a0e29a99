//! The loop that runs tasks: limits, panics, hangs, outages, and the stop.

mod outage;
mod theatre;
mod told;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{TaskQueue, TaskState, WorkerId};
use domain::tasks::QueueName;
use tokio::time::sleep;
use uuid::Uuid;

use self::theatre::{Theatre, Told};

#[tokio::test(start_paused = true)]
async fn every_task_is_done_once() {
    let theatre = Theatre::open();
    theatre.tell(0..200, Told::Return).await;
    let running = theatre.run();

    theatre.until(200, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(
        theatre.stage.began.lock().unwrap().values().sum::<u32>(),
        200
    );
}

#[tokio::test(start_paused = true)]
async fn as_many_run_at_once_as_there_is_room_for_and_no_more() {
    let theatre = Theatre::open();
    theatre.tell(0..20, Told::WaitForSignal).await;
    let running = theatre.run();
    theatre.until_begun(4).await;

    theatre.stage.signal.add_permits(20);
    theatre.until(20, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(theatre.stage.most_at_once.load(SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn who_waits_long_for_somebody_else_holds_up_no_other_task() {
    let theatre = Theatre::open();
    theatre.tell(0..6, Told::WaitAside).await;
    theatre.tell(6..50, Told::Return).await;
    let running = theatre.run();

    theatre.until(44, TaskState::Done).await;

    assert_eq!(theatre.tasks(TaskState::Running).await.len(), 6);
    theatre.stage.signal.add_permits(6);
    theatre.until(50, TaskState::Done).await;
    theatre.stopped(running).await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_a_moment_keeps_its_slot() {
    let theatre = Theatre::open();
    theatre.tell(0..40, Told::WaitForAMoment).await;
    let running = theatre.run();

    theatre.until(40, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(theatre.stage.most_at_once.load(SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_task_alone_and_the_third_buries_it() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Panic).await;
    theatre.tell(2..50, Told::Return).await;
    let running = theatre.run();

    theatre.until(48, TaskState::Done).await;
    for crashes in 1..3 {
        while theatre.stage.began.lock().unwrap()[&1] != crashes {
            sleep(Duration::from_millis(5)).await;
        }
        theatre.until(1, TaskState::Waiting).await;
        assert_eq!(theatre.tasks(TaskState::Waiting).await[0].crashes, crashes);
        theatre.clock.advance(TimeDelta::hours(2));
    }
    theatre.until(1, TaskState::Buried).await;

    theatre.stopped(running).await;
    let buried = theatre.tasks(TaskState::Buried).await.remove(0);
    assert_eq!(
        buried.reason.unwrap().as_str(),
        "it crashed 3 times, at last: it panicked: told to panic"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hanging_task_is_ended_at_its_limit_and_tried_again() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Hang).await;
    theatre.tell([2], Told::Return).await;
    let running = theatre.run();

    theatre.until(1, TaskState::Done).await;
    theatre.until(1, TaskState::Waiting).await;

    theatre.stopped(running).await;
    let waiting = theatre.tasks(TaskState::Waiting).await.remove(0);
    assert_eq!((waiting.attempts, waiting.crashes), (1, 0));
    assert_eq!(
        waiting.reason.unwrap().as_str(),
        "it exceeded its time limit of 30 s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_waits_for_its_time_and_counts() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Fail).await;
    let running = theatre.run();

    theatre.until_begun(1).await;
    theatre.until(1, TaskState::Waiting).await;

    theatre.stopped(running).await;
    assert_eq!(theatre.tasks(TaskState::Waiting).await[0].attempts, 1);
    assert_eq!(
        theatre.stage.began.lock().unwrap()[&1],
        1,
        "the clock stands still, so it is not due again"
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_what_runs_ends_and_what_waits_goes_back() {
    let theatre = Theatre::open();
    theatre.tell(0..10, Told::WaitForSignal).await;
    let running = theatre.run();
    theatre.until_begun(4).await;

    theatre.stop.cancel();
    sleep(Duration::from_secs(2)).await;
    theatre.stage.signal.add_permits(10);
    theatre.stopped(running).await;

    assert_eq!(theatre.tasks(TaskState::Done).await.len(), 4);
    assert_eq!(
        theatre.stage.cancelled.load(SeqCst),
        4,
        "running tasks are told of the stop"
    );
    assert_eq!(theatre.tasks(TaskState::Running).await, []);
    let waiting = theatre.tasks(TaskState::Waiting).await;
    assert_eq!(waiting.len(), 6);
    assert!(
        waiting
            .iter()
            .all(|task| (task.attempts, task.crashes) == (0, 0))
    );
}

#[tokio::test(start_paused = true)]
async fn what_ends_within_the_grace_period_is_settled_at_once() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Hang).await;
    theatre.tell(2..5, Told::WaitForSignal).await;
    let running = theatre.run();
    theatre.until_begun(4).await;

    theatre.stop.cancel();
    theatre.stage.signal.add_permits(3);
    sleep(Duration::from_secs(2)).await;

    assert!(!running.is_finished(), "one still hangs");
    assert_eq!(theatre.tasks(TaskState::Done).await.len(), 3);
    theatre.stopped(running).await;
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_grace_period_goes_back_uncounted() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Hang).await;
    let running = theatre.run();
    theatre.until_begun(1).await;

    theatre.stopped(running).await;

    let waiting = theatre.tasks(TaskState::Waiting).await.remove(0);
    assert_eq!((waiting.attempts, waiting.crashes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_worker_held_is_done_by_the_next() {
    let theatre = Theatre::open();
    theatre.tell(0..6, Told::Return).await;
    let dead = WorkerId::new(Uuid::now_v7());
    let held = theatre
        .store
        .lease(&dead, &QueueName::default().into(), 6, Duration::ZERO)
        .await
        .unwrap();
    theatre.store.forget(&dead);

    let running = theatre.run();
    theatre.until(6, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(held.len(), 6);
    assert!(
        theatre
            .tasks(TaskState::Done)
            .await
            .iter()
            .all(|task| task.crashes == 1)
    );
}
