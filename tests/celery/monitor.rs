//! Flower, on our worker.

use super::Stage;

#[tokio::test]
async fn workers_and_tasks_are_listed_and_the_buttons_work() {
    Stage::empty().await.check(
        "monitor",
        "workers_and_tasks_are_listed_and_the_buttons_work",
    );
}
