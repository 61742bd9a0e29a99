//! Our producer, with a Python worker.

use super::Stage;

#[tokio::test]
async fn python_workers_do_what_our_producer_sends() {
    Stage::empty()
        .await
        .check("producer", "python_workers_do_what_our_producer_sends");
}

#[tokio::test]
async fn its_messages_are_as_python_would_write_them() {
    Stage::empty()
        .await
        .check("producer", "its_messages_are_as_python_would_write_them");
}
