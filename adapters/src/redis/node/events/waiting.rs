//! Events that nobody was told of yet.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// How many events wait at most, and how many bytes.
const MOST: usize = 20_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// How many travel together, and how many bytes, give or take one.
const MOST_TOGETHER: usize = 256;
const MOST_BYTES_TOGETHER: usize = 256 * 1024;

/// Events that nobody was told of yet, in their order; when there is no more room, the newest
/// is dropped.
#[derive(Default)]
pub(super) struct Waiting {
    events: Mutex<Kept>,
    some: Notify,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<String>,
    bytes: usize,
    is_full: bool,
}

impl Waiting {
    pub(super) fn add(&self, event: String) {
        let mut kept = self.kept();
        if kept.events.len() < MOST && kept.bytes + event.len() <= MOST_BYTES {
            kept.bytes += event.len();
            kept.events.push_back(event);
            drop(kept);
            self.some.notify_one();
            return;
        }
        self.dropped.fetch_add(1, Ordering::Relaxed);
        if !std::mem::replace(&mut kept.is_full, true) {
            drop(kept);
            tracing::warn!("events of tasks are dropped: nobody could be told of those before");
        }
    }

    /// The events that are told next; they wait until they are told.
    pub(super) fn batch(&self) -> Option<Vec<String>> {
        let kept = self.kept();
        let mut bytes = 0;
        let mut fits = |event: &&String| {
            let fits = bytes < MOST_BYTES_TOGETHER;
            bytes += event.len();
            fits
        };
        let batch = kept.events.iter().take(MOST_TOGETHER);
        let batch: Vec<String> = batch.take_while(|event| fits(event)).cloned().collect();
        (!batch.is_empty()).then_some(batch)
    }

    /// Takes note that the first `count` events were told.
    pub(super) fn is_told(&self, count: usize) {
        let mut kept = self.kept();
        let told: Vec<String> = kept.events.drain(..count).collect();
        kept.bytes -= told.iter().map(String::len).sum::<usize>();
        if std::mem::take(&mut kept.is_full) {
            let dropped = self.dropped();
            tracing::warn!(
                "events of tasks are told again; {dropped} were dropped since the start"
            );
        }
    }

    pub(super) fn count(&self) -> usize {
        self.kept().events.len()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Ends when there is an event.
    pub(super) async fn has_some(&self) {
        while self.count() == 0 {
            self.some.notified().await;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_in_their_order_and_wait_until_then() {
        let waiting = Waiting::default();
        assert_eq!(waiting.batch(), None);
        for number in 0..=MOST_TOGETHER {
            waiting.add(number.to_string());
        }

        let first = waiting.batch().expect("some");
        assert_eq!((first.len(), first[0].as_str()), (MOST_TOGETHER, "0"));
        assert_eq!(waiting.batch(), Some(first));
        waiting.is_told(MOST_TOGETHER);
        assert_eq!(waiting.batch(), Some(vec![MOST_TOGETHER.to_string()]));
    }

    #[test]
    fn the_newest_make_no_room() {
        let waiting = Waiting::default();
        for number in 0..MOST + 5 {
            waiting.add(number.to_string());
        }
        assert_eq!((waiting.count(), waiting.dropped()), (MOST, 5));
        waiting.is_told(1);
        waiting.add("x".repeat(MOST_BYTES));
        assert_eq!((waiting.count(), waiting.dropped()), (MOST - 1, 6));
        waiting.add("there is room".to_owned());
        assert_eq!((waiting.count(), waiting.dropped()), (MOST, 6));
    }

    #[test]
    fn what_travels_together_is_not_too_long() {
        let waiting = Waiting::default();
        for _ in 0..3 {
            waiting.add("x".repeat(MOST_BYTES_TOGETHER));
        }

        assert_eq!(waiting.batch().map(|batch| batch.len()), Some(1));
    }
}
