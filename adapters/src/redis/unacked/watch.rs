//! Looks after what Python workers left.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Leftovers, UnackedMessages};

/// From when on a message that does not move is taken for left: a Python worker puts back what
/// was held for an hour.
const LEFT_AFTER: Duration = Duration::from_hours(1);
/// How often it is looked, and said.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// When what is held goes back by itself.
#[derive(Clone, Copy, Debug)]
pub struct RestoreSettings {
    /// How long it may be held (`visibility_timeout`).
    pub older_than: Duration,
    /// How often it is looked (`unacked_restore_interval` times `unacked_restore_throttle`).
    pub every: Duration,
}

impl UnackedMessages {
    /// Warns of what Python workers left, and puts it back if `restore` says when; until `stop`.
    pub async fn watch(&self, restore: Option<RestoreSettings>, stop: CancellationToken) {
        let restoring = async {
            if let Some(restore) = restore {
                self.keep_restoring(restore).await;
            }
        };
        let both = async { tokio::join!(restoring, self.keep_warning()) };
        // A message and its answer are in it.
        stop.run_until_cancelled(Box::pin(both)).await;
    }

    async fn keep_restoring(&self, RestoreSettings { older_than, every }: RestoreSettings) {
        loop {
            match self.restore_older_than(older_than).await {
                Ok(restored) => {
                    for (queue, count) in restored.unwrap_or_default().by_queue {
                        tracing::warn!(
                            count,
                            queue,
                            "put back {count} messages of the queue {queue} that a Python worker held for too long"
                        );
                    }
                }
                // The link says that Redis is away.
                Err(error) => tracing::debug!("what Python workers left stays: {error}"),
            }
            sleep(every).await;
        }
    }

    async fn keep_warning(&self) {
        let mut before = Leftovers::default();
        loop {
            if let Ok(now) = self.count().await {
                if let Some(warning) = warning(&before, &now) {
                    tracing::warn!(count = now.count, "{warning}");
                }
                before = now;
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

/// What is to be said of what is held `now`, after what was held `before`.
fn warning(before: &Leftovers, now: &Leftovers) -> Option<String> {
    let (tag, age) = now.oldest.as_ref()?;
    let has_moved = before
        .oldest
        .as_ref()
        .is_some_and(|(oldest, _)| oldest != tag);
    if *age < LEFT_AFTER || has_moved {
        return None;
    }
    let (count, hours) = (now.count, age.as_secs() / 3600);
    Some(format!(
        "Python workers hold {count} messages, the oldest for {hours} h; if no Python worker runs any more, \
         `backbeat restore-unacked` puts them back into their queues"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(tag: &str, hours: u64) -> Leftovers {
        Leftovers {
            count: 3,
            oldest: Some((tag.to_owned(), Duration::from_hours(hours))),
        }
    }

    #[test]
    fn what_is_old_and_does_not_move_is_warned_of_with_the_command() {
        let nothing = Leftovers::default();

        let warned = warning(&nothing, &held("a", 2)).expect("a warning");
        assert!(warned.contains("3 messages") && warned.contains("`backbeat restore-unacked`"));
        assert!(warning(&held("a", 2), &held("a", 2)).is_some());
        assert_eq!(warning(&held("a", 2), &held("b", 2)), None);
        assert_eq!(warning(&nothing, &held("a", 0)), None);
        assert_eq!(warning(&nothing, &nothing), None);
    }
}
