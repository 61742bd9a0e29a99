//! On a Redis with a password, below a key prefix.

use super::Stage;

#[tokio::test]
async fn with_a_password_and_a_key_prefix_all_is_the_same() {
    let stage = Stage::guarded("secret").await;

    stage.check(
        "prefixed",
        "with_a_password_and_a_key_prefix_all_is_the_same",
    );
}
