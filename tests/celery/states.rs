//! What becomes of tasks, as whoever waits for them sees it.

use super::Stage;

#[tokio::test]
async fn a_result_is_stored_published_and_kept_for_a_day() {
    Stage::shared()
        .await
        .check("states", "a_result_is_stored_published_and_kept_for_a_day");
}

#[tokio::test]
async fn a_task_that_was_begun_says_so_if_it_is_tracked() {
    Stage::shared()
        .await
        .check("states", "a_task_that_was_begun_says_so_if_it_is_tracked");
}

#[tokio::test]
async fn a_failure_says_its_kind_its_words_and_where() {
    Stage::shared()
        .await
        .check("states", "a_failure_says_its_kind_its_words_and_where");
}

#[tokio::test]
async fn what_is_rejected_fails_and_is_set_aside() {
    Stage::shared()
        .await
        .check("states", "what_is_rejected_fails_and_is_set_aside");
}

#[tokio::test]
async fn what_is_rejected_but_wanted_is_offered_again_after_a_while() {
    Stage::shared().await.check(
        "states",
        "what_is_rejected_but_wanted_is_offered_again_after_a_while",
    );
}

#[tokio::test]
async fn an_unknown_task_fails_as_it_does_in_python() {
    Stage::shared()
        .await
        .check("states", "an_unknown_task_fails_as_it_does_in_python");
}

#[tokio::test]
async fn wrong_arguments_fail_as_they_do_in_python() {
    Stage::shared()
        .await
        .check("states", "wrong_arguments_fail_as_they_do_in_python");
}

#[tokio::test]
async fn a_result_that_nobody_wants_is_not_stored() {
    Stage::shared()
        .await
        .check("states", "a_result_that_nobody_wants_is_not_stored");
}

#[tokio::test]
async fn values_come_back_as_they_were() {
    Stage::shared()
        .await
        .check("states", "values_come_back_as_they_were");
}

#[tokio::test]
async fn numbers_that_json_lacks_come_back_as_they_were() {
    Stage::shared()
        .await
        .check("states", "numbers_that_json_lacks_come_back_as_they_were");
}

#[tokio::test]
async fn messages_of_protocol_one_are_understood() {
    Stage::shared()
        .await
        .check("states", "messages_of_protocol_one_are_understood");
}

#[tokio::test]
async fn a_result_that_cannot_be_stored_is_stored_as_soon_as_it_can_be() {
    Stage::empty().await.check(
        "states",
        "a_result_that_cannot_be_stored_is_stored_as_soon_as_it_can_be",
    );
}
