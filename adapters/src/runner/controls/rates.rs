//! How often tasks may be begun.

use std::collections::HashMap;
use std::time::Duration;

use domain::tasks::{RateLimit, Router};
use tokio::time::Instant;

/// How often tasks may be begun: of each that has a limit, one at a time, evenly spread.
#[derive(Default)]
pub(super) struct Rates(HashMap<String, Rate>);

struct Rate {
    limit: RateLimit,
    next: Instant,
}

impl Rates {
    /// The limits of the tasks that `router` knows; `usual` for those that have none.
    pub(super) fn new(router: &Router, usual: Option<&RateLimit>) -> Self {
        let mut rates = Self::default();
        for name in router.names() {
            rates.set(name, router.rate_limit(name).or_else(|| usual.cloned()));
        }
        rates
    }

    pub(super) fn of(&self, task: &str) -> Option<RateLimit> {
        Some(self.0.get(task)?.limit.clone())
    }

    pub(super) fn set(&mut self, task: &str, limit: Option<RateLimit>) {
        match limit {
            Some(limit) => {
                let next = Instant::now();
                self.0.insert(task.to_owned(), Rate { limit, next });
            }
            None => {
                self.0.remove(task);
            }
        }
    }

    /// Allows one beginning now, or says when the next may be.
    pub(super) fn may_begin(&mut self, task: &str) -> Result<(), Instant> {
        let Some(rate) = self.0.get_mut(task) else {
            return Ok(());
        };
        let now = Instant::now();
        if now < rate.next {
            return Err(rate.next);
        }
        // Whoever comes a little late does not slow down those behind.
        let slack = Duration::from_millis(50).min(rate.limit.every());
        let since = rate.next.max(now.checked_sub(slack).unwrap_or(now));
        rate.next = since + rate.limit.every();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limited_task_is_begun_one_at_a_time() {
        let mut rates = Rates::default();
        rates.set("a", Some("2/s".parse().expect("a rate")));

        assert!(rates.may_begin("a").is_ok());
        let next = rates.may_begin("a").expect_err("too soon");
        assert_eq!(next - Instant::now(), Duration::from_millis(500));
        assert!(rates.may_begin("b").is_ok());

        advance(Duration::from_millis(510)).await;
        assert!(rates.may_begin("a").is_ok());
        let next = rates.may_begin("a").expect_err("too soon");
        assert_eq!(next - Instant::now(), Duration::from_millis(490));

        advance(Duration::from_mins(1)).await;
        assert!(rates.may_begin("a").is_ok());
        assert!(rates.may_begin("a").is_err(), "rest is not saved up");

        rates.set("a", None);
        assert!(rates.may_begin("a").is_ok());
    }
}
