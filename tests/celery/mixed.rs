//! Our workers and Python's on the same queues.

use super::Stage;

#[tokio::test]
async fn killed_and_started_at_will_nothing_is_lost() {
    Stage::empty()
        .await
        .check("mixed", "killed_and_started_at_will_nothing_is_lost");
}

#[tokio::test]
async fn both_take_from_one_queue_and_know_what_was_revoked() {
    Stage::empty().await.check(
        "mixed",
        "both_take_from_one_queue_and_know_what_was_revoked",
    );
}

#[tokio::test]
async fn a_message_handed_back_by_one_runs_on_the_other() {
    Stage::empty()
        .await
        .check("mixed", "a_message_handed_back_by_one_runs_on_the_other");
}

#[tokio::test]
async fn what_a_dead_python_worker_left_is_done_by_ours() {
    Stage::empty()
        .await
        .check("mixed", "what_a_dead_python_worker_left_is_done_by_ours");
}

#[tokio::test]
async fn what_a_killed_worker_of_ours_held_is_done_by_python() {
    Stage::empty().await.check(
        "mixed",
        "what_a_killed_worker_of_ours_held_is_done_by_python",
    );
}

#[tokio::test]
async fn what_ours_hold_stays_theirs_while_they_live() {
    Stage::empty()
        .await
        .check("mixed", "what_ours_hold_stays_theirs_while_they_live");
}
