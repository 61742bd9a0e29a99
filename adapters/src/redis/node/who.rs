//! Who a node is, and what time it is to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::ports::Clock;

use crate::redis::wire::events::Stamp;

/// The latest that a logical clock is believed to show: whoever says more is mistaken.
const LATEST: u64 = 1 << 53;

/// Who a node is.
pub(in crate::redis) struct Who {
    pub(in crate::redis) name: String,
    pub(in crate::redis) pid: u32,
    pub(in crate::redis) clock: Arc<dyn Clock>,
    lamport: AtomicU64,
}

impl Who {
    pub(in crate::redis) fn new(name: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            name,
            pid: std::process::id(),
            clock,
            lamport: AtomicU64::new(0),
        }
    }

    /// What is said of the next event.
    pub(in crate::redis) fn stamp(&self) -> Stamp<'_> {
        Stamp {
            node: &self.name,
            pid: self.pid,
            clock: self.tick(),
            at: self.clock.now(),
        }
    }

    /// The logical clock, one later.
    pub(in crate::redis) fn tick(&self) -> u64 {
        1 + self.lamport.fetch_add(1, Ordering::Relaxed)
    }

    /// The logical clock as it is.
    pub(in crate::redis) fn lamport(&self) -> u64 {
        self.lamport.load(Ordering::Relaxed)
    }

    /// Takes note of what somebody else's logical clock shows: ours is later than both.
    pub(in crate::redis) fn hears(&self, other: u64) {
        if other < LATEST {
            self.lamport.fetch_max(other, Ordering::Relaxed);
        }
        self.tick();
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH
        }
    }

    #[test]
    fn its_clock_is_later_than_what_it_hears() {
        let who = Who::new("a@b".to_owned(), Arc::new(Stopped));
        assert_eq!(who.tick(), 1);

        who.hears(40);
        assert_eq!(who.lamport(), 41);
        who.hears(7);
        assert_eq!(who.lamport(), 42);
        who.hears(u64::MAX);
        assert_eq!(who.lamport(), 43);
        assert_eq!(who.stamp().clock, 44);
    }
}
