//! Remote control, by the real client.

use super::Stage;

#[tokio::test]
async fn workers_answer_to_their_names_and_to_patterns() {
    Stage::shared()
        .await
        .check("control", "workers_answer_to_their_names_and_to_patterns");
}

#[tokio::test]
async fn what_runs_and_what_waits_is_told() {
    Stage::empty()
        .await
        .check("control", "what_runs_and_what_waits_is_told");
}

#[tokio::test]
async fn tasks_queues_and_numbers_are_told() {
    Stage::shared()
        .await
        .check("control", "tasks_queues_and_numbers_are_told");
}

#[tokio::test]
async fn the_configuration_is_told_without_secrets() {
    Stage::shared()
        .await
        .check("control", "the_configuration_is_told_without_secrets");
}

#[tokio::test]
async fn queues_are_added_and_cancelled() {
    Stage::empty()
        .await
        .check("control", "queues_are_added_and_cancelled");
}

#[tokio::test]
async fn a_rate_limit_is_kept_and_taken_back() {
    Stage::empty()
        .await
        .check("control", "a_rate_limit_is_kept_and_taken_back");
}

#[tokio::test]
async fn a_time_limit_holds_for_what_is_begun_from_then_on() {
    Stage::empty().await.check(
        "control",
        "a_time_limit_holds_for_what_is_begun_from_then_on",
    );
}

#[tokio::test]
async fn the_pool_grows_and_shrinks() {
    Stage::empty()
        .await
        .check("control", "the_pool_grows_and_shrinks");
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_with_a_sentence() {
    Stage::shared()
        .await
        .check("control", "what_makes_no_sense_is_answered_with_a_sentence");
}

#[tokio::test]
async fn broken_requests_do_no_harm() {
    Stage::shared()
        .await
        .check("control", "broken_requests_do_no_harm");
}
