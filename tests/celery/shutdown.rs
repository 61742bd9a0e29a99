//! How a worker ends.

use super::Stage;

#[tokio::test]
async fn a_warm_shutdown_finishes_what_runs_and_hands_back_the_rest() {
    Stage::empty().await.check(
        "shutdown",
        "a_warm_shutdown_finishes_what_runs_and_hands_back_the_rest",
    );
}

#[tokio::test]
async fn a_second_signal_ends_at_once_and_what_ran_runs_again() {
    Stage::empty().await.check(
        "shutdown",
        "a_second_signal_ends_at_once_and_what_ran_runs_again",
    );
}

#[tokio::test]
async fn a_soft_shutdown_waits_for_what_runs_before_it_is_given_back() {
    Stage::empty().await.check(
        "shutdown",
        "a_soft_shutdown_waits_for_what_runs_before_it_is_given_back",
    );
}
