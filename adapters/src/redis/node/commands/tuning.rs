//! What changes how a worker works.

use std::time::Duration;

use domain::ports::UnknownTask;
use domain::tasks::RateLimit;
use serde_json::Value;

use crate::redis::node::Node;
use crate::redis::wire::control::{error_reply, ok_reply};

/// How many tasks may be told to run at a time: many more would leave none enough to run with.
const MOST_AT_A_TIME: usize = 10_000;

impl Node {
    pub(super) fn limit_rate(&self, task: &str, limit: Option<RateLimit>) -> Value {
        let words = match limit {
            Some(_) => "new rate limit set successfully",
            None => "rate limit disabled successfully",
        };
        answer(self.control.limit_rate(task, limit), words)
    }

    pub(super) fn limit_time(
        &self,
        task: &str,
        hard: Option<Duration>,
        soft: Option<Duration>,
    ) -> Value {
        let limited = self.control.limit_time(task, hard, soft);
        answer(limited, "time limits set successfully")
    }

    pub(super) fn grow(&self, count: usize) -> Value {
        let now = self.control.concurrency();
        let wanted = now.saturating_add(count).min(MOST_AT_A_TIME.max(now));
        self.control.set_concurrency(wanted);
        ok_reply("pool will grow")
    }

    pub(super) fn shrink(&self, count: usize) -> Value {
        let now = self.control.concurrency();
        if now <= 1 && 0 < count {
            return error_reply("one task at a time is the least: cancel_consumer takes none");
        }
        let wanted = now.saturating_sub(count).max(1);
        self.control.set_concurrency(wanted);
        ok_reply("pool will shrink")
    }

    pub(super) fn want_events(&self, are_wanted: bool) -> Value {
        ok_reply(match (are_wanted, self.events.want(are_wanted)) {
            (true, false) => "task events enabled",
            (true, true) => "task events already enabled",
            (false, true) => "task events disabled",
            (false, false) => "task events already disabled",
        })
    }
}

fn answer(limited: Result<(), UnknownTask>, words: &str) -> Value {
    match limited {
        Ok(()) => ok_reply(words),
        Err(error) => error_reply(error.to_string()),
    }
}
