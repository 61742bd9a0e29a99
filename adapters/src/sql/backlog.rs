//! What waits to be relayed.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::room_on_conveyor;

use super::{BLINK, POLL};

/// The queues with ready tasks; those with waiting ones, and when the first of each is due; and
/// how many of each are on their way. A seek an index for each queue, however long the queues are.
pub(crate) const LOOK_AT_BACKLOG: &str = "
    WITH RECURSIVE ready (queue) AS (
        SELECT * FROM (SELECT queue FROM tasks WHERE state = 'ready' ORDER BY queue LIMIT 1) AS first
        UNION ALL
        SELECT (SELECT queue FROM tasks WHERE state = 'ready' AND ready.queue < queue ORDER BY queue LIMIT 1)
        FROM ready WHERE ready.queue IS NOT NULL),
    waiting (queue) AS (
        SELECT * FROM (SELECT queue FROM tasks WHERE state = 'waiting' ORDER BY queue LIMIT 1) AS first
        UNION ALL
        SELECT (SELECT queue FROM tasks WHERE state = 'waiting' AND waiting.queue < queue ORDER BY queue LIMIT 1)
        FROM waiting WHERE waiting.queue IS NOT NULL)
    SELECT 'ready' AS state, queue, NULL AS due, 0 AS tasks FROM ready WHERE queue IS NOT NULL
    UNION ALL
    SELECT 'waiting', queue,
        (SELECT due_at FROM tasks WHERE state = 'waiting' AND tasks.queue = waiting.queue ORDER BY due_at LIMIT 1), 0
    FROM waiting WHERE queue IS NOT NULL
    UNION ALL
    SELECT 'relayed', queue, NULL, count(*) FROM tasks WHERE state = 'relayed' GROUP BY queue";

/// How long a full conveyor is left alone.
const UNTIL_ROOM: Duration = Duration::from_millis(10);

/// What waits to be relayed, and what is on its way.
#[derive(Default)]
pub(crate) struct Backlog {
    ready: Vec<String>,
    waiting: BTreeMap<String, Option<DateTime<Utc>>>,
    relayed: BTreeMap<String, u64>,
}

impl Backlog {
    /// Adds a row of [`LOOK_AT_BACKLOG`].
    pub(crate) fn add(
        &mut self,
        state: &str,
        queue: String,
        due: Option<DateTime<Utc>>,
        tasks: u64,
    ) {
        match state {
            "ready" => self.ready.push(queue),
            "waiting" => drop(self.waiting.insert(queue, due)),
            _ => drop(self.relayed.insert(queue, tasks)),
        }
    }

    /// How long until the first waiting task is due; none, if none waits.
    fn next_due(&self, now: DateTime<Utc>) -> Option<Duration> {
        let first = self.waiting.values().flatten().min()?;
        Some((*first - now).to_std().unwrap_or_default())
    }

    /// Whether the instant of a waiting task has come.
    pub(crate) fn has_due(&self, now: DateTime<Utc>) -> bool {
        self.next_due(now) == Some(Duration::ZERO)
    }

    /// Whether there is anything to relay, be there room for it or not.
    pub(crate) fn is_something(&self, now: DateTime<Utc>) -> bool {
        !self.ready.is_empty() || self.has_due(now)
    }

    /// How long to leave it alone when nothing of it could be relayed.
    pub(crate) fn next_look(&self, now: DateTime<Utc>) -> Duration {
        match self.next_due(now) {
            Some(due) if due.is_zero() => BLINK,
            _ if !self.ready.is_empty() => UNTIL_ROOM,
            due => due.unwrap_or(POLL),
        }
    }

    /// The queues with waiting tasks.
    pub(crate) fn waiting(&self) -> Vec<&str> {
        self.waiting.keys().map(String::as_str).collect()
    }

    /// The queues whose tasks may be relayed, and how many of each.
    pub(crate) fn rooms(&self) -> (Vec<&str>, Vec<i64>) {
        let all = self.relayed.values().sum();
        let mut rooms = BTreeMap::new();
        // What was waiting may be ready by now.
        for queue in self.ready.iter().chain(self.waiting.keys()) {
            let own = self.relayed.get(queue).copied().unwrap_or(0);
            let room = i64::try_from(room_on_conveyor(own, all)).unwrap_or(i64::MAX);
            if 0 < room {
                rooms.insert(queue.as_str(), room);
            }
        }
        rooms.into_iter().unzip()
    }
}
