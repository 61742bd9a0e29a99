//! What may happen to a task between being sent and being done.

use super::Stage;

#[tokio::test]
async fn a_retry_keeps_the_id_and_counts() {
    Stage::shared()
        .await
        .check("life", "a_retry_keeps_the_id_and_counts");
}

#[tokio::test]
async fn retries_end_after_the_last_that_is_allowed() {
    Stage::shared()
        .await
        .check("life", "retries_end_after_the_last_that_is_allowed");
}

#[tokio::test]
async fn a_countdown_and_an_eta_are_waited_for() {
    Stage::shared()
        .await
        .check("life", "a_countdown_and_an_eta_are_waited_for");
}

#[tokio::test]
async fn what_expired_before_it_was_begun_is_revoked() {
    Stage::shared()
        .await
        .check("life", "what_expired_before_it_was_begun_is_revoked");
}

#[tokio::test]
async fn a_hard_time_limit_ends_a_task() {
    Stage::shared()
        .await
        .check("life", "a_hard_time_limit_ends_a_task");
}

#[tokio::test]
async fn a_soft_time_limit_fails_a_task() {
    Stage::shared()
        .await
        .check("life", "a_soft_time_limit_fails_a_task");
}

#[tokio::test]
async fn a_task_revoked_before_it_comes_is_not_done() {
    Stage::shared()
        .await
        .check("life", "a_task_revoked_before_it_comes_is_not_done");
}

#[tokio::test]
async fn a_task_revoked_while_it_waits_for_its_time_is_not_done() {
    Stage::shared().await.check(
        "life",
        "a_task_revoked_while_it_waits_for_its_time_is_not_done",
    );
}

#[tokio::test]
async fn a_task_is_terminated_while_it_runs() {
    Stage::shared()
        .await
        .check("life", "a_task_is_terminated_while_it_runs");
}

#[tokio::test]
async fn tasks_are_revoked_by_their_stamps() {
    Stage::shared()
        .await
        .check("life", "tasks_are_revoked_by_their_stamps");
}

#[tokio::test]
async fn a_worker_that_starts_later_knows_what_was_revoked() {
    Stage::empty()
        .await
        .check("life", "a_worker_that_starts_later_knows_what_was_revoked");
}

#[tokio::test]
async fn the_more_urgent_goes_first_and_then_whoever_came_first() {
    Stage::empty().await.check(
        "life",
        "the_more_urgent_goes_first_and_then_whoever_came_first",
    );
}

#[tokio::test]
async fn a_task_waits_for_its_queue_to_be_served() {
    Stage::empty()
        .await
        .check("life", "a_task_waits_for_its_queue_to_be_served");
}

#[tokio::test]
async fn a_task_that_outlasts_the_visibility_timeout_runs_once() {
    Stage::empty().await.check(
        "life",
        "a_task_that_outlasts_the_visibility_timeout_runs_once",
    );
}

#[tokio::test]
async fn what_ran_in_a_killed_process_runs_again_however_it_is_acknowledged() {
    Stage::empty().await.check(
        "life",
        "what_ran_in_a_killed_process_runs_again_however_it_is_acknowledged",
    );
}
