//! Tasks that follow from tasks.

use super::Stage;

#[tokio::test]
async fn a_chain_hands_each_result_to_the_next() {
    Stage::shared()
        .await
        .check("canvas", "a_chain_hands_each_result_to_the_next");
}

#[tokio::test]
async fn an_immutable_part_of_a_chain_takes_no_result() {
    Stage::shared()
        .await
        .check("canvas", "an_immutable_part_of_a_chain_takes_no_result");
}

#[tokio::test]
async fn parts_of_a_chain_keep_their_eta_and_expiry() {
    Stage::shared()
        .await
        .check("canvas", "parts_of_a_chain_keep_their_eta_and_expiry");
}

#[tokio::test]
async fn a_chain_ends_where_it_fails() {
    Stage::shared()
        .await
        .check("canvas", "a_chain_ends_where_it_fails");
}

#[tokio::test]
async fn a_link_follows_success_and_an_errback_failure() {
    Stage::shared()
        .await
        .check("canvas", "a_link_follows_success_and_an_errback_failure");
}

#[tokio::test]
async fn a_group_is_as_many_results() {
    Stage::shared()
        .await
        .check("canvas", "a_group_is_as_many_results");
}

#[tokio::test]
async fn a_chords_body_gets_all_results_in_their_order() {
    Stage::shared()
        .await
        .check("canvas", "a_chords_body_gets_all_results_in_their_order");
}

#[tokio::test]
async fn a_chord_whose_member_fails_fails() {
    Stage::shared()
        .await
        .check("canvas", "a_chord_whose_member_fails_fails");
}

#[tokio::test]
async fn what_is_rejected_fails_whatever_would_have_followed() {
    Stage::shared().await.check(
        "canvas",
        "what_is_rejected_fails_whatever_would_have_followed",
    );
}

#[tokio::test]
async fn a_group_in_a_chain_is_a_chord() {
    Stage::shared()
        .await
        .check("canvas", "a_group_in_a_chain_is_a_chord");
}

#[tokio::test]
async fn chords_in_chords_and_chains_in_groups_finish() {
    Stage::shared()
        .await
        .check("canvas", "chords_in_chords_and_chains_in_groups_finish");
}

#[tokio::test]
async fn a_retry_in_a_chain_and_in_a_chord_keeps_its_place() {
    Stage::shared().await.check(
        "canvas",
        "a_retry_in_a_chain_and_in_a_chord_keeps_its_place",
    );
}

#[tokio::test]
async fn starmaps_and_chunks_are_done() {
    Stage::shared()
        .await
        .check("canvas", "starmaps_and_chunks_are_done");
}

#[tokio::test]
async fn a_chain_and_a_chord_go_half_by_python_and_half_by_rust() {
    Stage::empty().await.check(
        "canvas",
        "a_chain_and_a_chord_go_half_by_python_and_half_by_rust",
    );
}
