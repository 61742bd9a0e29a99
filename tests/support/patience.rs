//! Whether something happens at once, told on a machine that may be busy.

use std::time::Duration;

/// How often such a machine may be late.
const TRIES: u32 = 20;

/// Tries until `attempt`, which is told its number, takes less than `limit`.
///
/// A machine with much to do is late now and then; what is not made to happen at once is late
/// each time.
///
/// # Panics
///
/// When none of many tries took less.
pub async fn once_within(limit: Duration, mut attempt: impl AsyncFnMut(u32) -> Duration) {
    let mut took = Vec::new();
    for number in 0..TRIES {
        took.push(attempt(number).await);
        if took.last() < Some(&limit) {
            return;
        }
    }
    panic!("never within {limit:?}: {took:?}");
}
