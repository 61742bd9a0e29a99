//! The command line `celery`, as operators type it.

use super::Stage;

#[tokio::test]
async fn status_and_ping_see_the_worker() {
    Stage::shared()
        .await
        .check("command_line", "status_and_ping_see_the_worker");
}

#[tokio::test]
async fn every_question_of_inspect_is_answered() {
    Stage::shared()
        .await
        .check("command_line", "every_question_of_inspect_is_answered");
}

#[tokio::test]
async fn every_command_of_control_is_obeyed() {
    Stage::empty()
        .await
        .check("command_line", "every_command_of_control_is_obeyed");
}

#[tokio::test]
async fn a_task_is_called_and_its_result_shown() {
    Stage::shared()
        .await
        .check("command_line", "a_task_is_called_and_its_result_shown");
}
