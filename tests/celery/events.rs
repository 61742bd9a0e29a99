//! Events, as the real receiver hears them.

use super::Stage;

#[tokio::test]
async fn a_worker_says_that_it_comes_lives_and_goes() {
    Stage::empty()
        .await
        .check("events", "a_worker_says_that_it_comes_lives_and_goes");
}

#[tokio::test]
async fn what_is_sent_is_told_of_by_whoever_sends_it() {
    Stage::empty()
        .await
        .check("events", "what_is_sent_is_told_of_by_whoever_sends_it");
}

#[tokio::test]
async fn a_task_is_received_started_and_succeeds() {
    Stage::shared()
        .await
        .check("events", "a_task_is_received_started_and_succeeds");
}

#[tokio::test]
async fn a_failure_and_a_retry_say_why() {
    Stage::shared()
        .await
        .check("events", "a_failure_and_a_retry_say_why");
}

#[tokio::test]
async fn a_rejection_says_whether_the_task_is_offered_again() {
    Stage::shared().await.check(
        "events",
        "a_rejection_says_whether_the_task_is_offered_again",
    );
}

#[tokio::test]
async fn what_was_revoked_terminated_or_expired_says_which() {
    Stage::shared().await.check(
        "events",
        "what_was_revoked_terminated_or_expired_says_which",
    );
}

#[tokio::test]
async fn what_is_turned_away_at_the_door_is_not_received() {
    Stage::shared()
        .await
        .check("events", "what_is_turned_away_at_the_door_is_not_received");
}

#[tokio::test]
async fn events_are_turned_on_and_off_and_heartbeats_asked_for() {
    Stage::empty().await.check(
        "events",
        "events_are_turned_on_and_off_and_heartbeats_asked_for",
    );
}
