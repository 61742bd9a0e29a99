//! Our beat, with whatever workers there are.

use super::Stage;

#[tokio::test]
async fn python_workers_do_what_our_beat_sends() {
    Stage::empty()
        .await
        .check("beat", "python_workers_do_what_our_beat_sends");
}

#[tokio::test]
async fn options_travel_with_the_message() {
    Stage::empty()
        .await
        .check("beat", "options_travel_with_the_message");
}

#[tokio::test]
async fn many_beats_send_each_occurrence_once() {
    Stage::empty()
        .await
        .check("beat", "many_beats_send_each_occurrence_once");
}
