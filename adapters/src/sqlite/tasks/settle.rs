//! Ends leases, each with its verdict.

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Ended, Settled, Verdict};
use domain::tasks::Due;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;

use super::MOST_PER_WRITE;
use crate::sqlite::SqliteStore;
use crate::sqlite::error::StoreError;
use crate::sqlite::writer::Write;

impl SqliteStore {
    pub(super) async fn settle_in_steps(
        &self,
        ended: &[Ended],
    ) -> Result<Vec<Settled>, StoreError> {
        let mut answers = Vec::with_capacity(ended.len());
        for step in ended.chunks(MOST_PER_WRITE) {
            let settle = Settle::new(step, self.clock.now(), self.tick());
            let SettleAnswer { mut held, rings } = self.write(settle).await?;
            if rings {
                self.bell.notify_waiters();
            }
            answers.extend(step.iter().map(|ended| {
                // Of two verdicts on one lease the first is the one that was obeyed.
                if held.remove(&(ended.id.as_str().to_owned(), ended.fence.0)) {
                    Settled::InTime
                } else {
                    Settled::TooLate
                }
            }));
        }
        Ok(answers)
    }
}

/// Verdicts on their way into the rows, as one JSON array.
pub(in crate::sqlite::tasks) struct Settle {
    verdicts: String,
    moved: i64,
    rings: Rings,
}

/// Whether somebody may find work afterwards that they did not before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rings {
    Always,
    ForSuspects,
}

pub(in crate::sqlite::tasks) struct SettleAnswer {
    /// The leases that were held, by task and fence.
    held: HashSet<(String, i64)>,
    rings: bool,
}

impl Settle {
    /// Ends the leases `ended` at `now`.
    pub(in crate::sqlite::tasks) fn new(ended: &[Ended], now: DateTime<Utc>, moved: i64) -> Self {
        let mut seen = HashSet::new();
        let verdicts: Vec<_> = ended
            .iter()
            .filter(|ended| seen.insert((&ended.id, ended.fence)))
            .map(|ended| Row::of(ended, now))
            .collect();
        let rings = verdicts
            .iter()
            .any(|row| row.ended_at.is_none())
            .then_some(Rings::Always);
        Self {
            verdicts: serde_json::to_string(&verdicts).expect("verdicts serialize"),
            moved,
            rings: rings.unwrap_or(Rings::ForSuspects),
        }
    }
}

/// Each verdict is found by the id of its task; the plus keeps the index of what runs out of it.
const SETTLE: &str = "UPDATE tasks SET
        state = CASE WHEN ended.state = 'ready' AND tasks.crashes + ended.crashes > 0
            THEN 'suspect' ELSE ended.state END,
        moved = ?2 + ended.place, worker = NULL,
        due_at = coalesce(ended.due_at, tasks.due_at),
        attempts = tasks.attempts + ended.attempts, crashes = tasks.crashes + ended.crashes,
        reason = coalesce(ended.reason, tasks.reason), result = ended.result, ended_at = ended.ended_at
    FROM (SELECT key AS place, value ->> 'id' AS id, value ->> 'fence' AS fence, value ->> 'state' AS state,
            value ->> 'due_at' AS due_at, value ->> 'attempts' AS attempts, value ->> 'crashes' AS crashes,
            value ->> 'reason' AS reason, value ->> 'result' AS result, value ->> 'ended_at' AS ended_at
        FROM json_each(?1)) AS ended
    WHERE tasks.id = ended.id AND tasks.fence = ended.fence AND +tasks.state = 'running'
    RETURNING id, fence, crashes";

#[async_trait]
impl Write for Settle {
    type Answer = SettleAnswer;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<SettleAnswer> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(SETTLE)
            .bind(&self.verdicts)
            .bind(self.moved)
            .fetch_all(connection)
            .await?;
        // The end of a suspect lets its worker have the next.
        let rings = self.rings == Rings::Always || rows.iter().any(|(_, _, crashes)| *crashes > 0);
        let held = rows.into_iter().map(|(id, fence, _)| (id, fence)).collect();
        Ok(SettleAnswer { held, rings })
    }
}

/// What a verdict changes of a row; what is left out stays.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    fence: i64,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    attempts: u8,
    crashes: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
}

impl<'a> Row<'a> {
    fn of(ended: &'a Ended, now: DateTime<Utc>) -> Self {
        let row = Self {
            id: ended.id.as_str(),
            fence: ended.fence.0,
            state: "ready",
            due_at: None,
            attempts: 0,
            crashes: 0,
            reason: None,
            result: None,
            ended_at: None,
        };
        let ended_at = Some(now.timestamp_micros());
        match &ended.verdict {
            Verdict::Done(result) => Self {
                state: "done",
                result: Some(result.to_string()),
                ended_at,
                ..row
            },
            Verdict::Bury(reason) => Self {
                state: "buried",
                reason: Some(reason.as_str()),
                ended_at,
                ..row
            },
            Verdict::Retry(wait, reason) => Self {
                attempts: 1,
                reason: Some(reason.as_str()),
                ..row.after(*wait, now)
            },
            Verdict::Postpone(wait, reason) => Self {
                reason: Some(reason.as_str()),
                ..row.after(*wait, now)
            },
            Verdict::Crashed(wait, reason) => Self {
                crashes: 1,
                reason: Some(reason.as_str()),
                ..row.after(*wait, now)
            },
            Verdict::Release => row,
        }
    }

    fn after(self, wait: Duration, now: DateTime<Utc>) -> Self {
        Self {
            state: if wait.is_zero() { "ready" } else { "waiting" },
            due_at: Some(Due::After(wait).from(now).timestamp_micros()),
            ..self
        }
    }
}
